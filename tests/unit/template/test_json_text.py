"""JSON that stands in a template as text is read like the value."""

import pytest

from cdkguard.template.json_text import read_json_text
from cdkguard.template.paths import bind_steps
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred

VALUE = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:1:dead", "list": [{"n": 1}, {"n": 2}]}
HOLE = {"Fn::GetAtt": ["Dead", "Arn"]}
WRITTEN = [
    VALUE,
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:dead","list":[{"n":1},{"n":2}]}',
    ' \n{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:1:dead", "list": [{"n":1}, {"n":2}]}',
    {"Fn::ToJsonString": VALUE},
    {"Fn::Join": ["", ['{"deadLetterTargetArn":"', "arn:aws:sqs:eu-west-1:1:dead", '","list":[{"n":1},{"n":2}]}']]},
]


def find(written, *steps):
    return list(
        bind_steps(list(steps))(Scope({"Parameters": {"N": {"Type": "Number"}}}), {"Properties": {"P": written}})
    )


@pytest.mark.parametrize("written", WRITTEN)
def test_a_path_goes_into_a_text(written):
    (found,) = find(written, ["f", "Properties"], ["f", "P"], ["f", "deadLetterTargetArn"])
    assert found == (("Properties", "P", "deadLetterTargetArn"), "arn:aws:sqs:eu-west-1:1:dead")
    numbers = find(written, ["f", "Properties"], ["f", "P"], ["f", "list"], ["*"], ["f", "n"])
    assert [n for _path, n in numbers] == [1, 2]
    (missing,) = find(written, ["f", "Properties"], ["f", "P"], ["f", "other"])
    assert missing[1] is ABSENT


@pytest.mark.parametrize("written", [
    {"Fn::Sub": '{"arn":"${Dead.Arn}","n":${N}}'}, {"Fn::ToJsonString": {"arn": HOLE, "n": {"Ref": "N"}}},
    {"Fn::Join": ["", ['{"arn":"', HOLE, '","n":', {"Ref": "N"}, "}"]]},
])  # fmt: skip
def test_what_the_deployment_fills_in_is_not_known(written):
    (arn,) = find(written, ["f", "Properties"], ["f", "P"], ["f", "arn"])
    assert isinstance(arn[1], Deferred) and arn[1].target == "Dead"
    (number,) = find(written, ["f", "Properties"], ["f", "P"], ["f", "n"])
    assert isinstance(number[1], Deferred) and number[1].target == "N"


@pytest.mark.parametrize("written", ["plain", "{not json", "[1]", ""])
def test_another_text_has_no_members(written):
    assert find(written, ["f", "Properties"], ["f", "P"], ["f", "arn"])[0][1] is ABSENT


def test_a_text_that_is_no_json_because_of_its_holes_is_not_known():
    (found,) = find({"Fn::Sub": '{"a":${N}${N}'}, ["f", "Properties"], ["f", "P"], ["f", "a"])
    assert isinstance(found[1], Deferred)


def test_a_quote_behind_a_backslash_ends_no_text():
    assert read_json_text(Deferred("text", "", parts=('{"a":"\\"', Deferred("unknown", 1), '"}')))["a"].kind == "text"
