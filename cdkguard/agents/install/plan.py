"""Which files an installation or a removal changes, and how; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.install import targets
from cdkguard.agents.install.calls import is_call
from cdkguard.agents.install.host_files import SETUP_STEPS
from cdkguard.agents.install.hosts import HOSTS, Host
from cdkguard.agents.install.json_nodes import NotJson, read_nodes
from cdkguard.agents.install.marked_text import is_untouched
from cdkguard.agents.install.pieces import Block, JsonFile, OwnFile, Refused, put_piece, take_piece

if TYPE_CHECKING:
    from cdkguard.agents.install.pieces import Piece


class Wanted(NamedTuple):
    """What is to be installed, and where."""

    root: str  # the repository, or the home folder
    hosts: tuple[Host, ...]
    is_user: bool = False
    launcher: str | None = None  # None: what the files have, else "cdkguard"
    after_edit: bool | None = None  # None: as it is
    mcp: bool = False


class FileChange(NamedTuple):
    """A file that changes."""

    path: str  # below the root
    before: str | None  # None: there is none
    after: str | None  # None: it goes


class Refusal(NamedTuple):
    """A file that does not change, though it should."""

    path: str
    why: str
    snippet: str  # what to put there by hand; may be empty


class Plan(NamedTuple):
    """What is to be done, in the order of the hosts."""

    changes: tuple[FileChange, ...]
    refusals: tuple[Refusal, ...]
    current: tuple[str, ...]  # files that are as they should be


def plan_install(wanted: Wanted) -> Plan:
    """The changes that put the hosts' files in place."""
    texts: dict[str, str | None] = {}
    before: dict[str, str | None] = {}
    refusals = []
    for piece, path in _pieces_and_paths(wanted):
        if path not in texts:
            texts[path] = before[path] = targets.read(wanted.root, path)
        if path == "CLAUDE.md" and _is_same_file(wanted.root, "CLAUDE.md", "AGENTS.md"):
            continue  # a link
        if path.endswith(SETUP_STEPS.path) and (found := texts[path]) is not None and not is_untouched(found):
            if "cdkguard" not in found:
                refusals.append(
                    Refusal(path, "it does not install cdkguard; add a step", "      - run: pipx install cdkguard")
                )
            continue
        try:
            texts[path] = put_piece(piece._replace(path=path), texts[path], wanted.launcher, wanted.after_edit)
        except Refused as refused:
            refusals.append(Refusal(path, str(refused), refused.snippet))
    refused_paths = {refusal.path for refusal in refusals}
    changed = [FileChange(path, before[path], text) for path, text in texts.items() if text != before[path]]
    current = [path for path, text in texts.items() if text is not None and text == before[path] and path not in refused_paths]  # fmt: skip
    return Plan(tuple(changed), tuple(refusals), tuple(current))


def plan_removal(wanted: Wanted) -> Plan:
    """The changes that take away what was put in place; what another installed host needs stays."""
    going = {_first_path(host, wanted.is_user) for host in wanted.hosts}  # two hosts may share their file of hooks
    installed = installed_hosts(wanted.root, wanted.is_user)
    staying = [host for host in installed if _first_path(host, wanted.is_user) not in going]
    needed = {piece.path for host in staying for piece in _pieces_of(host, wanted.is_user)}
    everything = wanted._replace(mcp=True)
    texts: dict[str, str | None] = {}
    before: dict[str, str | None] = {}
    refusals = []
    for piece, path in reversed(list(_pieces_and_paths(everything))):
        if path not in texts:
            texts[path] = before[path] = targets.read(wanted.root, path)
        text = texts[path]
        if text is None or piece.path in needed or (isinstance(piece, OwnFile) and "cdkguard agents install" not in text):  # fmt: skip
            continue
        try:
            texts[path] = take_piece(piece, text)
        except Refused as refused:
            refusals.append(Refusal(path, str(refused), ""))
    changed = [FileChange(path, before[path], text) for path, text in texts.items() if text != before[path]]
    return Plan(tuple(changed), tuple(refusals), ())


def carry_out(root: str, plan: Plan) -> None:
    """Write and remove the files. Raises ConfigError."""
    for change in plan.changes:
        if change.after is None:
            targets.remove(root, change.path)
        else:
            targets.write(root, change.path, change.after)


def installed_hosts(root: str, is_user: bool) -> tuple[Host, ...]:
    """The hosts whose files call our hook."""
    return tuple(host for host in HOSTS if any(True for _path in hook_files(root, host, is_user)))


def hook_files(root: str, host: Host, is_user: bool) -> Iterable[str]:
    """The files of a host that call our hook, or are our plugin."""
    for piece in host.user_pieces if is_user else host.pieces:
        if isinstance(piece, Block) or isinstance(piece, OwnFile) and not piece.path.endswith(".js"):
            continue
        for path in targets.expand(root, piece.path, "cdkguard"):
            text = targets.read(root, path, anywhere=True)
            if text is not None and (is_untouched(text) if isinstance(piece, OwnFile) else calls_us(text)):
                yield path


def calls_us(text: str) -> bool:
    """Whether a JSON file calls our hook; one that cannot be read calls nobody."""
    try:
        return is_call(read_nodes(text).plain())
    except NotJson:
        return False


def _pieces_of(host: Host, is_user: bool) -> Sequence[Piece]:
    return host.user_pieces if is_user else host.pieces


def _first_path(host: Host, is_user: bool) -> str:
    """The path of the file that holds the hook; empty where the host has none there."""
    return next((piece.path for piece in _pieces_of(host, is_user)), "")


def _pieces_and_paths(wanted: Wanted) -> Iterable[tuple[Piece, str]]:
    """Each piece of the hosts once, with the path of each of its files."""
    seen = set()
    for host in wanted.hosts:
        servers = (host.user_mcp if wanted.is_user else host.mcp) if wanted.mcp else ()
        for piece in (*_pieces_of(host, wanted.is_user), *servers):
            key = repr(piece)
            if key not in seen:
                seen.add(key)
                for path in targets.expand(wanted.root, piece.path, "cdkguard"):
                    yield _of_file(piece, path), path


def _of_file(piece: Piece, path: str) -> Piece:
    """The piece for one file; an agent that the team wrote itself keeps its own name and tools."""
    if isinstance(piece, JsonFile) and "*" in piece.path and not path.endswith("/cdkguard.json"):
        return piece._replace(frame=())
    return piece


def _is_same_file(root: str, path: str, other: str) -> bool:
    return targets.resolve(root, path) == targets.resolve(root, other)
