"""Writes the tables of a result, row by row, and the digest of what was judged."""

from __future__ import annotations

import hashlib

from cdkguard.audit.results.compare import Compared, Event
from cdkguard.audit.results.folder import Folder
from cdkguard.audit.results.line_files import TableWriter
from cdkguard.audit.results.rows import FORMER, TABLES, complete_line, table_of, write_former, write_line
from cdkguard.outputs.audit.record import FormerRow
from cdkguard.outputs.audit.summary import ResultFile


class Writing:
    """The tables of a result."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._tables = {table: TableWriter(folder, table) for table in (*TABLES, FORMER)}
        self._judged = {table: LineDigest() for table in TABLES}

    def add(self, event: Event) -> None:
        """Another row."""
        if isinstance(event, FormerRow):
            self._tables[FORMER].add(write_former(event))
            return
        if isinstance(event, Compared):
            table, judged = "findings", event.line
            line = complete_line(judged, event.row.first_seen, event.row.change)
        else:
            table = table_of(event)
            line = judged = write_line(event)
        self._judged[table].add(judged)
        self._tables[table].add(line)

    def digest(self) -> str:
        """Of what was judged and not read, without first_seen and change."""
        return hashlib.sha256("".join(one.hexdigest() for one in self._judged.values()).encode()).hexdigest()

    def close(self) -> tuple[ResultFile, ...]:
        """Write what is open, and remove what an earlier try left behind; returns the files of all tables."""
        for table in self._tables.values():
            table.close()
        found = tuple(file for table in self._tables.values() for file in table.files)
        names = {file.name for file in found}
        left = [name for table in self._tables for name in self._folder.names(f"{table}/") if name not in names]
        self._folder.remove(left)
        return found


class LineDigest:
    """The SHA-256 of lines, some hundred at a time."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """Another line."""
        self._lines.append(line)
        if len(self._lines) == 256:
            self._update()

    def _update(self) -> None:
        self._digest.update("".join(f"{line}\n" for line in self._lines).encode())
        self._lines.clear()

    def hexdigest(self) -> str:
        """Of all lines."""
        self._update()
        return self._digest.hexdigest()
