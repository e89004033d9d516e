"""Packs of a team beside the built-in ones: rules, named sets, and what may not be there twice."""

import json
from pathlib import Path

import pytest

from cdkguard.errors import ConfigError, RulePackError
from cdkguard.packs.load import load_packs
from cdkguard.packs.selection import select_rules
from tests.support.pack_files import CHANGE_RULE, RULE, write_pack

pytestmark = pytest.mark.usefixtures("own_cache")


def test_own_packs_are_loaded_beside_the_built_in_ones(tmp_path):
    folder = write_pack(tmp_path, RULE.format(id="my-rule"))
    loaded = load_packs([folder])
    *_unseen, mine = select_rules(loaded.rules, ["my-rule"])
    assert (mine.id, mine.pack) == ("my-rule", "guardrails")
    assert select_rules(loaded.rules, ["guardrails"])[-1] == mine


def test_a_change_rule_may_name_the_rules_of_a_pack_that_is_loaded_with_it(tmp_path):
    watching = write_pack(tmp_path, CHANGE_RULE.format(key="weakens: {rules: [theirs-*]}"))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "theirs-one.yaml").write_text(RULE.format(id="theirs-one"))
    assert load_packs([watching, str(theirs)])
    with pytest.raises(RulePackError, match=r"my-rule.yaml:5: no rule about resources is named 'theirs-\*'"):
        load_packs([watching])  # the prepared pack is in the cache by now


def test_an_empty_pack_is_an_error(tmp_path):
    with pytest.raises(RulePackError, match="no rule file"):
        load_packs([str(tmp_path)])
    with pytest.raises(ConfigError, match="no folder and no installed pack"):
        load_packs(["nowhere"])


def test_a_rule_id_is_there_once(tmp_path):
    folder = write_pack(tmp_path, RULE.format(id="data-retention"), "data-retention")
    with pytest.raises(RulePackError, match="is also in"):
        load_packs([folder])


def test_built_in_rules_have_what_a_reader_needs():
    for rule in load_packs().rules:
        assert rule.message and rule.why and rule.remedy and rule.remedy.text and rule.references, rule.id


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ("stateful: []\n", "'stateful'"),
        ("mine: [A::B::C]\nstateful: [AWS::S3::Bucket]\n", "sets.yaml:2: the set 'stateful'"),
    ],
)
def test_a_pack_cannot_take_types_out_of_a_set_of_others(tmp_path, sets, words):
    """Every rule that asks for @stateful would judge less, and nothing would say so."""
    folder = write_pack(tmp_path, RULE.format(id="my-rule"))
    Path(folder, "sets.yaml").write_text(sets)
    with pytest.raises(RulePackError, match=words):
        load_packs([folder])


def test_a_pack_adds_sets_and_may_repeat_one_that_is_the_same(tmp_path):
    folder = write_pack(tmp_path, RULE.format(id="my-rule"))
    members = sorted(load_packs().sets["stateful"])
    Path(folder, "sets.yaml").write_text(json.dumps({"stateful": members, "mine": ["A::B::C"]}))
    assert load_packs([folder]).sets["mine"] == {"A::B::C"}


CASES = RULE.replace("remedy: Write X.", "remedy:\n  text: Write X.\n  python: x=1,\n  template: 'Properties: {{X: 1}}'\n  cases:\n    - {case}")  # fmt: skip


def load_cases(tmp_path, case):
    (one,) = [
        r for r in load_packs([write_pack(tmp_path, CASES.format(id="my-rule", case=case))]).rules if r.id == "my-rule"
    ]
    return one.remedy_cases[0]["remedy"]


def test_a_case_with_a_text_has_its_own_code_alone(tmp_path):
    case = "{where: {path: $.Properties.Y, equals: 1}, text: Write Y., typescript: 'y: 1,'}"
    assert load_cases(tmp_path, case) == ["Write Y.", None, "y: 1,", None]


def test_a_case_without_a_text_changes_the_code_that_it_names(tmp_path):
    case = "{where: {path: $.Properties.Y, equals: 1}, python: 'y=1,'}"
    assert load_cases(tmp_path, case) == ["Write X.", "y=1,", None, "Properties: {X: 1}"]


@pytest.mark.parametrize("case", ["{where: {path: $.Type, equals: A}}", "{text: Write Y.}", "{where: {path: $.Type, equals: A}, ruby: y}", "text"])  # fmt: skip
def test_a_case_needs_a_requirement_and_advice(tmp_path, case):
    with pytest.raises(
        RulePackError, match="a case has where, and of text, python, typescript and template at least one"
    ):
        load_packs([write_pack(tmp_path, CASES.format(id="my-rule", case=case))])
