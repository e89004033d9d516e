"""The values of a condition: which of them are true of everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.aws.addresses import is_public, prefix_of
from cdkguard.aws.arn_patterns import is_every, names_nobody
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred
from cdkguard.text.regexes import lazy_pattern

# Values that bind nobody, whatever the key: everything, nothing, "no multi-factor", a range of every address.
_OPEN = lazy_pattern(r"[\s*?:/.]*|false|none|[^/]*§[^/]*/[0-7]", re.IGNORECASE)
# Every service of AWS, or every one of a region: `*.amazonaws.com`.
_EVERY_SERVICE = lazy_pattern(
    r"[*?.]*[*][*?.]*(?:(?:[a-z]+(?:-[a-z]+)+-\d|§)\.)?(?:amazonaws|amazon)?[*?.]*(?:com)?[*?.]*(?:cn)?"
)
# The head of a pattern that stands for one account, organization, VPC or identity: their ids have 12 characters and more.
_SHORTEST_ID = 12
_FAR_YEAR = 2040  # A date that is farther off is no end. Seconds since 1970 of that year:
_FAR_SECONDS = 2_208_988_800
# Ranges that together are wider than a /8 in IPv4, or a /32 in IPv6, bind nobody, as S3 counts it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_WIDEST = {4: 8, 6: 32}


def are_open_values(key: str, values: Sequence[Json], of_identity: bool = False) -> Tri:
    """Whether one of a key's values, or all address ranges together, are true of everybody; the key is in lower case.

    None where a parameter that is given `*` makes it so. `of_identity`: of all requests of an identity, whose own account
    is no limit.
    """
    itself = "${" + key + "}"  # A policy variable, which equals its own key for everybody.
    unknown = False
    for value in values:
        one = str(value).lower() == itself or _is_open_value(key, value, of_identity)
        if one:
            return True
        unknown = unknown or one is None
    if len(values) > 1 and _are_open_ranges(values):
        return True
    return None if unknown else False


def _is_open_value(key: str, value: Json, of_identity: bool) -> Tri:
    if not isinstance(value, Deferred):
        return _is_open_text(key, value, of_identity)
    is_parameter = value.kind in ("parameter", "unknown")
    if value.kind != "text":
        return None if is_parameter else False
    if _is_open_text(key, value.text(), of_identity):
        return True
    given = "".join(
        p if isinstance(p, str) else "*" if p.kind in ("parameter", "unknown") else "§" for p in value.parts
    )
    return None if _is_open_text(key, given, of_identity) else False


def _is_open_text(key: str, value: Json, of_identity: bool) -> bool:
    """Whether a value is true of everybody."""
    if value is False:
        return True
    if not isinstance(value, str):
        return False
    if _OPEN.fullmatch(value):
        return True
    if "/" in value and _is_open_range(value):
        return True
    if "*" not in value and "?" not in value:
        return False
    if of_identity and key == "aws:principalarn" and is_every(value):
        return True
    for ending, is_open in _BY_KEY.items():
        if key.endswith(ending):
            return is_open(value)
    return value.startswith("arn") and names_nobody(value)


def _is_open_range(text: str) -> bool:
    network = prefix_of(text)
    return network is not None and network[1] < _WIDEST[network[0]]


def _are_open_ranges(values: Sequence[Json]) -> bool:
    """Whether address ranges together are wider than one that binds somebody; private ranges do not count."""
    share = {4: 0.0, 6: 0.0}
    for text in {v for v in values if isinstance(v, str) and "/" in v}:
        network = prefix_of(text)
        if network is not None and is_public(text):
            share[network[0]] += 0.5 ** network[1]
    return any(share[version] > 0.5**length for version, length in _WIDEST.items())


def is_year_far_off(value: Json) -> Tri:
    """Whether a date, `2099-01-01T00:00:00Z` or seconds since 1970, is so far off that it ends nothing."""
    if isinstance(value, Deferred):
        return None
    text = str(value)
    if text[:4].isdigit() and text[4:5] == "-":
        return int(text[:4]) >= _FAR_YEAR
    return text.isdigit() and int(text) >= _FAR_SECONDS


# -- by key


def _is_open_id(text: str) -> bool:
    """Whether an id with a wildcard is that of many: `o-*`, `vpc-*`, `AROA*`, but not `AROAIDPPEZS35WEXAMPLE:*`."""
    head = re.split(r"[*?]", text, maxsplit=1)[0]
    return "§" not in head and len(head) < _SHORTEST_ID


def _is_open_org_path(text: str) -> bool:
    """Whether a path leaves the organization open: ids of roots and units are unique within one only."""
    head = text.split("/", 1)[0]
    return ("*" in head or "?" in head) and _is_open_id(head)


def _is_every_service(text: str) -> bool:
    return _EVERY_SERVICE.fullmatch(text.lower()) is not None


def _is_open_claim(text: str) -> bool:
    """Whether a claim of a token names no owner: `repo:*`, `*:ref:refs/heads/main`."""
    return re.match(r"[*?]|repo:[*?]", text) is not None


# The end of a key, in lower case -> whether a value that holds a wildcard is true of everybody.
_BY_KEY: Mapping[str, Callable[[str], bool]] = {
    "orgid": _is_open_id,
    "orgpaths": _is_open_org_path,
    "account": _is_open_id,
    "aws:sourceowner": _is_open_id,
    "aws:userid": _is_open_id,
    "aws:sourcevpc": _is_open_id,
    "aws:sourcevpce": _is_open_id,
    "service": _is_every_service,
    "aws:principalservicename": _is_every_service,
    ":sub": _is_open_claim,
    "arn": names_nobody,
}
