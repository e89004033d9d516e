"""A difference as JSON for programs; docs/diff.md documents the fields, `schemaVersion` is their version."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.diff.comparable import as_template_json
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import STACK_IMPACTS, Change, PropertyChange
from cdkguard.outputs.diff.common import Difference, count_impacts, describe_change
from cdkguard.outputs.locations import source_document
from cdkguard.outputs.render import Options
from cdkguard.template.values import ABSENT
from cdkguard.text import escape
from cdkguard.text.credentials import find_credential_kind, mask_secrets

SCHEMA_VERSION = "1.0"


def render(difference: Difference, options: Options) -> str:
    """The difference as a JSON document."""
    return escape.json_text(difference_document(difference, options)) + "\n"


def difference_document(difference: Difference, options: Options) -> dict[str, Any]:
    """The difference as plain JSON values."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "version": difference.version,
        "against": difference.against,
        "to": difference.to,
        "summary": count_impacts(difference.changes),
        "changes": [change_entry(c, options) for c in difference.changes if c.impact not in STACK_IMPACTS],
        "stackChanges": [_stack_change(c) for c in difference.changes if c.impact in STACK_IMPACTS],
        "notices": list(difference.notes),
    }


def change_entry(one: Change, options: Options) -> dict[str, Any]:
    """One change of a resource."""
    return {
        "logicalId": one.logical_id,
        "stack": one.stack.root.name,
        "stackPath": one.stack.construct_path or one.stack.name,
        "environment": one.stack.environment,
        "constructPath": one.construct_path,
        "resourceType": one.resource_type,
        "impact": one.impact,
        "detail": list(one.detail),
        "fate": one.fate or None,
        "stateful": one.stateful,
        "harmless": one.noise,
        "explanation": describe_change(one),
        "lost": [part.text for part in find_lost_data_parts(one)],
        "partner": one.partner
        and {"constructPath": one.partner, "logicalId": one.partner_id, "stack": one.partner_stack},
        "properties": [_property(p) for p in one.properties],
        "source": source_document(one.source, options),
        "change": one.token,
        "causes": list(one.causes),
        "onlyFollows": one.only_follows,
    }


def _property(changed: PropertyChange) -> dict[str, Any]:
    return {
        "path": changed.path,
        "before": _value(changed, changed.before),
        "after": _value(changed, changed.after),
        "replacement": changed.replacement,
        "because": changed.because or None,
    }


def _value(changed: PropertyChange, side: Any) -> Any:
    """One side of a changed value: null where there is none, a mark instead of a secret."""
    if side is ABSENT:
        return None
    return _without_credentials(as_template_json(mask_secrets(changed.name or changed.path, side)))


def _without_credentials(found: Any) -> Any:
    """The JSON value with a mark instead of each text that has the shape of a credential."""
    if isinstance(found, dict):
        return {key: _without_credentials(item) for key, item in found.items()}
    if isinstance(found, list):
        return [_without_credentials(item) for item in found]
    return f"(hidden, {len(found)} characters)" if isinstance(found, str) and find_credential_kind(found) else found


def _stack_change(one: Change) -> dict[str, Any]:
    return {
        "impact": one.impact,
        "stack": one.stack.name,
        "stackPath": one.stack.construct_path or one.stack.name,
        "environment": one.stack.environment,
        "oldStack": one.old_stack.name if one.old_stack is not None else None,
        "explanation": describe_change(one),
        "change": one.token,
        "causes": list(one.causes),
    }
