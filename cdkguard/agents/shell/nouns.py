"""What a line of a shell is made of: words of pieces, commands, and what groups them.

The standard library's shlex splits words; it knows no heredoc, no substitution, no `$'..'` and no keyword, and it loses
which part of a word was quoted, by which `echo 'a; cdk destroy'` differs from `echo a; cdk destroy`. bashlex knows more,
raises for what it does not know, and is no longer kept. Hence a reader of our own, which never fails: what it cannot read,
it says.
"""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

    Piece: TypeAlias = "Text | Parameter | Output | Elements"
    Word: TypeAlias = tuple[Piece, ...]
    Node: TypeAlias = "Simple | Pipeline | Group | Loop | Case | Function"
else:
    Piece = Word = Node = object

# A piece of a word whose value only the shell would know, written between two of these: `\0$STAGE\0`. No argument of a
# program can hold this character, and it is taken out of what is read.
UNKNOWN = "\0"


class Text(NamedTuple):
    """Characters that stand for themselves."""

    text: str
    is_quoted: bool


class Parameter(NamedTuple):
    """`$NAME`, `${NAME:-word}`."""

    name: str  # empty where nothing can be said of it, such as of `$((1 + 2))`
    source: str  # as written
    is_quoted: bool
    operator: str = ""
    operand: str = ""


class Output(NamedTuple):
    """What a command prints: `$(..)`, backquotes; the name of a file with it: `<(..)`."""

    text: str
    source: str
    is_quoted: bool
    is_file: bool = False


class Elements(NamedTuple):
    """The values of an array, `(a b)` behind `NAME=`."""

    words: tuple[Word, ...]


class Redirect(NamedTuple):
    """`> file`, `2>&1`; of `<<` and `<<<` the target is the text itself."""

    operator: str
    target: Word


class Simple(NamedTuple):
    """A command with its words, assignments before them included."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()


class Pipeline(NamedTuple):
    """Commands, of which each reads what the one before it prints."""

    nodes: tuple[Node, ...]


class Group(NamedTuple):
    """`( .. )`, `{ .. }`, and `if`, of which every branch may run."""

    nodes: tuple[Node, ...]
    is_subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


class Loop(NamedTuple):
    """`for NAME in WORDS; do .. done`; `while` has neither name nor words."""

    name: str
    words: tuple[Word, ...]
    nodes: tuple[Node, ...]
    redirects: tuple[Redirect, ...] = ()


class Case(NamedTuple):
    """`case WORD in a|b) ..;; esac`."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], tuple[Node, ...]], ...]


class Function(NamedTuple):
    """`NAME() { .. }`: runs nothing until it is called."""

    name: str
    body: tuple[Node, ...]
