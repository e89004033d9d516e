"""Examples of a rule file: a malformed one is an error of the file, not of cdkguard."""

import pytest

from cdkguard.check.examples import run_examples
from cdkguard.errors import RulePackError
from cdkguard.packs.load import load_packs
from tests.support.pack_files import CHANGE_RULE, RULE, write_pack


def run(folder):
    loaded = load_packs([folder])
    mine = [rule for rule in loaded.rules if rule.file.startswith(folder)]
    return list(run_examples(mine, loaded.sets, loaded.rules))


@pytest.mark.parametrize(
    "case",
    [
        "{X: 1}", "5", "{before: {}}", "{before: {}, after: 5}", "{before: {config: {}}, after: {}}",
        "{before: {stack: 5}, after: {}}", "{before: {template: 5}, after: {}}", "{before: {template: {}}, after: {}}",
        "{before: {config: []}, after: {config: {}}}",
    ],
)  # fmt: skip
def test_an_example_of_a_change_rule_is_a_pair(tmp_path, case):
    folder = write_pack(tmp_path, CHANGE_RULE.format(key="").replace("pass: []", f"pass: [{case}]"))
    with pytest.raises(RulePackError, match=r"my-rule\.yaml:1: example 1 of pass "):
        run(folder)


@pytest.mark.parametrize(
    "case", ["{template: 5}", "{template: {Resources: []}}", "{resource: x}", "{stack: []}", "{settings: 5}"]
)
def test_the_parts_of_an_example_are_mappings(tmp_path, case):
    text = RULE.format(id="my-rule").replace("fail: [{}]", f"fail: [{{}}, {case}]")
    with pytest.raises(RulePackError, match=r"my-rule\.yaml:1: example 2 of fail "):
        run(write_pack(tmp_path, text))


def test_a_pair_is_judged(tmp_path):
    pair = "{before: {resource: {Type: 'AWS::S3::Bucket'}}, after: {resource: {Type: 'AWS::S3::Bucket', Properties: {X: 1}}}}"
    text = CHANGE_RULE.format(key="").replace("fail: []", f"fail: [{pair}]").replace("pass: []", "pass: [{before: {}, after: {}}]")  # fmt: skip
    assert [example.holds for example in run(write_pack(tmp_path, text))] == [True, True]
