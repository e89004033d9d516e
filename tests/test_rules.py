"""Every built-in rule holds what its own examples say of it, and says the same of them as ever, word for word."""

import json
from pathlib import Path

import pytest
from conftest import GOLDEN

from cdkguard import packs, ruletest
from cdkguard.intrinsics import ABSENT, Deferred

RULE_FILES = [Path(file).stem for file in packs.rule_files(packs.builtin())]
RULE_IDS = sorted(name for name in RULE_FILES if name != "sets")
SAID = GOLDEN / "rules"


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        loaded = packs.load_all()
        return {rule.id: rule._replace(file=packs.source_file(rule)) for rule in loaded.rules}, loaded


@pytest.fixture(scope="module")
def said(request):
    """Rule id -> the lines that are kept of it; `--update-golden` writes what was said instead."""
    kept = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(SAID.glob("*.json"))}
    yield {rule_id: lines for pack in kept.values() for rule_id, lines in pack.items()}
    if request.config.getoption("--update-golden"):
        SAID.mkdir(exist_ok=True)
        for pack, lines in NEW.items():
            text = json.dumps({**kept.get(pack, {}), **lines}, indent=1, sort_keys=True, ensure_ascii=False)
            (SAID / f"{pack}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


NEW = {}


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
def test_every_example_holds(rule_id, builtin, said, request):
    rules, loaded = builtin
    judged = list(ruletest.run([rules[rule_id]], loaded.sets, loaded.rules))
    assert not [f"{e.expected}[{e.number}] is {e.got}: {e.detail}" for e in judged if not e.holds]
    assert {e.expected for e in judged} >= {"pass", "fail"}
    lines = {f"{e.expected} {e.number}": [*map(of_finding, e.findings), *map(of_change, e.changes)] for e in judged}
    lines = {name: each for name, each in lines.items() if each}
    if request.config.getoption("--update-golden"):
        NEW.setdefault(rules[rule_id].pack, {})[rule_id] = lines
    else:
        assert lines == said[rule_id]


def test_every_rule_has_a_file_of_its_name(builtin):
    assert sorted(builtin[0]) == RULE_IDS
