"""Finds the rules that somebody asks for: by words, by id or glob, or by what a peer calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.model import Rule
from cdkguard.packs import equivalents
from cdkguard.packs.selection import find_rules
from cdkguard.text.spelling import did_you_mean

PublicIds = Mapping[str, Mapping[str, str]]  # peer -> public id -> the name in the peer's source


class Asked(NamedTuple):
    """The rules that a word names."""

    rules: tuple[Rule, ...]
    lead: str = ""  # what the word is, where it is no rule's id: "checkov's CKV_AWS_28"


def search_rules(rules: Sequence[Rule], words: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that speak of every word in their id, pack, titles or types; a glob asks for ids alone.

    Raises ConfigError where there is none.
    """
    wanted = [word.lower() for word in words]
    found = tuple(rule for rule in rules if all(_speaks_of(rule, word) for word in wanted))
    if not found:
        known = sorted({word for rule in rules for word in (rule.pack, *rule.id.split("-"))})
        meant = did_you_mean(wanted[0], known) if len(words) == 1 else ""
        raise ConfigError(f"no rule speaks of '{' '.join(words)}'{meant}")
    return found


def _speaks_of(rule: Rule, word: str) -> bool:
    return fnmatchcase(rule.id, word) if set(word) & set("*?[") else word in _text_of(rule)


def _text_of(rule: Rule) -> str:
    return " ".join((rule.id, rule.pack, rule.title, rule.problem, *rule.types)).lower()


def find_asked(asked: str, rules: Sequence[Rule], public: PublicIds) -> Asked:
    """The rules that an id, a glob of ids or a peer's id names. Raises ConfigError where there is none."""
    rule = next((rule for rule in rules if rule.id == asked), None)
    if rule is not None:
        return Asked((rule,))
    if any(character in asked for character in "*?["):
        return Asked(find_rules(rules, [asked]), f"the rules {asked}")

    pairs = list(equivalents.find_equivalents(rules, public))
    found = equivalents.select_pairs(asked, pairs)
    if found:
        names = dict.fromkeys(f"{pair.peer}'s {pair.public_id or pair.name}" for pair in found)
        return Asked(tuple({pair.rule.id: pair.rule for pair in found}.values()), " and ".join(names))
    if theirs := equivalents.describe_unmatched(asked, public):
        raise ConfigError(f"no rule here checks what {theirs} does")
    ids = sorted({text for pair in pairs for text in (pair.public_id, pair.name) if text})
    raise ConfigError(f"no rule '{asked}'{did_you_mean(asked, [*(rule.id for rule in rules), *ids])}")
