"""What a change from each rule's example that passes to each that fails is called, and back: word for word as ever."""

from collections import Counter

import pytest

from cdkguard.check import comparison
from cdkguard.check import examples as ruletest
from cdkguard.diff.compare import compare_stacks
from cdkguard.diff.sides import Sides
from cdkguard.engine.changes import evaluate_changes
from cdkguard.template.stack_scopes import StackScopes
from tests.support.golden_lines import RULE_IDS, change_line, finding_line

KEPT_IN = "pairs"
MOST = 2  # examples of a rule


def judged(rule, before, after, change_rules, rules, sets):
    """The lines of one change of one template."""
    (old, settings, _), (new, _, _) = (ruletest.build_stack(rule, case, sets) for case in (before, after))
    sides = Sides(StackScopes(), StackScopes())
    found = compare_stacks([old], [new], comparison.type_facts(sets), sides)
    answer = evaluate_changes(found, change_rules, list(rules.values()), ([old], [new]), settings, sides)
    assert not answer.problems
    for number, outcome in ((1, "fail"), (2, "unknown")):
        counted = {rule_id: counts[number] for rule_id, counts in answer.counts.items() if counts[number]}
        assert counted == dict(Counter(f.rule_id for f in answer.findings if f.outcome.value == outcome))
    return [*map(change_line, found), *(f"{f.rule_id}: {finding_line(f)}" for f in answer.findings)]


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_the_way_from_pass_to_fail_and_back(rule_id, builtin, kept):
    rules, loaded = builtin
    change_rules = [rule for rule in rules.values() if rule.scope == "change"]
    rule, lines = rules[rule_id], {}
    if rule.scope == "change":
        pytest.skip("its examples are pairs already")
    examples = ruletest._read_examples(rule)
    good, bad = (list(enumerate(examples[name]))[:MOST] for name in ("pass", "fail"))
    for (n, one), (m, other) in zip(good, bad, strict=False):
        for name, before, after in ((f"pass {n} -> fail {m}", one, other), (f"fail {m} -> pass {n}", other, one)):
            if found := judged(rule, before, after, change_rules, rules, loaded.sets):
                lines[name] = found
    kept.compare(rule.pack, rule_id, lines)
