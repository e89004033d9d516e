"""One line on its way: each command is unwrapped, followed into scripts, and read by its tool's reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.files import NAMES as FILE_TOOLS
from cdkguard.agents.commands.files import read_files, read_redirects
from cdkguard.agents.commands.switches import MANAGERS, read_switches, read_variables
from cdkguard.agents.commands.table import DEPLOYERS, name_of, reader_of
from cdkguard.agents.lines.builtins import BUILTINS, run_builtin
from cdkguard.agents.lines.hidden import find_hidden, find_named_tool
from cdkguard.agents.lines.repository import Repository
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.budget import Budget
from cdkguard.agents.shell.evaluate import Invocation, Walker, quote
from cdkguard.agents.shell.grammar import parse_posix
from cdkguard.agents.shell.nouns import Node
from cdkguard.agents.shell.outputs import print_of
from cdkguard.agents.shell.state import State, is_known, without_unknown
from cdkguard.agents.wrappers.nouns import Inside
from cdkguard.agents.wrappers.table import find_wrapped, is_wrapper
from cdkguard.agents.wrappers.texts import RUN_TEXTS, find_in_aws, find_in_git, find_in_variables, find_texts

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell

DEPTH = 5  # scripts that lead to scripts: `npm run x` -> `make y` -> `./z.sh`
# They show their arguments, or look for them; what they name does not run.
MENTIONERS = frozenset(
    [
        "echo", "printf", "grep", "egrep", "fgrep", "rg", "ag", "ack", "git", "gh", "glab", "man", "tldr", "which", "type",
        "whereis", "apropos", "whatis", "cat", "less", "more", "head", "tail", "jq", "yq", "logger", "notify-send", "say",
        "wall", "test", "[", "[[", ":", "true", "false", "ls", "cd", "mkdir", "touch", "diff", "sort", "uniq", "wc", "cut",
        "tr", "awk", "sed", "basename", "dirname", "history", "help", "info", "apt", "apt-get", "yum", "dnf", "apk", "brew",
        "pip", "pip3", "npm", "pnpm", "yarn", "bun", "gem", "cargo", "go", "export", "declare", "local", "readonly",
        "typeset", "unset", "alias", "read", "return", "exit", "set", "shift", "break", "continue", "wait", "kill", "sleep",
        "curl", "wget", "cp", "mv", "rm", "ln", "chmod", "tee", "open", "code", "vim", "vi", "nano", "emacs", "cdkguard",
        "conda", "poetry", "pdm", "uv", "pipenv", "hatch", "case", "expr", "let", "id", "whoami", "date", "hash", "compgen",
        "complete", "banner", "figlet", "cowsay", "tree", "stat", "file", "du", "df",
    ]
)  # fmt: skip


# Questions to git whose answer stands in .git/HEAD.
_BRANCH_QUESTIONS = (
    ("branch", "--show-current"),
    ("rev-parse", "--abbrev-ref", "HEAD"),
    ("symbolic-ref", "--short", "HEAD"),
)


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
        self.changes_branch = False
        self.renamed: dict[str, str] = {}  # path -> the tool of ours that the line has put there
        self.running: tuple[str, ...] = ()  # scripts that are being read, against cycles
        self.state = State(directory, {name: value.replace("\0", "") for name, value in variables.items()})
        self.state.arguments = ()  # a line has none
        self.walker = Walker(self.budget, self.call, self.parse, self.read_input)

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
        return self._write_files(invocation, printed)

    def run_words(
        self,
        words: tuple[str, ...],
        state: State,
        variables: Mapping[str, str],
        given: str | None,
        is_inside: bool = False,
    ) -> str | None:
        """Carry a command out by its words; `is_inside` where a wrapper runs it, to whom functions mean nothing."""
        self.budget.spend(50)
        while words and not words[0]:
            words = words[1:]
        if not words:
            return ""
        if not is_inside and words[0] in state.functions:
            return self._run_function(words, state, variables, given)
        if words[0] in BUILTINS and not is_inside:
            return run_builtin(self, words, state, given)
        before = len(self.actions), len(self.problems)
        name = self._name_of(words[0], state)
        with self.budget.deeper():
            is_read, printed = self._look_at(name, words, state, variables, given)
        printed = self._print(name, words, state, given) if printed is None else printed
        if (len(self.actions), len(self.problems)) == before:
            plain = tuple(filter(None, map(without_unknown, words)))
            if plain and plain != words:  # a variable that is not set is empty: `c${x}dk destroy`
                other = self.run_words(plain, state, variables, given, is_inside)
                printed = other if printed is None else printed
        if (len(self.actions), len(self.problems)) == before and not is_read:
            self.actions += find_hidden(self, name, words, self.make_call((name, *words[1:]), state, variables, given))
            if len(self.actions) == before[0] and name not in MENTIONERS and is_known(words[0]):
                self._look_behind(words, state, variables, given)
        return printed

    def _name_of(self, word: str, state: State) -> str:
        """The program's name; of a link or copy that the line has made, the tool's."""
        if self.renamed and (tool := self.renamed.get(join_folder(state.directory, word) or word)):
            return tool
        return name_of(word)

    def _print(self, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
        if name == "git" and words[1:] in _BRANCH_QUESTIONS and (branch := self.current_branch()):
            return f"{branch}\n"
        return print_of((name, *words[1:]), given) if name != "cat" else self._print_files(words, state, given)

    def _look_at(
        self, name: str, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
    ) -> tuple[bool, str | None]:
        """Find what the command would do: (whether it is one that is read, what it prints as a wrapper)."""
        call = self.make_call((name, *words[1:]), state, variables, given)
        reader = reader_of(name)
        if reader:
            self.actions += reader(call)
        if name in FILE_TOOLS:
            self.actions += read_files(call)
        if name in MANAGERS:
            self.actions += read_switches(call)
        if name == "git" and words[1:] not in _BRANCH_QUESTIONS:
            self.changes_branch = self.changes_branch or bool(
                {"checkout", "switch", "rebase", "worktree", "-C", "symbolic-ref"} & set(words)
            )
            self._follow_alias(call.words, state, variables, given)
        for inside in self._find_texts(name, call.words):
            self.run_inside(name, inside, state, variables, None)
        is_wrapped, printed = self._unwrap(name, words, state, variables, given)
        from cdkguard.agents.lines.scripts import follow

        is_script = follow(self, name, words, state, variables, given)
        return bool(reader or is_wrapped or is_script), printed

    def _follow_alias(
        self, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
    ) -> None:
        """An alias of git, of the line or of the repository's configuration."""
        from cdkguard.agents.commands.git import find_alias

        found = find_alias(words, lambda: self.repository.read(".git/config", self.repository.top))
        if found is None:
            return
        text, rest = found
        with self.inside(f"git {text[:40]}", f"git alias {text}") as is_open:
            if is_open and text.startswith("!"):
                self.run_text(f"{text[1:]} {as_text(tuple(rest))}", self.copy(state), given)
            elif is_open:
                self.run_words(("git", *text.split(), *rest), self.copy(state), variables, given, is_inside=True)

    def _find_texts(self, name: str, words: tuple[str, ...]) -> Iterator[Inside]:
        if name == "git":
            return find_in_git(words)
        if name == "aws":
            return find_in_aws(words)
        return find_texts(words) if name in RUN_TEXTS and find_named_tool(" ".join(words)) else iter(())

    def _unwrap(
        self, name: str, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
    ) -> tuple[bool, str | None]:
        """(whether the command is a wrapper that runs something, what that prints)."""
        wrapped = find_wrapped(name, (name, *words[1:]), given)
        printed = [self.run_inside(name, inside, state, variables, given) for inside in wrapped or ()]
        return bool(printed), printed[0] if len(printed) == 1 else None

    def run_inside(
        self, name: str, inside: Inside, state: State, variables: Mapping[str, str], given: str | None
    ) -> str | None:
        """Carry out what a wrapper runs; what that prints."""
        merged = {**variables, **inside.variables}
        inner = state if inside.is_same_shell else self.copy(state)
        for key, value in inside.variables.items():
            inner.assign(key, value)
        for key, value in variables.items():
            inner.assign(key, value)
        if inside.directory:
            inner.directory = join_folder(inner.directory, inside.directory)
        if inside.text is not None:
            inner.arguments = inside.arguments if inside.arguments or not inside.is_same_shell else inner.arguments
            return self.run_text(inside.text, inner, given if inside.text is not given else None, inside.shell)
        if inside.script or inside.code is not None or inside.language:
            from cdkguard.agents.lines.programs import run_program

            run_program(self, name, inside, inner, merged, given)
        elif inside.words:
            is_inside = name not in ("builtin", "command", "time", "exec")
            return self.run_words(inside.words, inner, merged, given, is_inside)
        elif inside.is_unread:
            self.actions += find_hidden(self, "", (name,), self.make_call((name,), state, merged, given))
        return None

    @contextmanager
    def inside(self, label: str, place: str) -> Iterator[bool]:
        """A step into a script: the way to what is found there grows; False where it is not to be taken."""
        if place in self.running:
            yield False
            return
        if self.depth >= DEPTH:
            self.problems.append(f"{label} was not read: scripts lead to scripts more than {DEPTH} deep")
            yield False
            return
        outer = self.via, self.running
        self.via, self.running, self.depth = (
            (*self.via, label, place) if label != place else (*self.via, label),
            (*self.running, place),
            self.depth + 1,
        )
        try:
            yield True
        finally:
            self.via, self.running = outer
            self.depth -= 1

    def run_recipe(
        self, label: str, place: str, text: str, state: State, given: str | None = None, shell: Shell = "posix"
    ) -> str | None:
        """Walk through the text of a script."""
        with self.inside(label, place) as is_open:
            return self.run_text(text, state, given, shell) if is_open else None

    def _run_function(
        self, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
    ) -> str | None:
        body, outer = state.functions[words[0]], state.arguments
        state.arguments = words[1:]
        for key, value in variables.items():
            state.assign(key, value)
        hidden = state.functions.pop(words[0])  # a function that calls itself is walked through once
        try:
            with self.budget.deeper():
                return self.walker.walk_all(body, state, given)
        finally:
            state.arguments = outer
            state.functions.setdefault(words[0], hidden)

    def _look_behind(
        self, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
    ) -> None:
        """A program that nobody knows may run the rest: `retry-it 3 cdk deploy`, `with-secrets -- make deploy`."""
        before = len(self.actions)
        if "--" in words[:30]:
            rest = words[words.index("--") + 1 :]
            if rest:
                self.run_words(rest, self.copy(state), variables, given, is_inside=True)
        else:
            for at, word in enumerate(words[1:30], 1):
                name = name_of(word)
                if word[:1] != "-" and (is_wrapper(name) or (reader_of(name) and name not in ("git", "gh", "glab"))):
                    self.run_words((name, *words[at + 1 :]), self.copy(state), variables, given, is_inside=True)
                    break
        self.actions[before:] = [action for action in self.actions[before:] if action.kind != "hidden"]

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

    def _copy_file(self, words: tuple[str, ...], state: State) -> None:
        """A copy or a link of a script, or of one of our tools, under another name."""
        paths = [word for word in words[1:] if word[:1] != "-"]
        if len(paths) != 2:
            return
        tool = name_of(paths[0])
        if tool in DEPLOYERS:
            self.renamed[join_folder(state.directory, paths[1]) or paths[1]] = tool
        elif (text := self.read_input(paths[0], state)) is not None:
            self.repository.write(paths[1], state.directory, text, False)

    def current_branch(self) -> str:
        """The branch that is checked out, unless the line changes it."""
        return "" if self.changes_branch else self.repository.current_branch()

    def read_input(self, path: str, state: State) -> str | None:
        """The text of a file that a command reads as its input."""
        text = self.repository.read(path, state.directory)
        return self.repository.written_at(path, state.directory) if text is None else text

    def copy(self, state: State) -> State:
        """A shell of its own."""
        self.budget.spend(20 + state.size)
        return state.copy()

    def _print_files(self, words: tuple[str, ...], state: State, given: str | None) -> str | None:
        paths = [word for word in words[1:] if word[:1] != "-" or word == "-"]
        if not paths:
            return given
        texts = [given if path == "-" else self.read_input(path, state) for path in paths]
        return None if None in texts else "".join(filter(None, texts))

    def _write_files(self, invocation: Invocation, printed: str | None) -> str | None:
        """Note what goes into files; what is left for the command behind."""
        words, directory = invocation.words, invocation.state.directory
        if words and name_of(words[0]) in ("cp", "ln", "mv", "install"):
            self._copy_file(words, invocation.state)
        if words[:1] == ("tee",):
            for path in words[1:]:
                if path[:1] != "-":
                    self.repository.write(path, directory, invocation.given, "-a" in words)
        is_away = False
        for operator, path in invocation.redirects:
            if operator in (">", ">>", ">|", "&>", "&>>") and path not in (
                "/dev/null",
                "/dev/stdout",
                "/dev/stderr",
                "/dev/tty",
            ):
                self.repository.write(path, directory, printed, operator.endswith(">>"))
            is_away = is_away or operator in (">", ">>", ">|", "&>", "&>>")
        return "" if is_away else printed


def join_folder(directory: str, path: str) -> str:
    """The folder behind `cd path`; empty where nobody knows."""
    if not is_known(path) or path[:1] in ("~", "-"):
        return ""
    import os

    if os.path.isabs(path):
        return os.path.normpath(path)
    return os.path.normpath(os.path.join(directory, path)) if directory else ""


def as_text(words: tuple[str, ...]) -> str:
    """Words as the text of a shell."""
    return " ".join(map(quote, words))
