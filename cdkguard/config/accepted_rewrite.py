"""Rewrites a file of accepted findings whose fingerprints are of the old form, without the values at fault."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cdkguard.config.accepted import OLD_VERSION, is_of_old_version, make_row, read_entries, write_rows
from cdkguard.errors import BaselineError
from cdkguard.model import Finding
from cdkguard.text.sha256 import digest


def rewrite_accepted(path: str, findings: Sequence[Finding]) -> tuple[int, int]:
    """Write the entries that name exactly one of today's findings anew; (entries kept, entries dropped).

    An entry that covers several of them, or none, would accept what nobody has looked at. Raises BaselineError.
    """
    if not is_of_old_version(path):
        raise BaselineError(f"{path}:1: there is nothing to rewrite: no accepted findings of the old form")
    there = {entry["fingerprint"]: entry for entry in read_entries(path, OLD_VERSION)}
    old = [_old_fingerprint(finding) for finding in findings]
    times = Counter(old)
    rows = [make_row(f, there[o]) for f, o in zip(findings, old, strict=True) if o in there and times[o] == 1]
    write_rows(path, rows)
    return len(rows), len(there) - len(rows)


def find_accepted_of_old(path: str, findings: Sequence[Finding]) -> frozenset[str]:
    """The fingerprints of the findings that a file of the old form accepts; raises BaselineError."""
    there = {entry["fingerprint"] for entry in read_entries(path, OLD_VERSION)}
    return frozenset(finding.fingerprint for finding in findings if _old_fingerprint(finding) in there)


def _old_fingerprint(finding: Finding) -> str:
    """The fingerprint of version 1: without list indexes, and without eight hexadecimal digits of a logical id."""
    subject = finding.construct_path or re.sub(r"(?<=.)[0-9A-F]{8}\Z", "", finding.logical_id or "")
    place = finding.change or finding.looked_at or (finding.property_paths[0] if finding.property_paths else "")
    place = re.sub(r"\[[0-9]+\]", "[]", place)
    return digest("\0".join((finding.rule_id, finding.stack_path, subject, place)).encode("utf-8", "replace"))[:24]
