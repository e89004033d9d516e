"""Asset hashes: the parts of names that every build changes."""

from __future__ import annotations

import re

from cdkguard._typing import Json
from cdkguard.diff.differences import are_equal
from cdkguard.template.values import Deferred

# An asset's hash is part of a name: of a file, a folder, an image. On its own, or in quotes, 64 hex digits are an
# account's canonical user or a digest that somebody chose.
_HASH = re.compile(r"""(?<![0-9a-f"'])(?:(?<=\S)[0-9a-f]{64}(?![0-9a-f"'])|[0-9a-f]{64}(?=[./]))""")


_HASH_LENGTH = 64


KEYS_THAT_SAY_WHO = re.compile("Principal|CanonicalUser|Grantee|AccessControl")


def differ_in_assets_only(before: Json, after: Json, path: str = "") -> bool:
    """Whether two unequal values differ in asset hashes alone; never where `path` says who may do something."""
    if KEYS_THAT_SAY_WHO.search(path):
        return False
    if isinstance(before, Deferred) and isinstance(after, Deferred):
        if before.kind != after.kind or len(before.parts) != len(after.parts):
            return False
        if before.kind == "text":
            return all(
                are_equal(a, b) or differ_in_assets_only(a, b) for a, b in zip(before.parts, after.parts, strict=True)
            )
        return before.kind in ("unknown", "dynamic") and _unhashed(str(before.raw)) == _unhashed(str(after.raw))
    if isinstance(before, str) and isinstance(after, str):
        return _unhashed(before) == _unhashed(after)
    return False


def hide_asset_hashes(value: Json) -> Json:
    """The value with a mark in place of each asset hash, but not where it says who may do something."""
    if isinstance(value, str):
        return _unhashed(value) if len(value) > _HASH_LENGTH else value
    if isinstance(value, dict):
        return {k: v if KEYS_THAT_SAY_WHO.search(k) else hide_asset_hashes(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hide_asset_hashes(v) for v in value]
    if isinstance(value, Deferred) and value.kind == "text":
        return Deferred("text", value.raw, parts=tuple(hide_asset_hashes(p) for p in value.parts))
    return value


def _unhashed(text: str) -> str:
    return _HASH.sub("#", text)
