"""The token of a change: the hash that an approval is bound to."""

from __future__ import annotations

import json

from cdkguard._typing import Json
from cdkguard.diff.comparable import as_json
from cdkguard.model import Change, Stack
from cdkguard.text.sha256 import digest


def _name(stack: Stack) -> str:
    return stack.construct_path or stack.name


def make_token(change: Change) -> str:
    """A short hash of exactly this change: another edit of the same resource, or another cause, has another one."""
    place = [change.stack.root.name, _name(change.stack), change.logical_id, change.impact]
    why = sorted([p.path, p.replacement, p.because] for p in change.properties if not p.path.startswith("Metadata"))
    how = [change.fate, change.partner_stack, change.partner_id, list(change.detail)]
    bodies = [_bound(change.before), _bound(change.after)]
    text = json.dumps([*place, why, how, *bodies], sort_keys=True, default=repr)
    return digest(text.encode("utf-8", "surrogatepass"))[:16]


def _bound(body: Json) -> Json:
    """All of a resource that an approval is bound to: its Metadata may change."""
    return as_json({k: v for k, v in body.items() if k != "Metadata"} if isinstance(body, dict) else body)
