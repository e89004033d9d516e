"""Renders a value for a message: in few characters, and of a secret the length alone."""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.template.values import ABSENT, Deferred, import_name, scalar_text

MAX_SHOWN = 160  # characters of a value


def render_value(value: Json, secret: bool) -> str:
    """A value in at most MAX_SHOWN characters; `(hidden, 20 characters)` for a secret and for a credential."""
    from cdkguard.text.credentials import find_credential_kind

    text = render_whole(value)
    if secret or find_credential_kind(text):
        return "absent" if value is ABSENT else f"(hidden, {len(text)} characters)"
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def is_hidden(value: Json, secret: bool) -> bool:
    """Whether `render_value` gives only the length of a value."""
    from cdkguard.text.credentials import find_credential_kind

    return value is not ABSENT and (secret or find_credential_kind(render_whole(value)) is not None)


def render_whole(value: Json) -> str:
    if value is ABSENT:
        return "absent"
    if isinstance(value, Deferred):
        if value.kind in ("resource", "parameter", "pseudo"):
            return "${" + str(value.target) + (f".{value.attribute}" if value.attribute else "") + "}"
        if name := import_name(value):
            return "${" + name + "}"
        return "".join(part if isinstance(part, str) else render_whole(part) for part in value.parts) or value.text(
            "${…}"
        )
    text = scalar_text(value)
    if text is not None:
        return text
    import json

    return json.dumps(value, default=render_whole)
