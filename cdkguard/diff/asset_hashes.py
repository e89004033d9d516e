"""Asset hashes: the parts of names that every build changes.

CDK names an asset after the SHA-256 of its content, so that new code is a new name: of a file, a folder, an image.
https://docs.aws.amazon.com/cdk/v2/guide/assets.html

Two questions need two answers. The diff asks whether two *different* values differ in hashes alone; such a change stays
in the report, marked as noise, so `_ANY_HASH` takes every 64 hex digits that are part of a longer name. A snapshot asks
which text to leave out *before* anything is compared (`baselines.normalise`), where a wrong answer would hide a change
for good; it takes only names whose form is CDK's own.
"""

from __future__ import annotations

import re

from cdkguard._typing import Json
from cdkguard.diff.differences import are_equal
from cdkguard.template.values import Deferred

# On their own, or in quotes, 64 hex digits are an account's canonical user or a digest that somebody chose.
_ANY_HASH = re.compile(r"""(?<![0-9a-f"'])(?:(?<=\S)[0-9a-f]{64}(?![0-9a-f"'])|[0-9a-f]{64}(?=[./]))""")
_HASH_LENGTH = 64
# Keys under which a value says who may do something; there 64 hex digits are a user, never an asset.
KEYS_THAT_SAY_WHO = re.compile("Principal|CanonicalUser|Grantee|AccessControl")


def differ_in_assets_only(before: Json, after: Json, path: str = "") -> bool:
    """Whether two unequal values differ in asset hashes alone; False where `path` says who may do something."""
    if KEYS_THAT_SAY_WHO.search(path):
        return False

    if isinstance(before, Deferred) and isinstance(after, Deferred):
        if before.kind != after.kind or len(before.parts) != len(after.parts):
            return False
        if before.kind == "text":
            pairs = zip(before.parts, after.parts, strict=True)
            return all(are_equal(a, b) or differ_in_assets_only(a, b) for a, b in pairs)
        return before.kind in ("unknown", "dynamic") and _hide(str(before.raw)) == _hide(str(after.raw))

    if isinstance(before, str) and isinstance(after, str):
        return _hide(before) == _hide(after)
    return False


def hide_asset_hashes(value: Json) -> Json:
    """The value with a mark in place of each asset hash, but not where it says who may do something."""
    if isinstance(value, str):
        return _hide(value) if len(value) > _HASH_LENGTH else value
    if isinstance(value, dict):
        return {k: v if KEYS_THAT_SAY_WHO.search(k) else hide_asset_hashes(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hide_asset_hashes(v) for v in value]
    if isinstance(value, Deferred) and value.kind == "text":
        return Deferred("text", value.raw, parts=tuple(hide_asset_hashes(p) for p in value.parts))
    return value


def _hide(text: str) -> str:
    return _ANY_HASH.sub("#", text)
