"""Every built-in rule holds what its own examples say of it, and says the same of them as ever, word for word."""

import pytest

from cdkguard.check import examples
from tests.support.golden_lines import RULE_IDS, change_line, finding_line

KEPT_IN = "rules"


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_every_example_holds(rule_id, builtin, kept):
    rules, loaded = builtin
    judged = list(examples.run([rules[rule_id]], loaded.sets, loaded.rules))
    assert not [f"{e.expected}[{e.number}] is {e.got}: {e.detail}" for e in judged if not e.holds]
    assert {e.expected for e in judged} >= {"pass", "fail"}
    lines = {f"{e.expected} {e.number}": [*map(finding_line, e.findings), *map(change_line, e.changes)] for e in judged}
    kept.compare(rules[rule_id].pack, rule_id, {name: each for name, each in lines.items() if each})


def test_every_rule_has_a_file_of_its_name_and_nothing_is_kept_of_others(builtin, kept):
    assert sorted(builtin[0]) == RULE_IDS
    assert sorted(rule_id for said in kept.by_pack.values() for rule_id in said) == RULE_IDS
