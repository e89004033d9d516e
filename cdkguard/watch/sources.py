"""The files that are watched, and what they hold: listed and read again at each look, in bounds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.watch.pace import Versions

MOST_FILES = 10_000
_BIGGEST = 1_000_000  # bytes of a file that is told apart by its content; a bigger one is by its size and time
_NOT_ENTERED = frozenset(
    {
        "node_modules", "bower_components", ".git", ".hg", ".svn", ".jj", "cdk.out", ".cdk.staging", ".cdkguard", ".aws-sam",
        "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis",
        ".idea", ".vscode", ".gradle", ".terraform", ".next", ".nyc_output", ".cache", ".parcel-cache", ".turbo", ".nx",
    }
)  # fmt: skip
# What Python, editors and systems write beside a source: compiled code, swap files, copies.
_NOT_WATCHED = (".pyc", ".pyo", ".swp", ".swx", ".swo", "~", ".tmp", ".part", ".DS_Store")


class Stamp(NamedTuple):
    """By what a file is known to be unchanged without being read."""

    time: int  # of the last change, in nanoseconds
    size: int
    number: int  # of the inode: a file that is renamed over another has another one


class Content(NamedTuple):
    """What a look has seen of a file."""

    stamp: Stamp
    digest: bytes


class Look(NamedTuple):
    """All files as they were at one look."""

    files: Mapping[str, Content]
    is_cut: bool = False  # Whether there are more than MOST_FILES, so that the deepest ones are not watched.

    def versions_since(self, before: Look) -> Versions:
        """What differs from an earlier look, by content: a file that was only touched does not."""
        now, then = self.files, before.files
        found: dict[str, bytes | None] = {
            path: content.digest
            for path, content in now.items()
            if path not in then or then[path].digest != content.digest
        }
        found.update((path, None) for path in then if path not in now)
        return found

    def with_files_of(self, other: Look, paths: frozenset[str]) -> Look:
        """The look, with these files as the other one saw them."""
        files = {path: content for path, content in self.files.items() if path not in paths}
        files.update((path, other.files[path]) for path in paths if path in other.files)
        return self._replace(files=files)


NOTHING = Look({})


def look(places: Sequence[str], before: Look = NOTHING) -> Look:
    """The files below the places, which are folders and files; what has its stamp of before is not read again.

    A file or folder that goes meanwhile, or that cannot be read, counts as not there: the app's run says what is wrong.
    """
    found: dict[str, Content] = {}
    for path, status in _list(places):
        if len(found) == MOST_FILES:
            return Look(found, is_cut=True)
        stamp = Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
        known = before.files.get(path)
        if known is not None and known.stamp == stamp:
            found[path] = known
        elif (digest := _digest(path, stamp)) is not None:
            found[path] = Content(stamp, digest)
    return Look(found)


def _list(places: Sequence[str]) -> Iterator[tuple[str, os.stat_result]]:
    """(path, status) of each file, those nearest to the places first; each file once."""
    seen: set[str] = set()
    folders: list[str] = []
    for place in places:
        try:
            status = os.stat(place)
        except (OSError, ValueError):
            continue
        if stat.S_ISDIR(status.st_mode):
            folders.append(place)
        elif stat.S_ISREG(status.st_mode) and place not in seen:
            seen.add(place)
            yield place, status

    entered: set[str] = set()
    while folders:
        deeper: list[str] = []
        for folder in folders:
            if folder not in entered:
                entered.add(folder)
                yield from (pair for pair in _list_folder(folder, deeper, folder in places) if pair[0] not in seen)
        folders = deeper


def _list_folder(folder: str, deeper: list[str], is_place: bool) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a folder; its folders are put into `deeper`, except those that hold no source."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    names = {entry.name for entry in listed}
    if not is_place and ("pyvenv.cfg" in names or {"cdk.out", "manifest.json"} <= names):
        return  # a virtual environment; a cloud assembly, which is written and not a source

    for entry in listed:
        path = entry.name if folder == os.curdir else entry.path  # as a place is written that is named by itself
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_ENTERED:
                    deeper.append(path)
            elif not entry.name.endswith(_NOT_WATCHED) and stat.S_ISREG((status := entry.stat()).st_mode):
                yield path, status
        except OSError:
            continue


def _digest(path: str, stamp: Stamp) -> bytes | None:
    """A digest of what the file holds, of a big one of its stamp; None where it cannot be read."""
    import hashlib

    if stamp.size > _BIGGEST:
        return repr(stamp).encode()
    try:
        with open(path, "rb") as handle:
            return hashlib.blake2b(handle.read(_BIGGEST + 1), digest_size=16).digest()
    except OSError:
        return None
