"""Every built-in rule holds what its own examples say of it."""

from pathlib import Path

import pytest

from cdkguard import packs, ruletest

RULE_FILES = [Path(file).stem for file in packs.rule_files(packs.builtin())]
RULE_IDS = sorted(name for name in RULE_FILES if name != "sets")


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        loaded = packs.load_all()
        return {rule.id: rule._replace(file=packs.source_file(rule)) for rule in loaded.rules}, loaded


@pytest.mark.parametrize("rule_id", RULE_IDS)
def test_every_example_holds(rule_id, builtin):
    rules, loaded = builtin
    shown = list(ruletest.run([rules[rule_id]], loaded.sets, loaded.rules))
    assert not [f"{e.expected}[{e.number}] is {e.got}: {e.detail}" for e in shown if not e.holds]
    assert {e.expected for e in shown} >= {"pass", "fail"}


def test_every_rule_has_a_file_of_its_name(builtin):
    assert sorted(builtin[0]) == RULE_IDS
