"""The two sides of a changed value in few characters, with names for what they refer to, and without secrets."""

from __future__ import annotations

from os.path import commonprefix

from cdkguard._typing import Json
from cdkguard.diff.comparable import as_json
from cdkguard.model import Change, PropertyChange
from cdkguard.outputs.diff.names import ValueNames
from cdkguard.template.rendering import is_hidden, render_value, render_whole
from cdkguard.text.credentials import mask_secrets

_SHOWN = 120  # Characters of a side.
_KEPT = 12  # Characters of a long text before the first difference.


def render_sides(change: Change, changed: PropertyChange, names: ValueNames) -> tuple[str, str]:
    """Both sides of a changed value as short texts; those of long texts start shortly before the first difference."""
    secret = changed.name or changed.path
    before, after = names.name_sides(change, changed)
    texts = _render(secret, before), _render(secret, after)
    if texts[0] == texts[1]:
        # Two values that nobody knows yet look alike, so the text of the template tells them apart.
        texts = _render(secret, as_json(changed.before)), _render(secret, as_json(changed.after))
    start = len(commonprefix(texts)) - _KEPT
    if start > 0 and max(map(len, texts)) > _SHOWN:
        lead = '"…' if all(text.startswith('"') for text in texts) else "…"
        texts = lead + texts[0][start:], lead + texts[1][start:]
    return _cut(texts[0]), _cut(texts[1])


def _render(name: str, side: Json) -> str:
    clear = mask_secrets(name, side)
    if is_hidden(clear, False):
        return render_value(clear, False)
    text = " ".join(render_whole(clear).split())
    return f'"{text}"' if isinstance(clear, str) and clear == side else text


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
