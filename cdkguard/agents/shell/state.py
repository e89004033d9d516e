"""What a shell knows while it runs a line: its folder, variables, functions, aliases and arguments."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.nouns import UNKNOWN, Node

if TYPE_CHECKING:
    from typing import TypeAlias

    Value: TypeAlias = "str | tuple[str, ...]"
else:
    Value = object


class State:
    """One shell; a subshell gets a copy."""

    def __init__(self, directory: str, variables: dict[str, Value]) -> None:
        self.directory = directory  # absolute; empty where it is not known
        self.variables = variables
        self.assigned: dict[str, str] = {}  # the variables that the line itself sets
        self.functions: dict[str, tuple[Node, ...]] = {}
        self.aliases: dict[str, str] = {}
        self.arguments: tuple[str, ...] | None = None  # of the script or function; None where nobody knows them
        self.folders: list[str] = []  # of pushd

    def copy(self) -> State:
        """The same, to be changed alone."""
        made = State(self.directory, dict(self.variables))
        made.assigned = dict(self.assigned)
        made.functions = dict(self.functions)
        made.aliases = dict(self.aliases)
        made.arguments = self.arguments
        made.folders = list(self.folders)
        return made

    def name_script(self, path: str, is_sourced: bool = False) -> None:
        """What a script knows of its own place, by which many find their neighbours."""
        self.variables["BASH_SOURCE"] = path
        if not is_sourced:
            self.variables["0"] = path
            folder = path.replace("\\", "/").rpartition("/")[0]
            self.variables["PSScriptRoot"] = folder or "."

    @property
    def size(self) -> int:
        """The work of a copy."""
        return len(self.variables) + len(self.assigned) + len(self.functions) + len(self.aliases)

    def assign(self, name: str, value: Value) -> None:
        """Set a variable, as the line does it."""
        self.variables[name] = value
        self.assigned[name] = value if isinstance(value, str) else " ".join(value)


def is_known(text: str) -> bool:
    """Whether every character of an expanded word is known."""
    return UNKNOWN not in text


def show(text: str) -> str:
    """The word for people: what is not known as it was written."""
    return text.replace(UNKNOWN, "")


def without_unknown(text: str) -> str:
    """The word as it is where what is not known is empty, as a variable that is not set."""
    return "".join(text.split(UNKNOWN)[::2]) if UNKNOWN in text else text


def unknown(source: str) -> str:
    """The piece of an expanded word that stands for what only a run would show."""
    return f"{UNKNOWN}{source.replace(UNKNOWN, '')}{UNKNOWN}"
