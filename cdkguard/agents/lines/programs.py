"""Scripts and code that an interpreter runs: shell scripts are walked through, other code is searched for calls of our tools."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.table import NAMES, name_of, reader_of
from cdkguard.agents.shell.state import State, is_known
from cdkguard.agents.wrappers.nouns import Inside

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session

# Modules of Python that are programs of their own: `python -m awscli`.
_MODULES = {"awscli": "aws", "samcli": "sam", "pip": "pip", "cdkguard": "cdkguard", "chalice": "chalice", "invoke": "invoke", "poetry": "poetry",
            "pdm": "pdm", "hatch": "hatch", "pipenv": "pipenv", "uv": "uv", "sceptre": "sceptre", "zappa": "zappa", "poethepoet": "poe", "pre_commit": "pre-commit"}  # fmt: skip
# Modules that run another module or file.
_LAUNCHERS = frozenset(
    {
        "runpy",
        "pdb",
        "cProfile",
        "profile",
        "trace",
        "coverage",
        "debugpy",
        "viztracer",
        "memory_profiler",
        "tracemalloc",
    }
)
_ENDINGS = {"py": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript", "ts": "javascript", "mts": "javascript", "cts": "javascript",
            "tsx": "javascript", "rb": "ruby", "pl": "perl", "php": "php", "exs": "elixir", "jl": "julia", "r": "r", "awk": "awk", "lua": "lua"}  # fmt: skip
_SHELL_ENDINGS = ("sh", "bash", "zsh", "ksh", "bats", "command")


def run_program(
    session: Session, name: str, inside: Inside, state: State, variables: Mapping[str, str], given: str | None
) -> None:
    """Carry out the script, module or code inside of a wrapper."""
    if inside.code is not None:
        _search(session, inside.code, inside.language, "", state)
    elif inside.words[:1] == ("-m",):
        _run_module(session, inside.words[1:], state, variables, given)
    elif inside.script:
        _run_script(session, inside, state, variables, given)
    elif inside.is_unread:
        from cdkguard.agents.lines.hidden import find_hidden

        session.actions += find_hidden(session, "", (name,), session.make_call((name,), state, variables, given))


def run_file(session: Session, path: str, arguments: tuple[str, ...], state: State, given: str | None) -> bool:
    """A file as a command, `./deploy.sh`: read by its first line; whether it is one of the repository."""
    text = session.read_input(path, state)
    if text is None:
        return False
    first = text.split("\n", 1)[0].lower() if text.startswith("#!") else ""
    ending = path.rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
    language = next((kind for word, kind in (("python", "python"), ("node", "javascript"), ("tsx", "javascript"), ("zx", "javascript"),
                    ("deno", "javascript"), ("bun", "javascript"), ("ruby", "ruby"), ("perl", "perl"), ("php", "php")) if word in first), "")  # fmt: skip
    language = language or ("" if first else _ENDINGS.get(ending, ""))
    if language:
        run_recipe_of_code(session, path, text, language, state)
    elif "pwsh" in first or ending == "ps1":
        state.name_script(path)
        session.run_recipe(path, path, text, state, shell="powershell")
    elif ending in ("bat", "cmd"):
        session.run_recipe(path, path, text, state, shell="cmd")
    else:
        state.arguments = arguments
        state.name_script(path)
        session.run_recipe(path, path, text, state)
    return True


def run_recipe_of_code(session: Session, path: str, text: str, language: str, state: State) -> None:
    """Search the code of a file of the repository."""
    with session.inside(path, path) as is_open:
        if is_open:
            _search(session, text, language, path, state)


def _run_script(
    session: Session, inside: Inside, state: State, variables: Mapping[str, str], given: str | None
) -> None:
    path = inside.script
    if path.startswith(("npm:", "jsr:")):  # of deno: a package
        package = path[4:].lstrip("/")
        tool = name_of(package if package in NAMES else package[:1] + package[1:].partition("@")[0].partition("/")[0])
        session.run_words((tool, *inside.arguments), state, variables, given, is_inside=True)
        return
    tool = name_of(path)
    if reader_of(tool) and ("bin/" in path.replace("\\", "/") or "node_modules" in path):
        session.run_words((tool, *inside.arguments), state, variables, given, is_inside=True)
        return
    if not is_known(path) and session.read_input(path, state) is None:
        from cdkguard.agents.lines.hidden import find_hidden

        session.actions += find_hidden(session, "", (path,), session.make_call((path,), state, variables, given))
        return
    if not inside.language:
        text = session.read_input(path, state)
        if text is not None:
            if not inside.is_same_shell or inside.arguments:
                state.arguments = inside.arguments
            if is_known(path):
                state.name_script(path, inside.is_same_shell)
            session.run_recipe(path, path, text, state, shell=inside.shell)
        return
    names = (
        [path]
        if inside.language != "javascript"
        else [path, *(f"{path}{end}" for end in (".js", ".ts", ".mjs", ".cjs", "/index.js", "/index.ts"))]
    )
    for each in names:
        text = session.read_input(each, state)
        if text is not None:
            run_recipe_of_code(session, each, text, inside.language, state)
            return


def _run_module(
    session: Session, words: tuple[str, ...], state: State, variables: Mapping[str, str], given: str | None
) -> None:
    module = words[0] if words else ""
    top = module.partition(".")[0]
    if top in _LAUNCHERS:
        rest = [word for word in words[1:] if word[:1] != "-" and word != "run"]
        if rest[:1] and rest[0].endswith(".py"):
            session.run_words(("python", *rest), state, variables, given, is_inside=True)
        elif rest:
            _run_module(session, tuple(rest), state, variables, given)
        return
    if top in _MODULES:
        session.run_words((_MODULES[top], *words[1:]), state, variables, given, is_inside=True)
        return
    path = module.replace(".", "/")
    for each in (f"{path}.py", f"{path}/__main__.py", f"src/{path}.py", f"src/{path}/__main__.py"):
        text = session.repository.read(each, state.directory)
        if text is not None:
            run_recipe_of_code(session, each, text, "python", state)
            return


def _search(session: Session, code: str, language: str, path: str, state: State) -> None:
    from cdkguard.agents.lines.code import search_code

    session.budget.spend(len(code))
    search_code(session, code, language, path, state)
    if language in ("awk", "perl", "ruby"):
        from cdkguard.agents.lines.languages import find_shell_texts

        for text, given in find_shell_texts(code, language):
            session.run_text(text, session.copy(state), given)
    if language in ("python", "javascript") and not session.is_imported:
        from cdkguard.agents.lines.imports import find_imported

        session.is_imported = True
        for where, text in find_imported(session, code, language, path, state):
            run_recipe_of_code(session, where, text, language, state)
        session.is_imported = False
