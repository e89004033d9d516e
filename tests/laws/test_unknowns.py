"""What is not known before deployment never makes a rule content: asked of every built-in rule by its own examples.

The law: a FAIL stays FAIL or becomes UNKNOWN where a value in the template is replaced by one that nobody knows, a text
by a parameter, a list or mapping by a macro. It holds but for rules that ask
  - whether something is written, or how (`exists`, `literal`, `deferred`, `no_echo_parameter`, `secret_*`): a reference is;
  - what text the template itself holds (scope `value`, `names_*`): the text is gone;
  - which resource refers to which (`target`, `referrer`): the reference is gone;
and for those that say themselves what UNKNOWN counts as (`on_unknown: pass`). Where a condition that nobody knows chooses
between the value and another one, the FAIL stays in any case, as one of the branches is the old template.
"""

import pytest

from cdkguard.template.functions import is_intrinsic
from tests.support.rule_examples import UNKNOWN, failing, outcome, rules, with_value

PARAMETER, MACRO = {"Ref": UNKNOWN}, {"Fn::Transform": {"Name": "Macro"}}
ASKS_WHAT_IS_WRITTEN = ("exists", "literal", "deferred", "no_echo_parameter", "secret_", "names_", "target", "referrer")
STAND_INS = ("SDK::", "Kubernetes::", "@calls-")
UNREAD = next(rule for rule in rules() if rule.id == "custom-resource-unread")
# Which names of its own resources a template writes out is not asked of a branch.
READS_NAMES = {"hardcoded-own-resource-arn"}


def names(node):
    if isinstance(node, dict):
        yield from node
        for inner in node.values():
            yield from names(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from names(inner)


def asks_about_values(rule):
    asked = set(names([rule.where, rule.require]))
    return rule.scope == "resource" and rule.on_unknown != "pass" and not any(n.startswith(ASKS_WHAT_IS_WRITTEN) for n in asked)  # fmt: skip


def outcome_with_unread(rule, case):
    """How the rule decides; of what a custom resource does, custom-resource-unread says that nobody can read it."""
    found = outcome(rule, case)
    stands_in = any(name.startswith(STAND_INS) for name in rule.types)
    return outcome(UNREAD, case) if found == "pass" and stands_in else found


def test_an_unknown_value_never_turns_fail_into_pass():
    wrong, seen = [], set()
    for rule, case, path, value in failing():
        if asks_about_values(rule):
            seen.add(rule.id)
            unknown = MACRO if isinstance(value, dict | list) and not is_intrinsic(value) else PARAMETER
            if outcome_with_unread(rule, with_value(case, path, unknown)) == "pass":
                wrong.append((rule.id, path))
    assert not wrong
    assert len(seen) > 200  # of some 430 rules; the others ask for what the module's first lines say


@pytest.mark.parametrize("other", [{"Ref": "AWS::NoValue"}, {"Ref": "Elsewhere"}], ids=["absent", "another"])
def test_a_choice_that_nobody_knows_never_takes_a_fail_away(other):
    wrong = [
        (rule.id, path)
        for rule, case, path, value in failing()
        if rule.id not in READS_NAMES and outcome(rule, with_value(case, path, {"Fn::If": [UNKNOWN, value, other]})) != "fail"
        and rule.on_unknown != "pass"
    ]  # fmt: skip
    assert not wrong
