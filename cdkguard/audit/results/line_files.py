"""Lines of JSON in gzip: the same lines always give the same bytes; what is torn is noticed."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator

from cdkguard.audit.results.folder import Folder
from cdkguard.errors import InputError
from cdkguard.outputs.audit.summary import ResultFile

ENDING = ".jsonl.gz"
MOST_ROWS = 100_000  # Of one file: 3 to 6 MB, so that readers work side by side and a write needs little memory.
_LEVEL = 6
_PACKED = 256  # Lines at once: one call for each costs as much as packing them.


class LineFile:
    """Lines that are packed as they come."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._zip = gzip.GzipFile(filename="", mode="wb", fileobj=self._bytes, compresslevel=_LEVEL, mtime=0)
        self._lines: list[str] = []
        self.rows = 0

    def add(self, line: str) -> None:
        """Another line, which holds no line break."""
        self._lines.append(line)
        self.rows += 1
        if len(self._lines) == _PACKED:
            self._pack()

    def _pack(self) -> None:
        self._zip.write("".join(f"{line}\n" for line in self._lines).encode())
        self._lines.clear()

    def close(self) -> bytes:
        """The whole file."""
        self._pack()
        self._zip.close()
        return self._bytes.getvalue()


def read_lines(content: bytes, where: str) -> Iterator[str]:
    """The lines of a file. Raises InputError, which names `where`, where the file is torn or something else."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content), mode="rb") as unzipped:
            for line in io.TextIOWrapper(unzipped, encoding="utf-8", newline="\n"):
                yield line.rstrip("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise InputError(f"{where}: is damaged: {problem}") from problem


def is_whole(content: bytes) -> bool:
    """Whether a file is there to its last byte: its own check sum says so."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content), mode="rb") as unzipped:
            while unzipped.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return bool(content)


class TableWriter:
    """A table of any length, as numbered files of at most MOST_ROWS rows."""

    def __init__(self, folder: Folder, table: str, most: int = MOST_ROWS) -> None:
        self._folder, self._table, self._most = folder, table, most
        self._open: LineFile | None = None
        self.files: list[ResultFile] = []

    def add(self, line: str) -> None:
        """Another row."""
        if self._open is None:
            self._open = LineFile()
        self._open.add(line)
        if self._open.rows == self._most:
            self.close()

    def close(self) -> None:
        """Write what is open."""
        if self._open is None:
            return
        content, rows = self._open.close(), self._open.rows
        name = f"{self._table}/{len(self.files):05}{ENDING}"
        self._folder.write(name, content)
        self.files.append(ResultFile(name, rows, hashlib.sha256(content).hexdigest()))
        self._open = None
