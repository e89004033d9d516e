"""Files and folders: an error names its file, and never passes for a missing file or for a part of one.

`os.path.exists` says no where it cannot look, and `open` gives what it read before a disk failed; a guardrail would then
judge less than there is.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator

from cdkguard._typing import Any

_ABSENT = (errno.ENOENT, errno.ENOTDIR)
_STREAMS = ("/dev/", "/proc/")


def exists(path: str) -> bool:
    """Whether the path exists; raises OSError where that cannot be seen, and for a link to nothing."""
    return _kind(path) is not None


def is_file(path: str) -> bool:
    """Whether the path is a file; raises OSError as `exists` does."""
    kind = _kind(path)
    return kind is not None and stat.S_ISREG(kind)


def is_folder(path: str) -> bool:
    """Whether the path is a folder; raises OSError as `exists` does."""
    kind = _kind(path)
    return kind is not None and stat.S_ISDIR(kind)


def _kind(path: str) -> int | None:
    """The file's mode, None where there is no such file."""
    try:
        return os.stat(path).st_mode
    except ValueError as problem:  # a null byte
        raise OSError(errno.EINVAL, str(problem), path) from problem
    except OSError as problem:
        if problem.errno not in _ABSENT:
            raise
        if os.path.islink(path):
            raise OSError(errno.ENOENT, "is a link to nothing", path) from problem
        return None


def read_bytes(path: str, most: int = -1) -> bytes:
    """The whole file, or its first `most` bytes; raises OSError that names the file, also where less of it can be read."""
    with _open(path) as handle:
        try:
            size = os.fstat(handle.fileno()).st_size
            # A read sets aside as much memory as it asks for: no more than there is, unless the file grows meanwhile.
            first = size + 1 if 0 < size < most else most
            found: bytes = handle.read(first)
            if first != most and len(found) == first:
                found += handle.read(most - first)
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, path) from problem
    if len(found) < (size if most < 0 else min(size, most)):
        raise OSError(errno.EIO, "was cut short while it was read", path)
    return found


def _open(path: str) -> Any:
    try:
        return open(path, "rb")
    except ValueError as problem:  # a null byte
        raise OSError(errno.EINVAL, str(problem), path) from problem


def read_text(path: str) -> str:
    """The whole file as text, without a byte-order mark and with plain line ends; raises OSError, UnicodeDecodeError."""
    return read_bytes(path).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def walk(folder: str, links: bool = False) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, but raises OSError for a folder that cannot be listed, which `os.walk` passes over."""
    return os.walk(folder, onerror=_raise, followlinks=links)


def _raise(problem: OSError) -> None:
    raise problem


def relative(path: str, base: str) -> str:
    """The path relative to the folder `base` where it lies below it, else as it is."""
    absolute = os.path.abspath(path)
    try:
        inside = os.path.commonpath([absolute, os.path.abspath(base)]) == os.path.abspath(base)
    except ValueError:  # another drive
        inside = False
    return os.path.relpath(absolute, base) if inside else path


def is_possible_name(name: str) -> bool:
    """Whether a file can have this name or path: JSON has texts that no system call takes."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def write(path: str, content: str | bytes) -> None:
    """Give a file this content, whole or not at all, whatever happens meanwhile.

    A link is replaced, not followed. The content is first written to a temporary file beside it, whose name nobody can
    guess, so that no link can lie in wait for it. A pipe or device (`/dev/stdout`) is written to directly. Raises OSError
    that names the file, or UnicodeError.
    """
    from cdkguard.system.interrupts import exit_on_termination, hold_signals

    data = content if isinstance(content, bytes) else content.encode("utf-8")
    try:
        if is_stream(path):
            with open(path, "wb") as stream:
                stream.write(data)
            return
        with exit_on_termination(), hold_signals():
            _replace(path, f"{path}.{os.urandom(6).hex()}.part", (data,))
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, path) from problem


def _replace(path: str, temporary: str, pieces: Iterable[bytes]) -> None:
    handle = open(temporary, "xb")  # noqa: SIM115 - a file that we did not make must not be removed below
    try:
        with handle:
            handle.writelines(pieces)
        if os.path.isfile(path) and not os.path.islink(path):  # whoever could not read it still cannot
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        from contextlib import suppress  # Most runs write nothing.

        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_pieces(path: str, pieces: Iterable[str]) -> None:
    """As `write`, for content of any size, which is never in memory as a whole; what the pieces raise comes through."""
    from cdkguard.system.interrupts import exit_on_termination

    if is_stream(path):
        with open(path, "wb") as stream:
            stream.writelines(piece.encode("utf-8") for piece in pieces)
        return
    with exit_on_termination():
        _replace(path, f"{path}.{os.urandom(6).hex()}.part", (piece.encode("utf-8") for piece in pieces))


def is_stream(path: str) -> bool:
    """Whether the path is a pipe or device, which root would destroy by replacing it."""
    if os.path.abspath(path).startswith(_STREAMS):
        return True
    return os.path.exists(path) and not os.path.islink(path) and not os.path.isfile(path)


def append(path: str, content: bytes) -> None:
    """Add all of the content to the file or nothing; raises OSError that names it."""
    try:
        with open(path, "ab", buffering=0) as handle:
            size = handle.tell()
            try:
                left = memoryview(content)
                while left:
                    left = left[handle.write(left) :]
            except BaseException:
                from contextlib import suppress

                with suppress(OSError):
                    handle.truncate(size)
                raise
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, path) from problem
