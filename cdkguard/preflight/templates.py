"""Two templates, compared as what they deploy: asset hashes and CDK's own metadata aside."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.baselines.normalize import normalize
from cdkguard.diff.differences import are_equal
from cdkguard.inputs.shapes import construct_path_of, mapping_or_empty
from cdkguard.model import Stack

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")  # CloudFormation's GetTemplate answers with a question mark for each of them
MAX_LEVELS = 100


def find_differences(deployed: Stack, made: Stack) -> list[str]:
    """What the deployed template has otherwise than the one that the code makes now: construct paths, else sections."""
    before, after = (_mangle(normalize(stack.template)) for stack in (deployed, made))
    found = []
    for section in {**before, **after}:
        one, other = before.get(section), after.get(section)
        if section != "Resources":
            found += [section] if not are_equal(one or {}, other or {}) else []
            continue
        olds, news = mapping_or_empty(one), mapping_or_empty(other)
        names = {**_paths_of(deployed), **_paths_of(made)}
        for logical_id in {**olds, **news}:
            if not are_equal(olds.get(logical_id), news.get(logical_id)):
                found.append(names.get(logical_id, logical_id))
    return found


def _paths_of(stack: Stack) -> dict[str, str]:
    resources = mapping_or_empty(stack.template.get("Resources"))
    return {name: path for name, body in resources.items() if (path := construct_path_of(body)) is not None}


def _mangle(value: Json, level: int = 0) -> Json:
    if isinstance(value, str):
        return value if value.isascii() else _NOT_ASCII.sub("?", value)
    if level > MAX_LEVELS:
        return value
    if isinstance(value, dict):
        return {_mangle(key): _mangle(inner, level + 1) for key, inner in value.items()}
    return [_mangle(inner, level + 1) for inner in value] if isinstance(value, list) else value


class EnvironmentDifferences(NamedTuple):
    """What the code makes otherwise for two environments."""

    only_target: tuple[str, ...]  # resources that staging does not have: paths below the stack
    only_staging: tuple[str, ...]
    values: tuple[str, ...]  # "Orders/Resource DeletionProtection": values that differ


Neutralize = Callable[[Json], Json]


def compare_environments(
    target: Stack, staging: Stack, own: Neutralize = lambda value: value, other: Neutralize = lambda value: value
) -> EnvironmentDifferences:
    """Compare the templates that the code makes for two environments, resource by resource at the same place.

    `own` and `other` put marks in place of the words of the environments.
    """
    ours, theirs = _resources_by_place(target, own), _resources_by_place(staging, other)
    values = [
        f"{place[0]} {path}".strip()
        for place, body in ours.items()
        if place in theirs
        for path in _differing(body, theirs[place], "")
    ]
    return EnvironmentDifferences(
        tuple(place for place, _type in ours if (place, _type) not in theirs),
        tuple(place for place, _type in theirs if (place, _type) not in ours),
        tuple(dict.fromkeys(values)),
    )


def _resources_by_place(stack: Stack, neutralize: Neutralize) -> dict[tuple[str, str], Json]:
    """(path below the stack, type) -> resource; without a construct path the logical id stands for it."""
    resources = mapping_or_empty(normalize(stack.template).get("Resources"))
    prefix = f"{stack.construct_path}/" if stack.construct_path else ""
    paths = _paths_of(stack)
    found = {}
    for logical_id, body in resources.items():
        place = neutralize(paths.get(logical_id, logical_id).removeprefix(prefix))
        found[place, str(mapping_or_empty(body).get("Type"))] = neutralize(body)
    return found


def _differing(one: Json, other: Json, path: str, level: int = 0) -> Iterator[str]:
    """The paths at which two values differ, as far down as both have the same shape."""
    if are_equal(one, other):
        return
    if isinstance(one, dict) and isinstance(other, dict) and level < MAX_LEVELS and not _is_function(one):
        for key in {**one, **other}:
            name = key if path in ("", "Properties") else f"{path}.{key}"
            yield from _differing(one.get(key), other.get(key), name, level + 1)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other) and level < MAX_LEVELS:
        for at, (inner, its) in enumerate(zip(one, other, strict=True)):
            yield from _differing(inner, its, f"{path}[{at}]", level + 1)
    else:
        yield path


def _is_function(value: Mapping[str, Json]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def digest_templates(stacks: Iterable[Stack]) -> str:
    """A digest of the templates of these stacks, asset hashes aside: the same for two builds of the same code."""
    found = sorted(
        ((stack.construct_path or stack.name, normalize(stack.template)) for stack in stacks), key=lambda one: one[0]
    )
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_resources(stack: Stack, types: Container[str]) -> Iterator[tuple[str, dict[str, Json]]]:
    """(logical id, resource) of each resource of one of these types."""
    for logical_id, body in mapping_or_empty(stack.template.get("Resources")).items():
        if mapping_or_empty(body).get("Type") in types:
            yield logical_id, body
