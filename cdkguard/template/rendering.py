"""Shows a value in few characters, a secret by its length alone."""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.template.values import ABSENT, Deferred, import_name, scalar_text

MAX_SHOWN = 160  # characters of a found value


def render_value(value: Json, secret: bool) -> str:
    """A value in few characters; a secret's only in its length."""
    from cdkguard.text.credentials import shape_of

    text = _plain(value)
    if secret or shape_of(text):
        return "absent" if value is ABSENT else f"(hidden, {len(text)} characters)"
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def is_hidden(value: Json, secret: bool) -> bool:
    """Whether `shown` shows only the length of a value."""
    from cdkguard.text.credentials import shape_of

    return value is not ABSENT and (secret or shape_of(_plain(value)) is not None)


def _plain(value: Json) -> str:
    if value is ABSENT:
        return "absent"
    if isinstance(value, Deferred):
        if value.kind in ("resource", "parameter", "pseudo"):
            return "${" + str(value.target) + (f".{value.attribute}" if value.attribute else "") + "}"
        if name := import_name(value):
            return "${" + name + "}"
        return "".join(part if isinstance(part, str) else _plain(part) for part in value.parts) or value.text("${…}")
    text = scalar_text(value)
    if text is not None:
        return text
    import json

    return json.dumps(value, default=_plain)
