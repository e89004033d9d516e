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
    texts = [given if path == "-" else session.read_input(path, state) for path in paths]
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
    paths = [word for word in words[1:] if word[:1] != "-"]
    if len(paths) != 2:
        return
    tool = name_of(paths[0])
    if tool in DEPLOYERS:
        session.renamed[join_folder(state.directory, paths[1]) or paths[1]] = tool
    elif (text := session.read_input(paths[0], state)) is not None:
        session.repository.write(paths[1], state.directory, text, False)
