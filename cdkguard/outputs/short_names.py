"""Short names for people: a resource without its stage, and with a star for the environment where it is in several."""

from __future__ import annotations

import re

from cdkguard.text.regexes import lazy_pattern

_NESTED = lazy_pattern(r"([^/]+)\.NestedStack/\1\.NestedStackResource\Z")


def shorten_name(name: str, stack_path: str) -> str:
    """A construct path without the stage of its stack, and without the last parts that CDK itself adds."""
    stage, slash, _ = stack_path.rpartition("/")
    if slash and name.startswith(stage + "/"):
        name = name[len(stage) + 1 :]
    return _NESTED.sub(r"\1", name).removesuffix("/Resource")


def generalize_name(name: str, environment: str) -> str:
    """The name with `*` where its first part holds the environment's: `TaskApi-*/Tasks` for `TaskApi-prod/Tasks`."""
    if not environment:
        return name
    first, slash, rest = name.partition("/")
    word = rf"(?i)(?<![a-z0-9]){re.escape(environment)}(?![a-z0-9])"
    return re.sub(word, "*", first) + slash + rest


def rank_environment(name: str) -> tuple[bool, bool]:
    """A key to sort names of environments by: production first, "" last."""
    return not name.startswith("prod"), not name
