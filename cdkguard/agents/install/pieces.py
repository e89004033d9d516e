"""What is put into one file: entries of a JSON file, a marked block, or the whole file. All of it is text in, text out."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.agents.install import json_edit, marked_text
from cdkguard.agents.install.calls import LAUNCHER, find_launcher
from cdkguard.agents.install.entries import put_entry, take_entry
from cdkguard.agents.install.json_nodes import NotJson, read_nodes

if TYPE_CHECKING:
    from typing import TypeAlias

    from cdkguard.agents.install.entries import Entry


class JsonFile(NamedTuple):
    """A JSON file into which entries are put; `frame` is what a new one has besides."""

    path: str
    entries: tuple[Entry, ...]
    frame: tuple[tuple[str, Json], ...] = ()


class Block(NamedTuple):
    """A marked block in a Markdown file."""

    path: str
    content: str
    unless: str = ""  # what makes it needless, where the file has it already


class OwnFile(NamedTuple):
    """A whole file of ours."""

    path: str
    text: str  # without its seal


if TYPE_CHECKING:
    Piece: TypeAlias = JsonFile | Block | OwnFile


class Refused(ValueError):
    """A file is not changed; the message says why, `snippet` is what to put there by hand."""

    def __init__(self, why: str, snippet: str) -> None:
        super().__init__(why)
        self.snippet = snippet


def put_piece(piece: Piece, text: str | None, launcher: str | None, after_edit: bool | None) -> str:
    """The file's text with the piece in it. Raises Refused.

    Where `launcher` or `after_edit` is None, what the file has stays.
    """
    match piece:
        case Block():
            if text is not None and piece.unless and piece.unless in (marked_text.take_block(text) or ""):
                return text
            return marked_text.put_block(text, piece.content)
        case OwnFile():
            sealed = _sealed(piece)
            if text is not None and not marked_text.is_untouched(text) and text.replace("\r\n", "\n") != sealed:
                raise Refused("it is there, and not as `cdkguard agents install` writes it", piece.text)
            return sealed if text is None or text.replace("\r\n", "\n") != sealed else text
        case JsonFile():
            return _put_entries(piece, text, launcher, after_edit)


def take_piece(piece: Piece, text: str) -> str | None:
    """The file's text without the piece; None where nothing else is in it. Raises Refused."""
    match piece:
        case Block():
            return marked_text.take_block(text)
        case OwnFile():
            if marked_text.is_untouched(text):
                return None
            raise Refused("it was changed since `cdkguard agents install` wrote it: remove it by hand", "")
        case JsonFile():
            return _take_entries(piece, text)


def _sealed(piece: OwnFile) -> str:
    return marked_text.seal(piece.text, piece.path.rpartition(".")[2])


# -- JSON


def _put_entries(piece: JsonFile, text: str | None, launcher: str | None, after_edit: bool | None) -> str:
    is_new = text is None or not text.strip()
    shown = "{\n}\n" if is_new else str(text)
    found = launcher_of(shown)
    starts = launcher or found or LAUNCHER
    try:
        for key, value in piece.frame:
            if read_nodes(shown).find(key) is None:
                shown = json_edit.put_member(shown, (), key, value)
        for entry in piece.entries:
            shown = put_entry(entry, shown, starts, after_edit)
    except (NotJson, json_edit.Occupied) as problem:
        raise Refused(str(problem), render_snippet(piece, starts, bool(after_edit))) from problem
    return json_edit.new_text(read_nodes(shown).plain()) if is_new else shown


def _take_entries(piece: JsonFile, text: str) -> str | None:
    try:
        before = read_nodes(text)
        for entry in reversed(piece.entries):
            text = take_entry(entry, text)
        left = read_nodes(text)
    except (NotJson, json_edit.Occupied) as problem:
        raise Refused(f"{problem}: take the calls of `cdkguard agents hook` out by hand", "") from problem
    frame = dict(piece.frame)
    if any(frame.get(child.key, NotJson) != child.node.plain() for child in left.children):
        return text
    was_empty = bool(before.children) and before.children[0].start == before.start + 1  # see json_edit
    return text if was_empty and not left.children else None


def launcher_of(text: str) -> str | None:
    """What starts us in the calls that the file has; None where it has none."""
    try:
        return find_launcher(read_nodes(text).plain())
    except NotJson:
        return None


def render_snippet(piece: JsonFile, launcher: str = LAUNCHER, after_edit: bool = False) -> str:
    """The file as it would be, if there were none."""
    return _put_entries(piece, None, launcher, after_edit)
