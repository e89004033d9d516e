"""Walks through commands as a shell would, and hands each one over with its arguments, folder, variables and input."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdkguard._typing import NamedTuple
from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.expand import Expander
from cdkguard.agents.shell.nouns import (
    Case,
    Elements,
    Function,
    Group,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Simple,
    Text,
    Word,
)
from cdkguard.agents.shell.state import State, is_known, unknown

MOST_VALUES = 8  # of a loop that are tried one by one
MOST_FILES = 60  # the same, of files that are there


class Invocation(NamedTuple):
    """One command as it would be called."""

    words: tuple[str, ...]
    state: State  # of the shell that calls it: `cd` changes it
    variables: dict[str, str]  # set before the command, for it alone; without words, for all that comes
    given: str | None  # its input; None where nobody knows
    redirects: tuple[tuple[str, str], ...]  # operator and file


class Walker:
    """Walks through nodes.

    `call` carries one command out on paper, and returns what it prints; `parse` gives the nodes of a text; `read_input` the
    text of a file that is the input of a command; `find_paths` the files that a pattern means. `perhaps` holds the texts of
    which a piece that is not known is a part.
    """

    def __init__(
        self,
        budget: Budget,
        call: Callable[[Invocation], str | None],
        parse: Callable[[str], tuple[Node, ...]],
        read_input: Callable[[str, State], str | None],
        find_paths: Callable[[str, State], list[str]],
        perhaps: dict[str, str],
    ) -> None:
        self.find_paths = find_paths
        self.perhaps = perhaps
        self.budget = budget
        self.call = call
        self.parse = parse
        self.read_input = read_input

    def walk_text(self, text: str, state: State, given: str | None = None) -> str | None:
        """Walk through the commands of a text."""
        with self.budget.deeper():
            return self.walk_all(self.parse(text), state, given)

    def walk_all(self, nodes: Iterable[Node], state: State, given: str | None = None) -> str | None:
        """What the commands print together; None where nobody knows."""
        printed: list[str] | None = []
        for node in nodes:
            one = self.walk(node, state, given)
            if one is None:
                printed = None
            elif printed is not None:
                printed.append(one)
        return None if printed is None else "".join(printed)

    def walk(self, node: Node, state: State, given: str | None) -> str | None:
        """Walk through one node."""
        self.budget.spend(20)
        if isinstance(node, Simple):
            return self._walk_simple(node, state, given)
        if isinstance(node, Pipeline):
            for each in node.nodes:
                given = self.walk(each, self._copy(state), given)
            return given
        if isinstance(node, Function):
            state.functions[node.name] = node.body
            return ""
        with self.budget.deeper():
            if isinstance(node, Group):
                inner = self._copy(state) if node.is_subshell else state
                given = self._input_of(node.redirects, inner, given)
                printed = self.walk_all(node.nodes, inner, given)
                return self._redirect(node.redirects, inner, printed)
            if isinstance(node, Loop):
                return self._walk_loop(node, state, given)
            return self._walk_case(node, state, given)

    def _walk_loop(self, node: Loop, state: State, given: str | None) -> str | None:
        expander = self._expander(state)
        values = expander.expand(node.words, is_loop=True) if node.words else []
        values = values or list(state.arguments or ())
        given = self._input_of(node.redirects, state, given)
        if not values or self._is_too_many(values, expander.found, state):
            values = [unknown(f"${node.name}")]
        printed: list[str | None] = []
        for value in values:
            state.assign(node.name, value)
            printed.append(self.walk_all(node.nodes, state, given))
        text = None if None in printed else "".join(filter(None, printed))
        return self._redirect(node.redirects, state, text)

    def _is_too_many(self, values: list[str], found: int, state: State) -> bool:
        """Whether a loop has too many values to try, of which files count little: each may be a script."""
        if len(values) - found <= MOST_VALUES:
            return False
        plain = [value for value in values[:MOST_FILES] if not (is_known(value) and self.find_paths(value, state))]
        return len(values) > MOST_FILES or len(plain) > MOST_VALUES

    def _walk_case(self, node: Case, state: State, given: str | None) -> str | None:
        expander = self._expander(state)
        word = expander.text_of(node.word)
        printed: str | None = ""
        for patterns, nodes in node.branches:
            if is_known(word) and not any(_matches(word, expander.text_of(pattern)) for pattern in patterns):
                continue
            one = self.walk_all(nodes, state if is_known(word) else self._copy(state), given)
            printed = None if printed is None or one is None else printed + one
            if is_known(word):
                break
        return printed

    def _walk_simple(self, node: Simple, state: State, given: str | None) -> str | None:
        expander = self._expander(state)
        assignments, rest = _split_assignments(node.words)
        first = rest[0] if rest else ()
        if len(first) == 1 and isinstance(first[0], Text) and not first[0].is_quoted and first[0].text in state.aliases:
            given = self._input_of(node.redirects, state, given)
            return self._walk_alias(first[0].text, rest[1:], state, given)
        variables: dict[str, str] = {}
        for name, is_added, word in assignments:
            value = expander.elements_of(word)
            if is_added and isinstance(old := state.variables.get(name), str) and isinstance(value, str):
                value = old + value
            variables[name] = value if isinstance(value, str) else " ".join(value)
            if not rest:
                state.assign(name, value)
        words = expander.expand(rest)
        self.budget.spend(50 + sum(map(len, words)))
        redirects = tuple((each.operator, expander.text_of(each.target)) for each in node.redirects)
        given = self._given_by(redirects, state, given)
        return self.call(Invocation(tuple(words), state, variables, given, redirects))

    def _walk_alias(self, name: str, rest: tuple[Word, ...], state: State, given: str | None) -> str | None:
        inner = self._copy(state)
        text = inner.aliases.pop(name)
        arguments = self._expander(inner).expand(rest)
        return self.walk_text(" ".join([text, *map(quote, arguments)]), inner, given)

    def _expander(self, state: State) -> Expander:
        return Expander(
            state,
            self.budget,
            lambda text, outer: self.walk_text(text, self._copy(outer), None),
            self.find_paths,
            self.perhaps,
        )

    def _copy(self, state: State) -> State:
        self.budget.spend(20 + state.size)
        return state.copy()

    def _input_of(self, redirects: tuple[Redirect, ...], state: State, given: str | None) -> str | None:
        expander = self._expander(state)
        return self._given_by([(each.operator, expander.text_of(each.target)) for each in redirects], state, given)

    def _given_by(self, redirects: Iterable[tuple[str, str]], state: State, given: str | None) -> str | None:
        for operator, text in redirects:
            if operator == "<<":
                given = text
            elif operator == "<<<":
                given = text + "\n"
            elif operator == "<":
                given = self.read_input(text, state)
        return given

    def _redirect(self, redirects: tuple[Redirect, ...], state: State, printed: str | None) -> str | None:
        """Hand over what a group prints into files; what is left of it for the command behind it."""
        files = [each for each in redirects if each.operator not in ("<", "<<", "<<<")]
        if not files:
            return printed
        expander = self._expander(state)
        found = tuple((each.operator, expander.text_of(each.target)) for each in files)
        self.call(Invocation((), state, {}, printed, found))
        return ""


def quote(text: str) -> str:
    """The text as one word of a shell's line; what is not known stays so."""
    return "'" + text.replace("'", "'\\''") + "'" if is_known(text) and text.strip("\0") else text or "''"


def _split_assignments(words: tuple[Word, ...]) -> tuple[list[tuple[str, bool, Word]], tuple[Word, ...]]:
    """([(name, whether it is added, value)] before the command, the words of the command)."""
    found: list[tuple[str, bool, Word]] = []
    for at, word in enumerate(words):
        first = word[0] if word else None
        if not isinstance(first, Text) or first.is_quoted or "=" not in first.text:
            return found, words[at:]
        name, _, value = first.text.partition("=")
        is_added = name.endswith("+")
        name = name.removesuffix("+").partition("[")[0]
        if not (name.isascii() and name.isidentifier()):
            return found, words[at:]
        rest: Word = (Text(value, False), *word[1:]) if value else word[1:]
        if len(rest) == 2 and not value and isinstance(rest[0], Elements):
            rest = rest[:1]
        found.append((name, is_added, rest))
    return found, ()


def _matches(word: str, pattern: str) -> bool:
    if not is_known(pattern):
        return True
    from fnmatch import fnmatchcase

    return fnmatchcase(word, pattern)
