"""The folders that a client has opened, and the paths of its calls inside of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cdkguard.errors import InputError
from cdkguard.servers.configuration import is_inside
from cdkguard.system import files

_LONGEST = 4096


def folders_of_roots(addresses: Iterable[str]) -> tuple[str, ...]:
    """The real paths of a client's roots; those that name no folder of this machine are left out."""
    found = []
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme == "file" and parts.netloc in ("", "localhost"):
            path = url2pathname(parts.path)
            if os.path.isabs(path) and files.is_possible_name(path):
                found.append(os.path.realpath(path))
    return tuple(dict.fromkeys(found))


def find_inside(path: str, folders: tuple[str, ...]) -> str:
    """The real path of what a client names, which must lie in one of its folders. Raises InputError.

    Links and `..` are followed first, and what lies elsewhere is not looked at.
    """
    if not folders:
        raise InputError("the client has opened no folder of this machine, so no path may be read")
    if not path or len(path) > _LONGEST or not path.isprintable() or not files.is_possible_name(path):
        raise InputError("path is empty, too long, or holds characters that no path has")
    if not os.path.isabs(path) and len(folders) > 1:
        raise InputError(f"the client has opened {len(folders)} folders: give an absolute path")

    real = os.path.realpath(os.path.join(folders[0], path))
    if not is_inside(real, folders):
        raise InputError(f"{path} is outside of the folders that the client has opened: {', '.join(folders[:3])}")
    if not os.path.lexists(real):
        raise InputError(f"{path}: there is no such file or folder")
    return real
