"""The lines on which resources begin."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.inputs.template_lines import ResourceLines


@given(st.lists(st.sampled_from(["A", "B1", "Cc"]), unique=True, min_size=1), st.sampled_from([None, 1, 2]))
def test_lines_are_those_of_the_keys(names, indent):
    text = json.dumps(
        {"Parameters": {n: {"Type": "String"} for n in names}, "Resources": {n: {"Type": "T"} for n in names}},
        indent=indent,
    )
    for name in names:
        line = ResourceLines(text)(name)
        assert line is not None and f'"{name}"' in text.splitlines()[line - 1]


PROPERTY_OF_THE_SAME_NAME = """
Metadata:
  Resources:
    Bucket:
      note: not this one
Resources:
  # a comment
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket:
        Ref: Bucket
  Bucket:
    Type: AWS::S3::Bucket
  "Fn::ForEach::Topics": [T, [a, b], {}]
  Fn::ForEach::Queues:
    - Q
Outputs:
  Policy:
    Value: x
"""


def test_a_property_of_the_same_name_is_not_the_resource():
    lines = ResourceLines(PROPERTY_OF_THE_SAME_NAME)
    found = {name: lines(name) for name in ("Policy", "Bucket", "Fn::ForEach::Topics", "Fn::ForEach::Queues")}
    assert found == {"Policy": 8, "Bucket": 13, "Fn::ForEach::Topics": 15, "Fn::ForEach::Queues": 16}
    body = {"Resources": {"P": {"Properties": {"Bucket": {"Ref": "Bucket"}}}, "Bucket": {"Type": "T"}, "Ä": {}}}
    lines = ResourceLines(json.dumps(body, indent=1))
    assert (lines("P"), lines("Bucket"), lines("Ä")) == (3, 10, 13)


def test_lines_of_a_template_on_one_line():
    text = '{"Resources": {"Ä-1": {"Type": "T"}, "Fn::ForEach::X": ["x", [], {}]}}'
    assert (ResourceLines(text)("Ä-1"), ResourceLines(text)("Fn::ForEach::X"), ResourceLines(text)("None")) == (
        1,
        1,
        None,
    )
