"""Synthesized assemblies of git revisions, kept in the user's cache folder.

An entry is a folder: the assembly without its assets, and a file with the digests of its files.
"""

from __future__ import annotations

import json
import os
import shutil

from cdkguard._typing import Json
from cdkguard.errors import InputError
from cdkguard.inputs.assembly import read_assembly
from cdkguard.system import files
from cdkguard.system.cache import cache_folder, make_cache_folder

MAX_ENTRIES = 20
FORMAT = "1"  # of an entry, to be part of its key
_DIGESTS, _ASSEMBLY = "digests.json", "assembly"


def entry_of(key: Json) -> str | None:
    """The folder of the entry for a key, which is all that the assembly depends on; None where there is no cache."""
    from hashlib import sha256

    root = cache_folder("baselines")
    digest = sha256(json.dumps(key, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    return os.path.join(root, digest[:40]) if root else None


def read_entry(entry: str) -> tuple[str, str] | None:
    """(folder of the assembly, work tree in which it was synthesized); None where the entry is missing or damaged."""
    assembled = os.path.join(entry, _ASSEMBLY)
    try:
        index = json.loads(files.read_text(os.path.join(entry, _DIGESTS)))
        if index["entry"] != os.path.basename(entry) or index["files"] != _digests_of(assembled):
            return None
        os.utime(os.path.join(entry, _DIGESTS))
        return assembled, str(index["tree"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digests_of(folder: str) -> dict[str, str]:
    """Path in the folder -> SHA-256 of the file."""
    from hashlib import sha256

    found = {}
    for directory, _folders, names in files.walk(folder):
        for name in names:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, folder)] = sha256(files.read_bytes(path)).hexdigest()
    return found


def write_entry(entry: str, out: str, tree: str, stacks: int) -> None:
    """Copy the assembly `out` into the cache, without its assets.

    `tree` is the work tree in which it was synthesized. An error leaves no entry, so that the next run synthesizes again.
    """
    temporary = f"{entry}.{os.getpid()}.tmp"
    try:
        make_cache_folder(os.path.dirname(entry))
        os.makedirs(temporary)
        copy = os.path.join(temporary, _ASSEMBLY)
        shutil.copytree(out, copy, symlinks=True, ignore=_names_not_read)
        if len(read_assembly(copy).stacks) != stacks:
            return
        index = {"entry": os.path.basename(entry), "tree": tree, "files": _digests_of(copy)}
        files.write(os.path.join(temporary, _DIGESTS), json.dumps(index).encode())
        shutil.rmtree(entry, ignore_errors=True)
        os.replace(temporary, entry)
        _remove_oldest(os.path.dirname(entry))
    except (OSError, InputError):
        pass
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _names_not_read(directory: str, names: list[str]) -> list[str]:
    """The files of an assembly that its reader does not need."""
    return [
        name for name in names
        if name.startswith(("asset.", "bundling-temp-", "tree.json", "error.txt")) or os.path.islink(os.path.join(directory, name))
    ]  # fmt: skip


def _remove_oldest(root: str) -> None:
    """Remove all entries but the MAX_ENTRIES that were used last."""
    found = []
    for name in os.listdir(root):
        if not name.endswith(".tmp"):
            try:
                found.append((os.stat(os.path.join(root, name, _DIGESTS)).st_mtime_ns, name))
            except OSError:
                found.append((0, name))
    for _used, name in sorted(found, reverse=True)[MAX_ENTRIES:]:
        shutil.rmtree(os.path.join(root, name), ignore_errors=True)
