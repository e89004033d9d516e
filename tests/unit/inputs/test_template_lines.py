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


@given(st.text("\n\r \"':{RMaA,#[", max_size=60), st.text("\n\r \"':{RMaA,#[", max_size=60), st.integers(0, 5))
def test_lines_are_those_of_the_text_whatever_stands_around(before, after, indent):
    blanks = " " * indent
    text = f"{before}\nResources:\n{blanks} Bucket:\n{blanks}  Type: T\n{after}"
    line = ResourceLines(text)("Bucket")
    assert line is None or "Bucket" in text.split("\n")[line - 1]


def test_a_section_named_many_times_on_one_line_takes_no_time():
    text = '{"Metadata": "' + "Resources: " * 200_000 + '", "Resources": {"A": {"Type": "T"}}}'
    assert ResourceLines(text)("A") == 1


def test_lines_of_a_template_on_one_line():
    text = '{"Resources": {"Ä-1": {"Type": "T"}, "Fn::ForEach::X": ["x", [], {}]}}'
    assert (ResourceLines(text)("Ä-1"), ResourceLines(text)("Fn::ForEach::X"), ResourceLines(text)("None")) == (
        1,
        1,
        None,
    )


PROPERTIES = """\
Resources:
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [app]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: s3:Get*
          - Effect: Allow
            Action: [a, b]
  Chosen:
    Properties:
      Rules: !If [Prod, [{A: 1}], [{A: 2}]]
  'Fn::ForEach::Stages':
    - Stage
    - [dev, prod]
    - 'Fn::ForEach::Buckets':
        - Name
        - [a]
        - 'Bucket${Stage}${Name}':
            Type: AWS::S3::Bucket
            Properties:
              AccessControl: PublicRead
"""


def test_a_property_has_its_own_line_or_that_of_its_nearest_ancestor():
    lines = ResourceLines(PROPERTIES)
    found = {
        path: lines("Policy", path)
        for path in ("", "Properties.Roles", "Properties.PolicyDocument.Statement[1]", "Properties.PolicyDocument.Statement[1].Action[1]",
                     "Properties.PolicyDocument.Statement[7].Action", "DeletionPolicy", "Properties.Missing.Inside")
    }  # fmt: skip
    assert [*found.values()] == [2, 5, 10, 11, 7, 2, 4]
    assert lines("Chosen", "Properties.Rules[0].A") == 14  # which of the two it is, the path does not say
    assert lines("Nobody", "Properties.Roles") is None


def test_what_a_loop_makes_has_the_lines_of_the_loop():
    lines = ResourceLines(PROPERTIES)
    assert (lines("Bucketproda"), lines("Bucketproda", "Properties.AccessControl")) == (21, 24)
    assert lines("Other") is None


@given(st.data())
def test_the_line_of_a_property_in_json_is_that_of_its_key(data):
    values = st.recursive(
        st.sampled_from([1, "x", True]),
        lambda inner: st.dictionaries(st.sampled_from("ABCD"), inner, min_size=1) | st.lists(inner, min_size=1),
        max_leaves=12,
    )
    properties = data.draw(st.dictionaries(st.sampled_from("ABCD"), values, min_size=1))
    body = {"Resources": {"First": {"Type": "T"}, "R": {"Type": "T", "Properties": properties}, "Z": {"Type": "T"}}}
    text = json.dumps(body, indent=data.draw(st.sampled_from([1, 2, "\t"])))
    path, value = "Properties", properties
    while isinstance(value, dict | list) and value:
        step = data.draw(st.sampled_from([*value] if isinstance(value, dict) else [*range(len(value))]))
        path, value = (f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"), value[step]
    line = text.splitlines()[ResourceLines(text)("R", path) - 1].strip()
    if not path.endswith("]"):
        assert line.startswith(f'"{path[-1]}":')
    elif not isinstance(value, dict | list):
        assert line.rstrip(",") == json.dumps(value)
