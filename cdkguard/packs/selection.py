"""Chooses rules by profile, pack, id or glob."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard.errors import ConfigError
from cdkguard.language.vocabulary import PROFILES
from cdkguard.model import Rule
from cdkguard.text.spelling import did_you_mean

# The pack of rules about what cdkguard could not read. A selection never leaves it out.
UNSEEN = "unseen"


def select_rules(rules: Sequence[Rule], selectors: Sequence[str], skip: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Select the rules that a profile, pack or id glob names, without those to skip, and always the pack `unseen`.

    Raises ConfigError for a selector that names no rule, and where a rule of `unseen` is to be skipped.
    """
    by_name = _index_rules(rules, (*selectors, *skip))
    always = {rule.id for rule in rules if rule.pack == UNSEEN}
    chosen = _find_ids(rules, by_name, selectors)

    for selector in skip:
        if selector == UNSEEN or selector in always:
            raise ConfigError(
                f"'{selector}' says what nobody has judged, so it cannot be left out; accept its finding, with the reason"
            )
        chosen -= {rule.id for rule in _find_rules(rules, by_name, selector)}

    if not chosen:
        raise ConfigError("no rule is selected, so nothing would be judged")
    return tuple(rule for rule in rules if rule.id in chosen or rule.id in always)


def find_rules(rules: Sequence[Rule], selectors: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that a profile, pack or id glob names, and no others; raises ConfigError for one that names no rule."""
    chosen = _find_ids(rules, _index_rules(rules, selectors), selectors)
    return tuple(rule for rule in rules if rule.id in chosen)


def _index_rules(rules: Sequence[Rule], selectors: Sequence[str]) -> dict[str, list[Rule]]:
    """Id or pack -> the rules of that name: hundreds may be selected one by one. Empty where profiles alone select."""
    by_name: dict[str, list[Rule]] = {}
    if all(selector in PROFILES or selector == "all" for selector in selectors):
        return by_name
    for rule in rules:
        by_name.setdefault(rule.id, []).append(rule)
        if rule.pack != rule.id:
            by_name.setdefault(rule.pack, []).append(rule)
    return by_name


def _find_ids(rules: Sequence[Rule], by_name: Mapping[str, list[Rule]], selectors: Sequence[str]) -> set[str]:
    return {rule.id for selector in selectors for rule in _find_rules(rules, by_name, selector)}


def _find_rules(rules: Sequence[Rule], by_name: Mapping[str, list[Rule]], selector: str) -> list[Rule]:
    if selector == "all":
        return list(rules)
    if selector in PROFILES:
        found = [r for r in rules if selector in r.profiles or selector == "strict" and "recommended" in r.profiles]
    elif "*" in selector or "?" in selector or "[" in selector:
        found = [r for r in rules if fnmatchcase(r.id, selector)]
    else:
        found = by_name.get(selector, [])

    if not found:
        known = [*PROFILES, "all", *sorted({r.pack for r in rules}), *(r.id for r in rules)]
        raise ConfigError(f"no profile, pack or rule is named '{selector}'{did_you_mean(selector, known)}")
    return found
