"""Yarn's Plug'n'Play, shared with another revision's work tree: a file says where each package lies, there is no node_modules.

https://yarnpkg.com/advanced/pnp-spec
"""

from __future__ import annotations

import os
import re
import shutil

from cdkguard.baselines.package_folders import read_if_there
from cdkguard.system import files

_DATA = (".pnp.cjs", ".pnp.data.json")  # the files that hold places
_FILES = (*_DATA, ".pnp.loader.mjs")
_YARNS = ("releases", "plugins", "install-state.gz")  # of .yarn: what Yarn itself needs to run a command
_PLACE = re.compile(r'("packageLocation":\s*")([^"]+)(")')


def has_plug_and_play(folder: str) -> bool:
    """Whether the packages of a folder are installed by Plug'n'Play."""
    return os.path.isfile(os.path.join(folder, ".pnp.cjs"))


def share_plug_and_play(own: str, other: str) -> None:
    """Give the folder `other` the packages of `own`; those of the repository itself stay the other revision's."""
    if not has_plug_and_play(own):
        return
    for name in _FILES:
        source, target = os.path.join(own, name), os.path.join(other, name)
        if os.path.isfile(source) and not os.path.lexists(target):
            shutil.copy(source, target)  # a link would lead to the packages of now: places are relative to the file
    for name in _DATA:
        path = os.path.join(other, name)
        raw = read_if_there(path)
        if raw is not None:
            text = raw.decode("utf-8", "surrogateescape")
            moved = _PLACE.sub(lambda found: found[1] + _move_place(found[2], own, other) + found[3], text)
            files.write(path, moved.encode("utf-8", "surrogateescape"))
    for name in _YARNS:
        source, target = os.path.join(own, ".yarn", name), os.path.join(other, ".yarn", name)
        if os.path.exists(source) and not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(source, target)


def _move_place(place: str, own: str, other: str) -> str:
    """The place of an installed package, as the folder `other` names it, where it is not in `other` itself."""
    if "/node_modules/" not in place or _is_there(os.path.join(other, place)):
        return place
    return os.path.relpath(os.path.join(own, place), other).replace(os.sep, "/") + "/"


def _is_there(path: str) -> bool:
    archive, zipped, _inside = path.partition(".zip/")
    return os.path.exists(f"{archive}.zip" if zipped else path)
