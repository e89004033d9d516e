"""Every built-in rule holds what its own examples say of it, and says the same of them as ever, word for word."""

import json
from pathlib import Path

import pytest

from cdkguard.check import examples
from cdkguard.packs import load as packs
from cdkguard.template.values import ABSENT, Deferred

RULE_FILES = [Path(file).stem for file in packs.rule_files(packs.builtin())]
RULE_IDS = sorted(name for name in RULE_FILES if name != "sets")
KEPT_IN = "rules"


def shown(value):
    if value is ABSENT:
        return "absent"
    return (
        f"{value.kind} {value.target or ''}".strip()
        if isinstance(value, Deferred)
        else json.dumps(value, default=shown)
    )


def of_finding(finding):
    paths = ", ".join(finding.property_paths)
    words = [finding.outcome.value, finding.severity, finding.resource_type, finding.logical_id, paths, finding.found,
             finding.message, finding.branch and f"if {finding.branch}", finding.impact]  # fmt: skip
    return " | ".join(word for word in words if word)


def of_change(change):
    words = [
        change.impact,
        change.resource_type,
        change.logical_id,
        change.fate,
        ", ".join(change.detail),
        change.partner,
    ]
    words += [change.partner_stack, "noise" if change.noise else "", "stateful" if change.stateful else ""]
    properties = [
        f"{p.path}: {shown(p.before)} -> {shown(p.after)}, {p.replacement} {p.because}".strip()
        for p in change.properties
    ]
    return " | ".join(word for word in [*words, *properties] if word)


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_every_example_holds(rule_id, builtin, kept):
    rules, loaded = builtin
    judged = list(examples.run([rules[rule_id]], loaded.sets, loaded.rules))
    assert not [f"{e.expected}[{e.number}] is {e.got}: {e.detail}" for e in judged if not e.holds]
    assert {e.expected for e in judged} >= {"pass", "fail"}
    lines = {f"{e.expected} {e.number}": [*map(of_finding, e.findings), *map(of_change, e.changes)] for e in judged}
    kept.compare(rules[rule_id].pack, rule_id, {name: each for name, each in lines.items() if each})


def test_every_rule_has_a_file_of_its_name_and_nothing_is_kept_of_others(builtin, kept):
    assert sorted(builtin[0]) == RULE_IDS
    assert sorted(rule_id for said in kept.by_pack.values() for rule_id in said) == RULE_IDS
