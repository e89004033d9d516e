"""Files of the package itself where it is imported from an archive (a zip on the path, a pex), which no system call opens."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.system import files

_LOADER: Any = globals().get("__loader__")  # that of an archive has the archive's name, and reads any of its files


def is_archived(path: str) -> bool:
    """Whether the path lies in the archive that the package is imported from."""
    archive = getattr(_LOADER, "archive", None)
    return archive is not None and path.startswith(archive)


def read_own_bytes(path: str) -> bytes:
    """A file of the package, on the disk or in its archive; raises OSError."""
    return bytes(_LOADER.get_data(path)) if is_archived(path) else files.read_bytes(path)
