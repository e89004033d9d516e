"""Rules that somebody searches."""

from __future__ import annotations

import pytest

from cdkguard.errors import ConfigError
from cdkguard.packs.load import load_packs
from cdkguard.packs.search import search_rules


def found(*words: str) -> set[str]:
    return {rule.id for rule in search_rules(load_packs().rules, words)}


def test_a_glob_asks_for_ids_and_a_word_for_all_that_a_rule_says() -> None:
    ids = found("dynamodb-*")
    assert ids and all(rule_id.startswith("dynamodb-") for rule_id in ids)
    assert found("dynamodb") > ids
    assert found("dynamodb-*", "deletion") == {rule_id for rule_id in ids if rule_id in found("deletion")}


def test_what_no_rule_speaks_of_is_refused() -> None:
    with pytest.raises(ConfigError, match="no rule speaks of 'dynomodb'"):
        found("dynomodb")
