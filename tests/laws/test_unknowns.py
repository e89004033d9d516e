"""What is not known before deployment never makes a rule content: asked of every built-in rule by its own examples.

The law: a FAIL stays FAIL or becomes UNKNOWN where a value in the template is replaced by one that nobody knows, a text
by a parameter, a list or mapping by a macro. It holds but for rules that ask
  - whether something is written, or how (`exists`, `literal`, `deferred`, `no_echo_parameter`, `secret_*`): a reference is;
  - what text the template itself holds (scope `value`, `names_*`): the text is gone;
  - which resource refers to which (`target`, `referrer`): the reference is gone;
and for those that say themselves what UNKNOWN counts as (`on_unknown: pass`). Where a condition that nobody knows chooses
between the value and another one, the FAIL stays in any case, as one of the branches is the old template.
"""

import copy
import functools

import pytest

from cdkguard.check import examples
from cdkguard.engine import resources as engine
from cdkguard.packs import load as packs
from cdkguard.template.values import FUNCTIONS

LOADED = packs.load_all(())
UNKNOWN = "Fuzz"
PARAMETER, MACRO = {"Ref": UNKNOWN}, {"Fn::Transform": {"Name": "Macro"}}
ASKS_WHAT_IS_WRITTEN = ("exists", "literal", "deferred", "no_echo_parameter", "secret_", "names_", "target", "referrer")
# Which names of its own resources a template writes out is not asked of a branch.
READS_NAMES = {"hardcoded-own-resource-arn"}


@functools.cache
def rules():
    whole = [packs._whole(rule) for rule in LOADED.rules]
    return [r._replace(file=packs.source_file(r)) for r in whole if r.scope in ("resource", "value")]


def places(value, path=()):
    """(path, value) of everything in a container that is no operand of an intrinsic function."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS:
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key), inner
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def in_properties(case):
    """(path, value) of what an example says of properties; paths begin at the example."""
    if "template" in case:
        for logical_id, body in case["template"]["Resources"].items():
            yield from places(body.get("Properties") or {}, ("template", "Resources", logical_id, "Properties"))
    elif "resource" in case:
        yield from places(case["resource"].get("Properties") or {}, ("resource", "Properties"))
    elif "stack" not in case:
        yield from places(case)


def with_value(case, path, value):
    case = copy.deepcopy(case)
    inner = case
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return case


def outcome(rule, case, conditions=None):
    stack, settings, subject = examples._stack(rule, case, LOADED.sets)
    stack.template["Parameters"] = {**stack.template.get("Parameters", {}), UNKNOWN: {"Type": "String"}}
    chosen = {UNKNOWN: {"Fn::Equals": [{"Ref": UNKNOWN}, "yes"]}}
    stack.template["Conditions"] = {**stack.template.get("Conditions", {}), **chosen, **(conditions or {})}
    judged = engine.evaluate([stack], [rule], settings)
    assert not judged.problems, judged.problems
    found = {f.outcome.value for f in judged.findings if subject is None or f.logical_id in (subject, None)}
    return "fail" if "fail" in found else "unknown" if found else "pass"


def failing():
    """(rule, example, path, value) of all that could be unknown in an example that fails."""
    for rule in rules():
        for case in examples._examples(rule).get("fail", []):
            for path, value in in_properties(case) if isinstance(case, dict) else ():
                yield rule, case, path, value


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


def test_an_unknown_value_never_turns_fail_into_pass():
    wrong, seen = [], set()
    for rule, case, path, value in failing():
        if asks_about_values(rule):
            seen.add(rule.id)
            unknown = MACRO if isinstance(value, dict | list) and not engine.is_intrinsic(value) else PARAMETER
            if outcome(rule, with_value(case, path, unknown)) == "pass":
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
