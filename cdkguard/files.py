"""Files replaced whole or not at all, in folders where somebody else may have put links."""

from __future__ import annotations

import os
from contextlib import suppress

_STREAMS = ("/dev/", "/proc/")


def replace(path: str, content: str | bytes) -> None:
    """Give a file this content; a link of its name is replaced, not followed. Raises OSError or UnicodeError.

    The temporary file's name cannot be known before, and it is made only where nothing of that name is, so that no link
    lies in wait for it. What is no file (a pipe, `/dev/stdout`) is written to as it is.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    if is_stream(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    temporary = f"{path}.{os.urandom(6).hex()}.part"
    handle = open(temporary, "xb")  # noqa: SIM115 - what is not ours must not be removed below
    try:
        with handle:
            handle.write(data)
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C, too
        with suppress(OSError):
            os.unlink(temporary)
        raise


def is_stream(path: str) -> bool:
    """Whether the path is a pipe or device, or a name that the system gives one: as root, renaming would destroy it."""
    if os.path.abspath(path).startswith(_STREAMS):
        return True
    return os.path.exists(path) and not os.path.islink(path) and not os.path.isfile(path)
