"""A finished result: its record, its rows, and the whole of it summed up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from cdkguard.audit.results.compare import Compared, Event, compare_audits, pass_through
from cdkguard.audit.results.folder import Folder, open_folder
from cdkguard.audit.results.gathered import gather_results, name_some
from cdkguard.audit.results.places import read_file, read_result_places, read_table
from cdkguard.audit.results.rows import FORMER
from cdkguard.audit.results.run_file import MOST_HISTORY, read_run
from cdkguard.audit.results.tally import Tally
from cdkguard.errors import InputError
from cdkguard.outputs.audit.record import FormerRow
from cdkguard.outputs.audit.summary import Audit, RunRecord, Summary


def open_result(place: str) -> Result:
    """The result in a folder or at `s3://BUCKET/PREFIX`. Raises InputError where there is none, or an unfinished one."""
    gathered = gather_results(place)
    held = tuple(folder.place for _name, folder in gathered.finished)
    if held != (place,):
        raise InputError(
            f"{place}: holds no audit itself: name one of those in it ({name_some((*held, *gathered.unfinished))})"
        )
    return Result(open_folder(place))


class Result:
    """A finished result; what is damaged raises InputError when it is read."""

    def __init__(self, folder: Folder, run: RunRecord | None = None) -> None:
        self.folder = folder
        self.run = run if run is not None else read_run(folder)

    def verify(self) -> None:
        """Raises InputError where a file is missing, cut short or changed."""
        for file in self.run.files:
            read_file(self.folder, file)

    def rows(self, table: str) -> Iterator[Any]:
        """The rows of a table, in order."""
        return (row for row, _line in read_table(self.folder, self.run, table))

    def summarize(self, fail_on: str | None = None, gate: str | None = None) -> Summary:
        """All of it, counted anew; for another `fail_on` or `gate` other findings decide."""
        made = self.run.header
        header = made._replace(fail_on=fail_on or made.fail_on, gate=gate or made.gate)
        tally = Tally(header, bool(self.run.history))
        places = read_result_places(self.folder, self.run, with_kept=False)
        for _event in tally.count(chain(pass_through(places, made.started), self.rows(FORMER))):
            pass
        return tally.summarize(self.run._replace(header=header, counts=tally.counts))

    def audit(self, summary: Summary | None = None, fail_on: str | None = None, gate: str | None = None) -> Audit:
        """For renderers; counted anew where it is not summed up yet."""
        return Audit(
            summary or self.summarize(fail_on, gate),
            lambda: self.rows("findings"),
            lambda: self.rows(FORMER),
            lambda: self.rows("unread"),
            self.folder.place,
        )


def diff_results(old: Result, new: Result, fail_on: str, gate: str) -> Audit:
    """The new result beside the old one, whatever it was compared with when it was made."""
    header = new.run.header._replace(fail_on=fail_on, gate=gate)

    def compare() -> Iterator[Event]:
        before = read_result_places(old.folder, old.run, with_kept=True)
        after = read_result_places(new.folder, new.run, with_kept=False)
        return compare_audits(before, after, old.run.header, header)

    tally = Tally(header, is_compared=True)
    for _event in tally.count(compare()):
        pass
    history = (*old.run.history, old.run.point)[-MOST_HISTORY:]
    run = new.run._replace(header=header, counts=tally.counts, history=history)
    return Audit(
        tally.summarize(run),
        lambda: (event.row for event in compare() if isinstance(event, Compared)),
        lambda: (event for event in compare() if isinstance(event, FormerRow)),
        lambda: new.rows("unread"),
        new.folder.place,
    )
