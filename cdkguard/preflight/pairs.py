"""Which stack of staging is which stack of the environment that is deployed, by their paths below the stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import NamedTuple
from cdkguard.config.environment_words import all_environments_in
from cdkguard.config.environments import EnvironmentRule
from cdkguard.model import Stack
from cdkguard.outputs.short_names import generalize_name


class Pairs(NamedTuple):
    """Root stacks in pairs, and those that have no partner."""

    pairs: tuple[tuple[Stack, Stack], ...]  # (of the environment that is deployed, of staging)
    unpaired: tuple[tuple[Stack, str], ...]  # with the reason in words
    only_staging: tuple[Stack, ...]


def pair_stacks(
    targets: Iterable[Stack],
    stagings: Iterable[Stack],
    named: Mapping[str, str] = {},
    rules: Sequence[EnvironmentRule] = (),
) -> Pairs:
    """Pair root stacks by `named` (path -> path of staging), then by the path below the stage, where that is one each."""
    ours, theirs = _roots(targets), _roots(stagings)
    by_path = {path_of(stack): stack for stack in theirs}
    keys = _group(theirs, rules)
    own_keys = _group(ours, rules)
    pairs: list[tuple[Stack, Stack]] = []
    unpaired: list[tuple[Stack, str]] = []
    for stack in ours:
        wanted = named.get(path_of(stack), named.get(stack.name))
        key = key_of(stack, rules)
        found = keys.get(key, [])
        if wanted is not None:
            partner = by_path.get(wanted) or next((s for s in theirs if s.name == wanted), None)
            reason = f"`pairs` names {wanted}, which staging does not have"
        elif len(own_keys[key]) > 1:
            partner, reason = None, f"{len(own_keys[key])} stacks are called {key} below their stages"
        else:
            partner = found[0] if len(found) == 1 else None
            reason = (
                f"{len(found)} stacks of staging are called {key}" if found else f"no stack of staging is called {key}"
            )
        if partner is None:
            unpaired.append((stack, reason))
        else:
            pairs.append((stack, partner))
    used = {partner for _stack, partner in pairs}
    return Pairs(tuple(pairs), tuple(unpaired), tuple(stack for stack in theirs if stack not in used))


def path_of(stack: Stack) -> str:
    """The stack's construct path, else its name."""
    return stack.construct_path or stack.name


def key_of(stack: Stack, rules: Sequence[EnvironmentRule] = ()) -> str:
    """The path below the stage: `Data` of `Pipeline/Prod/Data`; without a stage the name with `*` for the environment."""
    path = path_of(stack)
    parts = path.split("/")
    if len(parts) == 1:
        return _without_environment(path, stack.environment or "")
    globs = [glob for rule in rules if rule.name == stack.environment for glob in rule.stages]
    for at in range(len(parts) - 1, 0, -1):
        if any(fnmatchcase(parts[at - 1], glob) or fnmatchcase("/".join(parts[:at]), glob) for glob in globs):
            return "/".join(parts[at:])
    for at in range(len(parts) - 1, 0, -1):
        if all_environments_in(parts[at - 1]):
            return "/".join(parts[at:])
    return "/".join(parts[1:])


def _without_environment(name: str, environment: str) -> str:
    general = generalize_name(name, environment)
    if general != name:
        return general
    words = [word for word in name.replace("_", "-").split("-") if all_environments_in(word)]
    return generalize_name(name, words[0]) if words else name


def _roots(stacks: Iterable[Stack]) -> list[Stack]:
    return list(dict.fromkeys(stack for stack in stacks if stack.parent is None))


def _group(stacks: Iterable[Stack], rules: Sequence[EnvironmentRule]) -> dict[str, list[Stack]]:
    found: dict[str, list[Stack]] = {}
    for stack in stacks:
        found.setdefault(key_of(stack, rules), []).append(stack)
    return found
