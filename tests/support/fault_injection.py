"""Makes the k-th call to the outside fail, for each k: what a run calls is counted in a good run, not listed by hand.

A run is `cdkguard.__main__.run` in a forked process: it starts warm, has real file descriptors and signals, and what it
leaves behind (processes, temporary folders, half files) can be counted from outside.
"""

import builtins
import contextlib
import errno
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from tests.support import sampling

WIDE = sampling.WHOLE  # every call and every fault of it, instead of a sample
Photo = dict[str, bytes | str | None]  # path -> bytes, where a link leads, or None of a folder
SECONDS = 20.0  # after which a run hangs
_ERRORS = {
    "stat": ("EACCES", "EIO", "ELOOP"),
    "list": ("EACCES", "EIO", "ENOENT"),
    "open": ("EACCES", "ENOENT", "EIO", "EMFILE"),
    "read": ("EIO", "short"),
    "create": ("EACCES", "ENOSPC", "EROFS"),
    "write": ("ENOSPC", "EIO"),
    "close": ("ENOSPC", "EDQUOT"),
    "replace": ("EACCES", "ENOSPC", "EIO"),
    "remove": ("EACCES", "EIO"),
    "mkdir": ("ENOSPC", "EACCES"),
    "link": ("EACCES", "ENOSPC"),
    "spawn": ("EAGAIN", "ENOMEM"),
    "fork": ("EAGAIN", "ENOMEM"),
    "pipe": ("EMFILE",),
    "connect": ("ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT"),
}
SIGNALS = {"ctrl-c": signal.SIGINT, "terminated": signal.SIGTERM}
STATUS_OF = {"ctrl-c": (130, -signal.SIGINT), "terminated": (143, -signal.SIGTERM)}


class Aim(NamedTuple):
    """Which call fails, and how."""

    kind: str  # of _ERRORS; "line": any line of cdkguard's code
    number: int  # of the call among those of its kind, from 0
    fault: str  # an errno's name, "short" (half of a file is read), or one of SIGNALS
    in_child: bool = False  # in the worker processes instead of the first one


class World:
    """Stands in front of the calls to the outside, counts them by kind, and lets one of them fail."""

    def __init__(self, aim: Aim | None, log: int) -> None:
        self.aim, self.log, self.first = aim, log, os.getpid()
        self.counts: dict[str, int] = {}
        self.lock = threading.Lock()

    def meets(self, kind: str, name: str) -> bool:
        """Whether the call is to be cut short; raises where it fails."""
        with self.lock:
            index = self.counts.get(kind, 0)
            self.counts[kind] = index + 1
        aim = self.aim
        if aim is None:
            os.write(self.log, f"{kind}\t{name}\n".encode("utf-8", "surrogatepass"))
            return False
        if (kind, index) != (aim.kind, aim.number) or (os.getpid() != self.first) is not aim.in_child:
            return False
        os.write(self.log, f"{kind}\t{name}\n".encode("utf-8", "surrogatepass"))
        if aim.fault in SIGNALS:
            signal.raise_signal(SIGNALS[aim.fault])
            return False
        if aim.fault == "short":
            return True
        number = getattr(errno, aim.fault)
        # As the system's own: what has no name (a read, a write) is raised without one.
        named = () if kind in ("read", "write", "close", "spawn", "fork", "pipe", "connect") else (name,)
        raise OSError(number, os.strerror(number), *named)

    def install(self) -> None:
        """Takes the place of the functions; for the rest of this process's life."""
        self._replace(os, "stat", "stat")
        self._replace(os, "lstat", "stat")
        self._replace(os, "scandir", "list")
        self._replace(os, "listdir", "list")
        for name in ("rename", "replace"):
            self._replace(os, name, "replace")
        for name in ("unlink", "remove", "rmdir"):
            self._replace(os, name, "remove")
        self._replace(os, "mkdir", "mkdir")
        for name in ("symlink", "link", "readlink"):
            self._replace(os, name, "link")
        self._replace(os, "fork", "fork")
        self._replace(os, "pipe", "pipe")
        self._replace(subprocess, "_fork_exec", "spawn")
        self._replace(socket.socket, "connect", "connect")
        self._replace(os, "open", lambda _path, flags=0, *_more, **_named: "create" if flags & os.O_CREAT else "open")
        builtins.open = io.open = self._open

    def _replace(self, owner: Any, name: str, kind: str | Callable[..., str]) -> None:
        real = getattr(owner, name)

        def instead(*arguments: Any, **named: Any) -> Any:
            told = kind if isinstance(kind, str) else kind(*arguments, **named)
            self.meets(told, _shown(arguments[-1] if told == "replace" else arguments[0] if arguments else ""))
            return real(*arguments, **named)

        setattr(owner, name, instead)

    def _open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """As the built-in, on a raw file whose reads and writes can fail."""
        writes = any(letter in mode for letter in "wax+")
        name = _shown(file)
        if not isinstance(file, int):
            self.meets("create" if writes else "open", name)
        raw = _Raw(self, name, file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        buffered = (io.BufferedRandom if "+" in mode else io.BufferedWriter if writes else io.BufferedReader)(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)


class _Raw(io.FileIO):
    """A file of which a read, a write or the end can fail, as they do in the system: half-way, and without a name."""

    def __init__(self, world: World, shown: str, file: Any, mode: str, closefd: bool, opener: Any) -> None:
        super().__init__(file, mode, closefd, opener)
        self.world, self.shown, self.ended = world, shown, False

    def readall(self) -> bytes:
        cut = self.ended or self.world.meets("read", self.shown)
        data = super().readall()
        return self._half(data) if cut else data

    def readinto(self, buffer: Any) -> int:
        if self.ended:
            return 0
        cut = self.world.meets("read", self.shown)
        count = super().readinto(buffer)
        if cut:
            self.ended = True
            return (count or 0) // 2
        return count

    def _half(self, data: bytes) -> bytes:
        first = b"" if self.ended else data[: len(data) // 2]
        self.ended = True
        return first

    def write(self, data: Any) -> int:
        if len(data) > 1:
            try:
                self.world.meets("write", self.shown)
            except OSError:
                super().write(bytes(data)[: len(data) // 2])
                raise
        return super().write(data)

    def close(self) -> None:
        if not self.closed and self.writable():
            try:
                self.world.meets("close", self.shown)
            finally:
                super().close()
        super().close()


def _shown(name: object) -> str:
    if isinstance(name, bytes):
        return os.fsdecode(name)
    return str(name) if isinstance(name, str | os.PathLike) else f"<{type(name).__name__}>"


# -- one run


class Outcome(NamedTuple):
    """What a run left: its status (negative: ended by that signal), what it said, and what it met."""

    status: int
    out: str
    err: str
    calls: tuple[tuple[str, str], ...]  # (kind, name): of a good run all of them, else the one that failed
    left: tuple[str, ...] = ()  # processes that are still there


def start(
    folder: Path,
    argv: Sequence[str],
    environment: Mapping[str, str],
    aim: Aim | None = None,
    lines: bool | None = None,
) -> Outcome:
    """Run the command in a forked process with `folder` as its current one, and wait for all that it started."""
    mark = uuid.uuid4().hex
    streams = [folder.parent / f".{name}-{mark}" for name in ("out", "err", "calls")]
    handles = [os.open(path, os.O_RDWR | os.O_CREAT) for path in streams]
    pid = os.fork()
    if pid == 0:
        _live(folder, argv, {**environment, "CDKGUARD_TEST_MARK": mark}, aim, lines, handles)
    try:
        status = _waited(pid)
        left = _left(pid, mark)
        texts = [_text(handle) for handle in handles]
    finally:
        for handle, path in zip(handles, streams, strict=True):
            os.close(handle)
            path.unlink()
    pairs = (line.partition("\t") for line in texts[2].splitlines() if "\t" in line)
    calls = tuple((kind, name) for kind, _tab, name in pairs)
    return Outcome(status, texts[0], texts[1], calls, left)


def _text(handle: int) -> str:
    with open(os.dup(handle), "rb") as stream:
        stream.seek(0)
        return stream.read().decode("utf-8", "replace")


def _live(
    folder: Path,
    argv: Sequence[str],
    environment: Mapping[str, str],
    aim: Aim | None,
    lines: bool | None,
    handles: Sequence[int],
) -> NoReturn:
    """The child's whole life."""
    status = 99
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDONLY)
        for handle, stream in ((null, 0), (handles[0], 1), (handles[1], 2)):
            os.dup2(handle, stream)
        sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.FileIO(1, "w"), "utf-8", write_through=False)  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = io.TextIOWrapper(io.FileIO(2, "w"), "utf-8", line_buffering=True)  # type: ignore[misc]
        sys.argv = ["cdkguard", *argv]
        _forget()
        from cdkguard.__main__ import run

        if aim is None or aim.kind != "line":
            World(aim, handles[2]).install()
        try:
            if lines is not None or (aim is not None and aim.kind == "line"):
                _trace(aim, handles[2])
            run()
        except SystemExit as end:
            sys.settrace(None)
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            sys.stdout.flush()
        except BaseException:
            sys.settrace(None)
            traceback.print_exc()
            status = 98
    except BaseException:
        os.write(handles[1], traceback.format_exc().encode())
    finally:
        os._exit(status)


def _forget() -> None:
    """What is read once for each process."""
    import tempfile

    tempfile.tempdir = None
    for name, module in list(sys.modules.items()):
        if name.startswith("cdkguard"):
            for thing in list(vars(module).values()):
                clear = getattr(thing, "cache_clear", None)
                if clear is not None:
                    clear()


def _trace(aim: Aim | None, log: int) -> None:
    """Counts the lines of cdkguard's own code, and of the library code that makes and removes; one is interrupted."""
    met, first = 0, os.getpid()
    places = (os.path.join("", "cdkguard", ""), "contextlib.py", "tempfile.py", "shutil.py", "subprocess.py")

    def watch(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal met
        if not any(place in frame.f_code.co_filename for place in places):
            return None
        if event == "line":
            if aim is not None and met == aim.number and os.getpid() == first:
                sys.settrace(None)
                met += 1
                os.write(log, f"line\t{frame.f_code.co_filename}:{frame.f_lineno}\n".encode())
                signal.raise_signal(SIGNALS[aim.fault])
            met += 1
            if aim is None and met % 1000 == 0:
                os.write(log, b"line\t1000\n")
        return watch

    sys.settrace(watch)


def _waited(pid: int) -> int:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGALRM  # it hangs


def _left(session: int, mark: str) -> tuple[str, ...]:
    """The processes of the run that are still there a moment after it: of its session, or with its mark."""
    deadline = time.monotonic() + 1.0
    while True:
        found = list(_processes(session, mark))
        if not found or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    for pid, _words in found:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return tuple(words for _pid, words in found)


def _processes(session: int, mark: str) -> Iterator[tuple[int, str]]:
    if not os.path.isdir("/proc/self"):
        return
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as handle:
                fields = handle.read().rpartition(b")")[2].split()
            if fields[0] in (b"Z", b"X"):
                continue
            own = int(fields[3]) == session
            if not own:
                with open(f"/proc/{entry}/environ", "rb") as handle:
                    own = mark.encode() in handle.read()
            if own:
                with open(f"/proc/{entry}/cmdline", "rb") as handle:
                    yield int(entry), handle.read().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue


# -- what is where


def photograph(folder: Path) -> Photo:
    """Path -> bytes (or where a link leads) of all that is in a folder."""
    found: Photo = {}
    for directory, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = os.path.join(directory, name)
            if os.path.islink(path):
                found[path] = os.readlink(path)
            elif name in names:
                with open(path, "rb") as handle:
                    found[path] = handle.read()
            else:
                found[path] = None
    return found


def restore(folder: Path, photo: Photo) -> None:
    """Make the folder what it was."""
    now = photograph(folder)
    for path in sorted(set(now) - set(photo), reverse=True):
        if now[path] is None:
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
    for path, content in photo.items():
        if now.get(path, path) == content:
            continue
        if content is None:
            os.makedirs(path, exist_ok=True)
        elif isinstance(content, bytes):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(path).write_bytes(content)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            os.symlink(content, path)


# -- which calls fail


def aims(good: Outcome, kinds: Iterable[str], some: int, seed: str = "", in_child: bool = False) -> list[Aim]:
    """Every call of a good run with every fault of its kind; a sample of `some` of them unless WIDE."""
    counts: dict[str, int] = {}
    for kind, _name in good.calls:
        counts[kind] = counts.get(kind, 0) + 1
    found = []
    for kind in kinds:
        for index in range(counts.get(kind, 0)):
            found += [Aim(kind, index, fault, in_child) for fault in (*_ERRORS[kind],)]
    return _sample(found, some, seed)


def interruptions(good: Outcome, fault: str, some: int, seed: str = "") -> list[Aim]:
    """A signal in front of every call of a good run."""
    counts: dict[str, int] = {}
    found = []
    for kind, _name in good.calls:
        found.append(Aim(kind, counts.get(kind, 0), fault))
        counts[kind] = counts.get(kind, 0) + 1
    return _sample(found, some, seed)


def lines(good: Outcome, fault: str, some: int, seed: str = "") -> list[Aim]:
    """A signal before lines of the code, spread over the run."""
    count = 1000 * (1 + sum(kind == "line" for kind, _name in good.calls))
    return [Aim("line", int(count * (at + _share(seed, at)) / some), fault) for at in range(some)]


def _share(seed: str, at: int) -> float:
    return random.Random(f"{seed}{at}").random()


def _sample(found: list[Aim], some: int, seed: str) -> list[Aim]:
    """Spread evenly over the run, so that its beginning and its end are met."""
    if WIDE or len(found) <= some:
        return found
    return [found[int((at + _share(seed, at)) * len(found) / some)] for at in range(some)]
