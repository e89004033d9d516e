"""Whether what is written to a file of hooks leaves cdkguard's own in place."""

from __future__ import annotations

import json
import re

_OURS = re.compile(r"\bcdkguard\b")
_OFF = re.compile(
    r"""(?i)["']?(?:disable_?all_?hooks|disable_?hooks|hooks_?disabled)["']?\s*[:=]\s*(?:true|1)"""
    r"""|["']?(?:enabled|hooks_?enabled|hooks)["']?\s*[:=]\s*(?:false|0)"""
    r"""|["']?(?:failClosed|onFailure)["']?\s*[:=]\s*(?:false|["'](?:allow|continue|ignore)["'])"""
)


def switches_off(text: str) -> bool:
    """Whether a text has a word that switches hooks off."""
    return _OFF.search(text) is not None


def is_ours(text: str) -> bool:
    """Whether a file has a hook of cdkguard."""
    return _OURS.search(text) is not None


def keeps_ours(before: str, after: str) -> bool | None:
    """Whether a new text has cdkguard's hooks as the old one has; None where it is a part, of which nobody can tell."""
    if switches_off(after) and not switches_off(before):
        return False
    try:
        old, new = json.loads(before), json.loads(after)
    except ValueError:
        return None
    if not isinstance(old, dict) or not isinstance(new, dict):
        return None
    return _own_entries(old) <= _own_entries(new)


def keeps_chain(before: str, after: str) -> bool:
    """Whether a whole cdk.json runs what the old one did; a part of one may do anything."""
    try:
        old, new = json.loads(before), json.loads(after)
    except ValueError:
        return False
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return all(old.get(key) == new.get(key) for key in ("app", "build"))


def _own_entries(value: object) -> set[str]:
    """Each innermost mapping or list that names cdkguard, as text."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    inner = {entry for part in parts for entry in _own_entries(part)}
    if inner:
        return inner
    text = json.dumps(value, sort_keys=True)
    return {text} if isinstance(value, dict | list) and is_ours(text) else set()
