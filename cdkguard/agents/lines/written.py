"""Files that a line itself writes, copies and reads again: a script that is written and run at once."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.table import DEPLOYERS, name_of
from cdkguard.agents.lines.paths import join_folder
from cdkguard.agents.shell.evaluate import Invocation
from cdkguard.agents.shell.state import State

if TYPE_CHECKING:
    from cdkguard.agents.lines.session import Session


def print_files(session: Session, words: tuple[str, ...], state: State, given: str | None) -> str | None:
    paths = [word for word in words[1:] if word[:1] != "-" or word == "-"]
    if not paths:
        return given
    texts = [given if path == "-" else session.read_input(path, state, is_printed=True) for path in paths]
    return None if None in texts else "".join(filter(None, texts))


def write_files(session: Session, invocation: Invocation, printed: str | None) -> str | None:
    """Note what goes into files; what is left for the command behind."""
    words, directory = invocation.words, invocation.state.directory
    if words and name_of(words[0]) in ("cp", "ln", "mv", "install"):
        _copy_file(session, words, invocation.state)
    if words[:1] == ("tee",):
        for path in words[1:]:
            if path[:1] != "-":
                session.repository.write(path, directory, invocation.given, "-a" in words)
    is_away = False
    for operator, path in invocation.redirects:
        if operator in (">", ">>", ">|", "&>", "&>>") and path not in (
            "/dev/null",
            "/dev/stdout",
            "/dev/stderr",
            "/dev/tty",
        ):
            session.repository.write(path, directory, printed, operator.endswith(">>"))
        is_away = is_away or operator in (">", ">>", ">|", "&>", "&>>")
    return "" if is_away else printed


def _copy_file(session: Session, words: tuple[str, ...], state: State) -> None:
    """A copy or a link of a script, or of one of our tools, under another name."""
    paths, folder = _read_paths(words)
    if folder is None and len(paths) < 2:
        return
    target = paths.pop() if folder is None else folder
    for path in paths:
        inside = f"{target.rstrip('/')}/{path.rstrip('/').rpartition('/')[2]}"
        is_folder = len(paths) > 1 or folder is not None or target in ("/tmp", ".") or target.endswith("/")
        places = [inside] if is_folder or session.repository.exists(target, state.directory) else [target, inside]
        tool = name_of(path)
        text = None if tool in DEPLOYERS else session.read_input(path, state)
        for place in places:
            if tool in DEPLOYERS:
                session.renamed[join_folder(state.directory, place) or place] = tool
            elif text is not None:
                session.repository.write(place, state.directory, text, False)
        if text is None and tool not in DEPLOYERS and session.repository.exists(path, state.directory):
            for place in places:
                session.repository.copy_folder(path, place, state.directory)


def _read_paths(words: tuple[str, ...]) -> tuple[list[str], str | None]:
    """(the paths of cp, mv, ln, install, the folder that `-t` names)."""
    paths: list[str] = []
    folder, rest = None, list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in ("-t", "--target-directory") and rest:
            folder = rest.pop(0)
        elif word.startswith("--target-directory="):
            folder = word.partition("=")[2]
        elif word in ("-m", "-o", "-g", "-S", "--mode", "--owner", "--group", "--suffix") and rest:
            rest.pop(0)
        elif word[:1] != "-":
            paths.append(word)
    return paths, folder
