"""Which results a place holds: one, or those in the folders of a folder, finished or not."""

from __future__ import annotations

import os

from cdkguard._typing import NamedTuple
from cdkguard.audit.results.folder import Folder, LocalFolder, open_folder
from cdkguard.audit.results.run_file import BEGUN, RUN
from cdkguard.errors import InputError

_NAMED = 3  # Results that a message names.


class Gathered(NamedTuple):
    """(name, folder) of each finished result, and the places of audits that were not finished."""

    finished: tuple[tuple[str, Folder], ...]
    unfinished: tuple[str, ...] = ()


def gather_results(place: str) -> Gathered:
    """The result at the place, or those in the folders of this folder. Raises InputError where a folder cannot be read.

    A place that holds none is given as a finished one, so that whoever reads it says why it is none.
    """
    folder = open_folder(place)
    if folder.read(RUN) is None and folder.read(BEGUN) is None and isinstance(folder, LocalFolder):
        inner = [(os.path.basename(path), LocalFolder(path)) for path in _folders_in(place)]
        finished = tuple((name, each) for name, each in inner if each.read(RUN) is not None)
        begun = tuple(each.place for _, each in inner if each.read(RUN) is None and each.read(BEGUN) is not None)
        if finished or begun:
            return Gathered(finished, begun)
    return Gathered(((place, folder),))


def choose_finished(place: str, gathered: Gathered, may_skip: bool) -> tuple[tuple[str, Folder], ...]:
    """The finished results; raises InputError where others are not finished, unless those may be left out."""
    left = gathered.unfinished
    if left and not (may_skip and gathered.finished):
        count = "1 audit that was" if len(left) == 1 else f"{len(left)} audits that were"
        advice = "finish them by `cdkguard audit run --resume`"
        advice += ", or ask the others alone by --finished" if gathered.finished else ""
        raise InputError(f"{place}: holds {count} not finished ({name_some(left)}): {advice}")
    return gathered.finished


def name_some(places: tuple[str, ...]) -> str:
    """The first places of many."""
    return ", ".join(places[:_NAMED]) + (", ..." if len(places) > _NAMED else "")


def _folders_in(place: str) -> list[str]:
    try:
        return sorted(entry.path for entry in os.scandir(place) if entry.is_dir()) if os.path.isdir(place) else []
    except OSError as problem:
        raise InputError(f"{place}: cannot be listed: {problem.strerror}") from problem
