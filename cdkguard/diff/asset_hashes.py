"""Asset hashes: the parts of names that every build changes.

CDK names an asset after the SHA-256 of its content, so that new code is a new name: of a file, a folder, an image.
https://docs.aws.amazon.com/cdk/v2/guide/assets.html

Two questions need two answers, so there are two tables:

- The diff asks whether two different values differ in hashes alone (`differ_in_assets_only`). Such a change stays in the
  report, marked as noise, so any 64 hex digits that are part of a longer name count.
- A snapshot asks which text to replace before anything is compared (`mark_cdk_assets`). A wrong answer there would hide
  a change for good, so only the forms of name that CDK writes count.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json
from cdkguard.diff.differences import are_equal
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

HASH_LENGTH = 64
_HEX = "[0-9a-f]{64}"

# Any hash. On their own, or in quotes, 64 hex digits are an account's canonical user or a digest that somebody chose.
_ANY_HASH = lazy_pattern(rf"""(?<![0-9a-f"'])(?:(?<=\S){_HEX}(?![0-9a-f"'])|{_HEX}(?=[./]))""")

# The forms of CDK: <hash>.zip, s3://bucket/<hash>.sh, an image's tag, a parameter of CDK's older synthesizer.
_FILE = lazy_pattern(rf"(?<![0-9A-Za-z]){_HEX}(?:\.{_HEX}|(?=\.[0-9A-Za-z]{{1,10}}(?![0-9A-Za-z])))")
_IMAGE = lazy_pattern(rf"((?:container-assets-[^@\s\"]*|aws-cdk/assets|\.dkr\.ecr\.[^@\s\"]*):){_HEX}(?![0-9A-Za-z])")
_PARAMETER = lazy_pattern(
    rf"(AssetParameters){_HEX}((?:S3Bucket|S3VersionKey|ArtifactHash|ImageName)?)(?:[0-9A-F]{{8}})?"
)
_ASSET_PARAMETERS = "AssetParameters"  # also in the names under which they are passed on to nested stacks
_BARE_HASH = lazy_pattern(_HEX)  # Without one, the three above need not search.

# Keys under which a value says who may do something; there 64 hex digits are a user, never an asset.
KEYS_THAT_SAY_WHO = lazy_pattern("Principal|CanonicalUser|Grantee|AccessControl")


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
        if before.kind == "parameter":
            names = str(before.target), str(after.target)
            return names[0] != names[1] and _hide_names(names[0]) == _hide_names(names[1])
        return before.kind in ("unknown", "dynamic") and _hide(str(before.raw)) == _hide(str(after.raw))

    if isinstance(before, str) and isinstance(after, str):
        return _hide(before) == _hide(after)
    return False


def hide_asset_hashes(value: Json) -> Json:
    """The value with a mark in place of each asset hash, but not where it says who may do something."""
    if isinstance(value, str):
        return _hide(value) if len(value) > HASH_LENGTH else value
    if isinstance(value, dict):
        return {k: v if _is_short(v) or KEYS_THAT_SAY_WHO.search(k) else hide_asset_hashes(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hide_asset_hashes(v) for v in value]
    if isinstance(value, Deferred) and value.kind == "text":
        return Deferred("text", value.raw, parts=tuple(hide_asset_hashes(p) for p in value.parts))
    return value


def _is_short(value: Json) -> bool:
    """Whether it has no room for a hash: the quick answer for most values."""
    return type(value) is str and len(value) <= HASH_LENGTH


def are_renamed_parameters(removed: Mapping[str, Json], added: Mapping[str, Json]) -> bool:
    """Whether what is gone and what is new, path -> value, are parameters of assets that differ in hashes alone.

    CDK's older synthesizer names the parameters by which a nested stack gets its assets after their content.
    """
    pairs = [{_hide_names(path): value for path, value in side.items()} for side in (removed, added)]
    if not all(_ASSET_PARAMETERS in path for path in (*removed, *added)) or pairs[0].keys() != pairs[1].keys():
        return False
    return all(
        are_equal(value, pairs[1][path]) or differ_in_assets_only(value, pairs[1][path])
        for path, value in pairs[0].items()
    )


def _hide_names(text: str) -> str:
    return _PARAMETER.sub(r"\1\2", text)


def _hide(text: str) -> str:
    return _ANY_HASH.sub("#", _hide_names(text)).replace("ASSET", "#")  # as a snapshot has it


# -- what CDK writes


def mark_cdk_assets(text: str) -> str:
    """The text with `ASSET` for the hash in each name that CDK gives to an asset; the same text where there is none."""
    if _BARE_HASH.search(text) is None:
        return text
    return _PARAMETER.sub(r"\1\2", _IMAGE.sub(r"\1ASSET", _FILE.sub("ASSET", text)))


def is_asset_parameter(name: str) -> bool:
    """Whether a template parameter is one that CDK's older synthesizer makes for an asset."""
    return _PARAMETER.search(name) is not None
