"""Where a result is kept: a folder or an S3 prefix, with one part for each unit of work until the audit is finished."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cdkguard._typing import Protocol
from cdkguard.outputs.audit.record import Row, RunHeader


class Store(Protocol):
    """A result that is being written.

    A unit's id is `ACCOUNT/REGION/NAME`, with `-` for the region where the account was not read; its rows are of that
    account and region. Name a unit by what it holds (a digest of its stack ids and update times), so that a resumed audit
    does not take the part of other stacks for its own.
    """

    def begin(self, header: RunHeader, resume: bool = False) -> RunHeader:
        """Keep the header; of a resumed audit returns that of its beginning.

        Raises ConfigError where the place holds a finished audit, or an unfinished one that is not to be resumed or was
        begun with other rules or another version of cdkguard.
        """
        ...

    def parts_present(self) -> frozenset[str]:
        """The ids of the units whose part is whole."""
        ...

    def write_part(self, unit_id: str, rows: Iterable[Row]) -> None:
        """Write the rows of a unit in any order, whole or not at all; the same rows always give the same bytes."""
        ...

    def finish(self, header: RunHeader, units: Collection[str] | None = None) -> None:
        """Merge the parts of these units (None: of all) into the result, and write run.json last."""
        ...
