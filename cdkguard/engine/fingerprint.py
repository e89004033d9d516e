"""Identifies a finding across runs."""

from __future__ import annotations

import re

from cdkguard.text.regexes import late

_LOGICAL_ID_HASH = late(r"(?<=.)[0-9A-F]{8}\Z")


def fingerprint(rule_id: str, stack_path: str, construct_path: str, logical_id: str, property_path: str) -> str:
    """24 hex digits that survive a change of logical-id hashes, list indexes and lines."""
    from cdkguard.text.sha256 import digest

    subject = construct_path or _LOGICAL_ID_HASH.sub("", logical_id)
    place = re.sub(r"\[[0-9]+\]", "[]", property_path)
    return digest("\0".join((rule_id, stack_path, subject, place)).encode("utf-8", "replace"))[:24]
