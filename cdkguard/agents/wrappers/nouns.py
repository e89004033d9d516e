"""What stands inside of a wrapper."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell


class Inside(NamedTuple):
    """What a wrapper would run: a command, the text of a shell, a script, or code of another language."""

    words: tuple[str, ...] = ()
    text: str | None = None  # for a shell; None where the words are the command
    shell: Shell = "posix"
    script: str = ""  # a file that the shell of `shell`, or the interpreter of `language`, reads
    language: str = ""  # "python", "javascript" ...: of `code` or of the script
    code: str | None = None
    arguments: tuple[str, ...] = ()  # of the text, the script
    variables: Mapping[str, str] = {}
    directory: str = ""  # the folder in which it runs, as written
    is_same_shell: bool = False  # eval, source: what it sets and where it goes stays
    is_unread: bool = False  # it runs what nobody can see here, such as the input of a shell


class Launch(NamedTuple):
    """How one wrapper takes its arguments."""

    valued: str = ""  # options that take the next argument, blank between them
    skipped: int = 0  # arguments before the command: of timeout, the duration
    verbs: str = ""  # subcommands that run a command; of others nothing is said here
    text_options: str = ""  # options whose value is a text for a shell
    takes_variables: bool = False  # NAME=VALUE before the command
    profile: str = ""  # the option that names the AWS profile; "0" where it is the first argument
    folder: str = ""  # the options that name the folder
    is_text: bool = False  # the arguments are joined to a text for a shell
    needs_dashes: bool = False  # the command stands behind `--` only
