"""The token of a change: the hash that an approval is bound to."""

from __future__ import annotations

import json

from cdkguard._typing import Json
from cdkguard.diff.comparable import as_json
from cdkguard.diff.stack_pairs import find_stack_path
from cdkguard.model import Change
from cdkguard.text.sha256 import digest

_LENGTH = 16  # hex digits


def make_token(change: Change) -> str:
    """A short hash of exactly this change: another edit of the same resource, or another cause, has another token."""
    place = [change.stack.root.name, find_stack_path(change.stack), change.logical_id, change.impact]
    causes = sorted([p.path, p.replacement, p.because] for p in change.properties if not p.path.startswith("Metadata"))
    outcome = [change.fate, change.partner_stack, change.partner_id, list(change.detail)]
    bodies = [_without_metadata(change.before), _without_metadata(change.after)]
    if change.predecessor is not None:
        bodies.append(_without_metadata(change.predecessor.before))

    text = json.dumps([*place, causes, outcome, *bodies], sort_keys=True, default=repr)
    return digest(text.encode("utf-8", "surrogatepass"))[:_LENGTH]


def _without_metadata(body: Json) -> Json:
    """The part of a resource that an approval is bound to: metadata may change without a new one."""
    return as_json({k: v for k, v in body.items() if k != "Metadata"} if isinstance(body, dict) else body)
