"""run.json: written last, so that a place with one holds a whole result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cdkguard.audit.results.folder import Folder
from cdkguard.errors import InputError
from cdkguard.outputs.audit.record import AUDIT_VERSION, RuleEntry, RunHeader
from cdkguard.outputs.audit.summary import Counts, ResultFile, RunPoint, RunRecord
from cdkguard.text import escape

RUN = "run.json"
BEGUN = "begun.json"  # Of an audit that is not finished.
MOST_HISTORY = 100  # Audits before this one that are kept: a trend of two years, week by week.


def write_run(folder: Folder, run: RunRecord) -> None:
    """Write run.json, by which the result is whole."""
    document = {
        "audit_version": AUDIT_VERSION,
        **_header(run.header),
        "counts": run.counts._asdict(),
        "digest": run.digest,
        "files": [file._asdict() for file in run.files],
        "history": [point._asdict() | {"counts": point.counts._asdict()} for point in run.history[-MOST_HISTORY:]],
    }
    folder.write(RUN, f"{escape.json_text(document)}\n".encode())


def _header(header: RunHeader) -> dict[str, Any]:
    return {
        **header._asdict(),
        "accounts": dict(sorted(header.accounts.items())),
        "places": [list(place) for place in sorted(header.places)],
        "rules": [rule._asdict() for rule in sorted(header.rules)],
        "calls": dict(sorted(header.calls.items())),
    }


def read_run(folder: Folder) -> RunRecord:
    """The record of a result. Raises InputError where there is none, or an unfinished one, or one of another version."""
    content = folder.read(RUN)
    where = f"{folder.place}: {RUN}"
    if content is None:
        begun = folder.read(BEGUN) is not None
        why = "holds an audit that was not finished: `cdkguard audit run --resume`" if begun else "holds no audit"
        raise InputError(f"{folder.place}: {why} (no {RUN})")
    try:
        document = json.loads(content)
        version = str(document["audit_version"])
        if version.split(".")[0] != AUDIT_VERSION.split(".")[0]:
            raise InputError(
                f"{where}: of version {version}, and this cdkguard reads {AUDIT_VERSION}: install another one"
            )
        return RunRecord(
            make_header(document),
            _record(Counts, document["counts"]),
            str(document["digest"]),
            tuple(_record(ResultFile, file) for file in document["files"]),
            tuple(_point(point) for point in document["history"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise InputError(f"{where}: not what `cdkguard audit run` writes: {problem!r}") from problem


def make_header(document: Mapping[str, Any]) -> RunHeader:
    """The header of a document that `write_run` or `write_begun` has written."""
    header: RunHeader = _record(RunHeader, document)
    return header._replace(
        places=tuple((str(account), str(region)) for account, region in document["places"]),
        rules=tuple(_record(RuleEntry, rule) for rule in document["rules"]),
    )


def header_document(header: RunHeader) -> dict[str, Any]:
    """What `make_header` reads."""
    return _header(header)


def _point(document: Mapping[str, Any]) -> RunPoint:
    return RunPoint(
        str(document["started"]),
        str(document["version"]),
        str(document["rules_digest"]),
        _record(Counts, document["counts"]),
    )


def _record(kind: Any, document: Mapping[str, Any]) -> Any:
    """A record of the fields that the document has; one without a default must be there."""
    defaults = kind._field_defaults
    return kind._make([document[name] if name in document else defaults[name] for name in kind._fields])
