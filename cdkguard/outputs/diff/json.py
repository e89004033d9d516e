"""A diff as JSON, the form for programs; its version is in `schemaVersion`, its fields in docs/diff.md."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.diff.comparable import as_template_json
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import STACK_IMPACTS, Change, PropertyChange
from cdkguard.outputs.diff.common import Difference, counts, sentences
from cdkguard.outputs.place import relative
from cdkguard.outputs.render import Options
from cdkguard.template.values import ABSENT
from cdkguard.text import escape
from cdkguard.text.credentials import masked, shape_of

SCHEMA_VERSION = "1.0"


def render(difference: Difference, options: Options) -> str:
    return escape.json_text(document(difference, options)) + "\n"


def document(difference: Difference, options: Options) -> dict[str, Any]:
    """The diff as plain JSON values."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "version": difference.version,
        "against": difference.against,
        "to": difference.to,
        "summary": counts(difference.changes),
        "changes": [change(c, options) for c in difference.changes if c.impact not in STACK_IMPACTS],
        "stackChanges": [_stack_change(c) for c in difference.changes if c.impact in STACK_IMPACTS],
        "notices": list(difference.notes),
    }


def change(one: Change, options: Options) -> dict[str, Any]:
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
        "explanation": sentences(one),
        "lost": [part.text for part in find_lost_data_parts(one)],
        "partner": one.partner
        and {"constructPath": one.partner, "logicalId": one.partner_id, "stack": one.partner_stack},
        "properties": [_property(p) for p in one.properties],
        "source": one.source and {"file": relative(one.source.file, options.root), "line": one.source.line},
        "change": one.token,
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
    """The value itself, as far as it is known; null where there is none, a mark where it is a secret."""
    if side is ABSENT:
        return None
    return _hidden(as_template_json(masked(changed.name or changed.path, side)))


def _hidden(found: Any) -> Any:
    """JSON in which no text has the unmistakable shape of a credential."""
    if isinstance(found, dict):
        return {key: _hidden(item) for key, item in found.items()}
    if isinstance(found, list):
        return [_hidden(item) for item in found]
    return f"(hidden, {len(found)} characters)" if isinstance(found, str) and shape_of(found) else found


def _stack_change(one: Change) -> dict[str, Any]:
    return {
        "impact": one.impact,
        "stack": one.stack.name,
        "stackPath": one.stack.construct_path or one.stack.name,
        "environment": one.stack.environment,
        "oldStack": one.was.name if one.was is not None else None,
        "explanation": sentences(one),
        "change": one.token,
    }
