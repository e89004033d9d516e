"""One command by its words: unwrapped, followed into scripts, and read by its tool's reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.files import NAMES as FILE_TOOLS
from cdkguard.agents.commands.files import read_files
from cdkguard.agents.commands.git_trees import branch_after
from cdkguard.agents.commands.switches import MANAGERS, read_switches
from cdkguard.agents.commands.table import name_of, reader_of
from cdkguard.agents.lines.builtins import BUILTINS, run_builtin
from cdkguard.agents.lines.hidden import find_hidden, find_named_tool
from cdkguard.agents.lines.languages import LANGUAGES, run_commands
from cdkguard.agents.lines.paths import as_text, join_folder
from cdkguard.agents.lines.printed import BRANCH_QUESTIONS, find_printed
from cdkguard.agents.shell.state import State, is_known, show, without_unknown
from cdkguard.agents.wrappers.nouns import Inside
from cdkguard.agents.wrappers.table import find_wrapped, is_wrapper
from cdkguard.agents.wrappers.texts import RUN_TEXTS, find_in_aws, find_in_git, find_texts

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

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


_LISTED = frozenset({"find", "run-parts", "xargs", "gxargs", "parallel", "sem"})


def run_words(
    session: Session,
    words: tuple[str, ...],
    state: State,
    variables: Mapping[str, str],
    given: str | None,
    is_inside: bool = False,
) -> str | None:
    """Carry a command out by its words; `is_inside` where a wrapper runs it, to whom functions mean nothing."""
    session.budget.spend(50)
    while words and not words[0]:
        words = words[1:]
    if not words:
        return ""
    if not is_inside and words[0] in state.functions:
        return _run_function(session, words, state, variables, given)
    if words[0] in BUILTINS and not is_inside:
        return run_builtin(session, words, state, given)
    if not is_known(words[0]) and (text := session.perhaps.get(show(words[0]).strip())):
        session.run_recipe(show(words[0]), show(words[0]), text, session.copy(state))
    before = len(session.actions), len(session.problems)
    name = _find_name(session, words[0], state)
    with session.budget.deeper():
        is_read, printed = _look_at(session, name, words, state, variables, given)
    printed = find_printed(session, name, words, state, given) if printed is None else printed
    if (len(session.actions), len(session.problems)) == before:
        plain = tuple(filter(None, map(without_unknown, words)))
        if plain and plain != words:  # a variable that is not set is empty: `c${x}dk destroy`
            other = session.run_words(plain, state, variables, given, is_inside)
            printed = other if printed is None else printed
    if (len(session.actions), len(session.problems)) == before and not is_read:
        session.actions += find_hidden(
            session, name, words, session.make_call((name, *words[1:]), state, variables, given)
        )
        if len(session.actions) == before[0] and name not in MENTIONERS and is_known(words[0]):
            _look_behind(session, words, state, variables, given)
    return printed


def _find_name(session: Session, word: str, state: State) -> str:
    """The program's name; of a link or copy that the line has made, the tool's."""
    if session.renamed and (tool := session.renamed.get(join_folder(state.directory, word) or word)):
        return tool
    return name_of(word)


def _look_at(
    session: Session, name: str, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> tuple[bool, str | None]:
    """Find what the command would do: (whether it is one that is read, what it prints as a wrapper)."""
    call = session.make_call((name, *words[1:]), state, variables, given)
    reader = reader_of(name)
    if reader:
        session.actions += reader(call)
    if name in FILE_TOOLS:
        session.actions += read_files(call)
    if name in MANAGERS:
        session.actions += read_switches(call)
    if name == "git" and words[1:] not in BRANCH_QUESTIONS:
        branch = branch_after(words)
        session.branch = session.branch if branch is None else branch
        _follow_alias(session, call.words, state, variables, given)
    for inside in _texts_inside(session, name, call.words):
        session.run_inside(name, inside, state, variables, None)
    if name in LANGUAGES:
        run_commands(session, name, call.words, state, given)
    is_wrapped, printed = _unwrap(session, name, words, state, variables, given)
    from cdkguard.agents.lines.scripts import follow

    is_script = follow(session, name, words, state, variables, given)
    return bool(reader or is_wrapped or is_script), printed


def _follow_alias(
    session: Session, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> None:
    """An alias of git, of the line or of the repository's configuration."""
    from cdkguard.agents.commands.git import find_alias, find_configured

    session.aliases_of_git.update(find_configured(words))
    found = find_alias(
        words, lambda: session.repository.read(".git/config", session.repository.top), session.aliases_of_git
    )
    if found is None:
        return
    text, rest = found
    with session.inside(f"git {text[:40]}", f"git alias {text}") as is_open:
        if is_open and text.startswith("!"):
            session.run_text(f"{text[1:]} {as_text(tuple(rest))}", session.copy(state), given)
        elif is_open:
            session.run_words(("git", *text.split(), *rest), session.copy(state), variables, given, is_inside=True)


def _texts_inside(session: Session, name: str, words: tuple[str, ...]) -> Iterator[Inside]:
    if name == "git":
        return find_in_git(words)
    if name == "aws":
        return find_in_aws(words)
    return find_texts(words) if name in RUN_TEXTS and find_named_tool(" ".join(words)) else iter(())


def _find_listed(session: Session, name: str, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    """What a program that runs a command for each of many things goes through, a line each."""
    if name == "find":
        from cdkguard.agents.lines.listing import print_found

        return print_found(session, words, state)
    if name == "run-parts":
        from cdkguard.agents.lines.listing import list_folder

        folder = next((word for word in words[1:] if word[:1] != "-"), ".")
        return (
            "".join(f"{folder}/{each}\n" for each in list_folder(session, folder, state)) if is_known(folder) else None
        )
    for at, word in enumerate(words[1:], 1):
        path = word.partition("=")[2] if word.startswith("--arg-file=") else "".join(words[at + 1 : at + 2])
        if word in ("-a", "--arg-file", "::::") or word.startswith("--arg-file="):
            return session.read_input(path, state)
    return given


def _unwrap(
    session: Session, name: str, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> tuple[bool, str | None]:
    """(whether the command is a wrapper that runs something, what that prints)."""
    if name in _LISTED:
        given = _find_listed(session, name, words, state, given)
    wrapped = find_wrapped(name, (name, *words[1:]), given)
    printed = [session.run_inside(name, inside, state, variables, given) for inside in wrapped or ()]
    return bool(printed), printed[0] if len(printed) == 1 else None


def run_inside(
    session: Session, name: str, inside: Inside, state: State, variables: Mapping[str, str], given: str | None
) -> str | None:
    """Carry out what a wrapper runs; what that prints."""
    merged = {**variables, **inside.variables}
    inner = state if inside.is_same_shell else session.copy(state)
    for key, value in inside.variables.items():
        inner.assign(key, value)
    for key, value in variables.items():
        inner.assign(key, value)
    if inside.directory:
        inner.directory = join_folder(inner.directory, inside.directory)
    if inside.text is not None:
        inner.arguments = inside.arguments if inside.arguments or not inside.is_same_shell else inner.arguments
        return session.run_text(inside.text, inner, given if inside.text is not given else None, inside.shell)
    if inside.script or inside.code is not None or inside.language:
        from cdkguard.agents.lines.programs import run_program

        run_program(session, name, inside, inner, merged, given)
    elif inside.words:
        is_inside = name not in ("builtin", "command", "time", "exec")
        return session.run_words(inside.words, inner, merged, given, is_inside)
    elif inside.is_unread:
        session.actions += find_hidden(session, "", (name,), session.make_call((name,), state, merged, given))
    return None


def _run_function(
    session: Session, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> str | None:
    body, outer = state.functions[words[0]], state.arguments
    state.arguments = words[1:]
    for key, value in variables.items():
        state.assign(key, value)
    hidden = state.functions.pop(words[0])  # a function that calls itself is walked through once
    try:
        with session.budget.deeper():
            return session.walker.walk_all(body, state, given)
    finally:
        state.arguments = outer
        state.functions.setdefault(words[0], hidden)


def _look_behind(
    session: Session, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> None:
    """A program that nobody knows may run the rest: `retry-it 3 cdk deploy`, `with-secrets -- make deploy`."""
    before = len(session.actions)
    if "--" in words[:30]:
        rest = words[words.index("--") + 1 :]
        if rest:
            session.run_words(rest, session.copy(state), variables, given, is_inside=True)
    else:
        for at, word in enumerate(words[1:30], 1):
            name = name_of(word)
            if word[:1] != "-" and (is_wrapper(name) or (reader_of(name) and name not in ("git", "gh", "glab"))):
                session.run_words((name, *words[at + 1 :]), session.copy(state), variables, given, is_inside=True)
                break
    session.actions[before:] = [action for action in session.actions[before:] if action.kind != "hidden"]
