"""A result that is being written: one part for each unit of work, merged when the audit is finished."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cdkguard.audit.results import begun_file
from cdkguard.audit.results.compare import compare_audits, pass_through
from cdkguard.audit.results.folder import Folder, LocalFolder, open_folder
from cdkguard.audit.results.line_files import ENDING, LineFile, is_whole
from cdkguard.audit.results.places import (
    MARKS,
    PARTS,
    part_name,
    place_of,
    read_part_places,
    read_result_places,
    unit_of,
)
from cdkguard.audit.results.result import Result
from cdkguard.audit.results.rows import TABLES, sort_key, table_of, write_line
from cdkguard.audit.results.run_file import BEGUN, MOST_HISTORY, RUN, write_run
from cdkguard.audit.results.tally import Tally
from cdkguard.audit.results.writing import Writing
from cdkguard.errors import InputError
from cdkguard.outputs.audit.record import Row, RunHeader
from cdkguard.outputs.audit.summary import Audit, RunRecord
from cdkguard.text.regexes import lazy_pattern

_UNIT = lazy_pattern(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")


def open_store(out: str) -> Store:
    """The store of a folder or of `s3://BUCKET/PREFIX`. Raises ConfigError for a place that is none."""
    return Store(open_folder(out))


class Store:
    """A result that is being written.

    A unit's id is `ACCOUNT/REGION/NAME`, with `-` for the region where the account was not read; its rows are of that
    account and region. Name a unit by what it holds (a digest of its stack ids and update times), so that a resumed audit
    does not take the part of other stacks for its own.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def begin(self, header: RunHeader, resume: bool = False) -> RunHeader:
        """Keep the header; of a resumed audit returns that of its beginning.

        Raises ConfigError where the place holds a finished audit, or an unfinished one that is not to be resumed or was
        begun with other rules or another version of cdkguard.
        """
        return begun_file.begin(self.folder, header, resume)

    def parts_present(self) -> frozenset[str]:
        """The ids of the units whose part is whole; one that was torn by a crash of the machine is not."""
        names = [name for name in self.folder.names(PARTS) if name.endswith(ENDING)]
        if isinstance(self.folder, LocalFolder):
            names = [name for name in names if is_whole(self.folder.read(name) or b"")]
        return frozenset(map(unit_of, names))

    def write_part(self, unit_id: str, rows: Iterable[Row]) -> None:
        """Write the rows of a unit in any order, whole or not at all; the same rows always give the same bytes."""
        place = _check_unit(unit_id)
        tables: dict[str, list[tuple[object, str]]] = {table: [] for table in TABLES}
        for row in rows:
            if (row.account, row.region) != place:
                raise ValueError(f"unit {unit_id}: a row of account {row.account}, region {row.region or '-'}")
            tables[table_of(row)].append((sort_key(row), write_line(row)))
        marks = {table: mark for mark, table in MARKS.items()}
        part = LineFile()
        for table, lines in tables.items():
            part.add(marks[table])
            for _key, line in sorted(lines, key=lambda pair: (pair[0], pair[1])):
                part.add(line)
        self.folder.write(part_name(unit_id), part.close())

    def finish(self, header: RunHeader, units: Collection[str] | None = None, since: str | None = None) -> Audit:
        """Merge the parts of these units (None: of all) into the result, compare it with the one at `since`, and write
        run.json last; returns the result, summed up.

        Raises InputError where a part is missing or damaged, or where the last audit cannot be read.
        """
        if self.folder.read(RUN) is not None:
            raise InputError(f"{self.folder.place}: another audit was finished there meanwhile: begin another one")
        last = Result(open_folder(since)) if since is not None else None
        parts = read_part_places(self.folder, self.parts_present() if units is None else units)
        history = (*last.run.history, last.run.point)[-MOST_HISTORY:] if last is not None else ()
        events = (
            pass_through(parts, header.started)
            if last is None
            else compare_audits(
                read_result_places(last.folder, last.run, with_kept=True), parts, last.run.header, header
            )
        )
        tally = Tally(header, last is not None)
        written = Writing(self.folder)
        for event in tally.count(events):
            written.add(event)
        run = RunRecord(header, tally.counts, written.digest(), written.close(), history)
        write_run(self.folder, run)
        self._remove_parts()
        self.close()
        return Result(self.folder, run).audit(tally.summarize(run))

    def close(self) -> None:
        """Let others write there; an audit that is not finished can be resumed."""
        self.folder.let_go()

    def _remove_parts(self) -> None:
        self.folder.remove([*self.folder.names(PARTS), BEGUN])


def _check_unit(unit_id: str) -> tuple[str, str]:
    """(account, region or "") of a unit's id. Raises ValueError for one that could be the name of another file."""
    if not _UNIT.match(unit_id) or any(not part.strip(".") for part in unit_id.split("/")):
        raise ValueError(f"{unit_id!r} is no id of a unit: ACCOUNT/REGION/NAME")
    return place_of(unit_id)
