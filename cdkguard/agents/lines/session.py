"""One line on its way: each command is unwrapped, followed into scripts, and read by its tool's reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.files import read_redirects
from cdkguard.agents.commands.switches import read_variables
from cdkguard.agents.lines.hidden import find_named_tool
from cdkguard.agents.lines.repository import Repository
from cdkguard.agents.lines.words import run_inside, run_words
from cdkguard.agents.lines.written import write_files
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.evaluate import Invocation, Walker
from cdkguard.agents.shell.grammar import parse_posix
from cdkguard.agents.shell.nouns import Node
from cdkguard.agents.shell.state import State, is_known, show
from cdkguard.agents.wrappers.nouns import Inside
from cdkguard.agents.wrappers.texts import find_in_variables

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell

DEPTH = 5  # scripts that lead to scripts: `npm run x` -> `make y` -> `./z.sh`


class Session:
    """What is found while one line is read."""

    def __init__(self, line: str, directory: str, variables: Mapping[str, str]) -> None:
        self.line = line
        self.actions: list[Action] = []
        self.problems: list[str] = []
        self.repository = Repository(directory)
        self.budget = Budget()
        self.via: tuple[str, ...] = ()
        self.depth = 0
        self.given: str | None = None  # the input of the runner that is followed
        self.is_imported = False  # whether what is searched is a module that a script imports
        self.branch: str | None = None  # that the line has switched to; empty where nobody can tell
        self.renamed: dict[str, str] = {}  # path -> the tool of ours that the line has put there
        self.running: tuple[str, ...] = ()  # scripts that are being read, against cycles
        self.perhaps: dict[str, str] = {}  # a piece that is not known, as written -> the text of which it is a part
        self.aliases_of_git: dict[str, str] = {}  # that the line itself configures
        self.state = State(directory, {name: value.replace("\0", "") for name, value in variables.items()})
        self.state.arguments = ()  # a line has none
        self.walker = Walker(self.budget, self.call, self.parse, self.read_input, self.find_paths, self.perhaps)

    @cached_property
    def tool_of_line(self) -> str:
        """The tool of ours that the line names, wherever."""
        return find_named_tool(self.line)

    def run(self, text: str, shell: Shell) -> None:
        """Find all that the text would do."""
        self.run_text(text, self.state, shell=shell)

    def parse(self, text: str) -> tuple[Node, ...]:
        """The commands of a POSIX shell's text."""
        return parse_posix(text, self.budget)

    def run_text(self, text: str, state: State, given: str | None = None, shell: Shell = "posix") -> str | None:
        """Walk through a text of a shell; what it prints, as far as that is known."""
        if shell == "posix":
            return self.walker.walk_text(text, state, given)
        with self.budget.deeper():
            return self.walker.walk_all(self._parse_for_windows(text, shell), state, given)

    def _parse_for_windows(self, text: str, shell: Shell) -> tuple[Node, ...]:
        if shell == "powershell":
            from cdkguard.agents.shell.powershell import parse_powershell

            return parse_powershell(text, self.budget)
        from cdkguard.agents.shell.cmd import parse_cmd

        return parse_cmd(text, self.budget)

    def call(self, invocation: Invocation) -> str | None:
        """Carry one command out on paper; what it prints, None where nobody knows."""
        words, state = invocation.words, invocation.state
        call = self.make_call(words, state, invocation.variables, invocation.given)
        if invocation.redirects:
            self.actions += read_redirects(call, invocation.redirects)
        if invocation.variables:
            self.actions += read_variables(call, invocation.variables)
            for inside in find_in_variables(invocation.variables):
                self.run_inside("", inside, state, {}, None)
        printed = self.run_words(words, state, invocation.variables, invocation.given) if words else invocation.given
        return write_files(self, invocation, printed)

    def run_words(
        self,
        words: tuple[str, ...],
        state: State,
        variables: Mapping[str, str],
        given: str | None,
        is_inside: bool = False,
    ) -> str | None:
        """Carry a command out by its words; see lines.words."""
        return run_words(self, words, state, variables, given, is_inside)

    def run_inside(
        self, name: str, inside: Inside, state: State, variables: Mapping[str, str], given: str | None
    ) -> str | None:
        """Carry out what a wrapper runs; see lines.words."""
        return run_inside(self, name, inside, state, variables, given)

    @contextmanager
    def inside(self, label: str, place: str, name: str = "") -> Iterator[bool]:
        """A step into a script, by its file and, where a place holds several, its name; False where it is not to be taken."""
        one = f"{place} {name}"
        if one in self.running:
            yield False
            return
        if self.depth >= DEPTH:
            self.problems.append(f"{label} was not read: scripts lead to scripts more than {DEPTH} deep")
            yield False
            return
        outer = self.via, self.running
        self.via, self.running, self.depth = (
            (*self.via, label, place) if label != place else (*self.via, label),
            (*self.running, one),
            self.depth + 1,
        )
        try:
            yield True
        finally:
            self.via, self.running = outer
            self.depth -= 1

    def run_recipe(
        self,
        label: str,
        place: str,
        text: str,
        state: State,
        given: str | None = None,
        shell: Shell = "posix",
        name: str = "",
    ) -> str | None:
        """Walk through the text of a script."""
        with self.inside(label, place, name) as is_open:
            return self.run_text(text, state, given, shell) if is_open else None

    def make_call(self, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None) -> Call:
        """The call as the readers of tools get it."""
        folder = state.directory
        self.budget.spend(state.size // 4)
        return Call(
            words,
            folder,
            {**state.assigned, **variables},
            {**state.variables, **variables},
            self.via,
            given,
            lambda path: self.repository.exists(path, folder),
            lambda path: self.repository.read(path, folder),
            self.current_branch,
        )

    def current_branch(self) -> str:
        """The branch that is checked out, unless the line changes it."""
        return self.repository.current_branch() if self.branch is None else self.branch

    def read_input(self, path: str, state: State, is_printed: bool = False) -> str | None:
        """The text of a file that a command reads as its input; of `<(..)` what the command there may print."""
        if not is_known(path):
            return self.perhaps.get(show(path))
        read = self.repository.peek if is_printed else self.repository.read
        text = read(path, state.directory)
        return self.repository.written_at(path, state.directory) if text is None else text

    def find_paths(self, pattern: str, state: State) -> list[str]:
        """The files of the repository that a pattern of the shell means."""
        from cdkguard.agents.lines.listing import find_paths

        return find_paths(self, pattern, state)

    def copy(self, state: State) -> State:
        """A shell of its own."""
        self.budget.spend(20 + state.size)
        return state.copy()
