"""The lines of a resource that is written as JSON are those that the parser of YAML finds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.inputs.json_nodes import read_json_member
from cdkguard.inputs.yaml_nodes import read_yaml_member

TEXTS = st.text('abz09 .:,{}[]"\\/#-_$', max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def tree(node):
    return node.line, {k: tree(v) for k, v in node.members.items()}, [tree(e) for e in node.elements]


@settings(deadline=None)
@given(TEXTS, VALUES, st.sampled_from([None, 1, 4, "\t"]))
def test_both_readers_find_the_same_lines(name, value, indent):
    text = json.dumps({name: value, "Next": {"Type": "T"}}, indent=indent)[1:].lstrip()
    found = read_json_member(text)
    assert found is not None and tree(found) == tree(read_yaml_member(text))


@pytest.mark.parametrize(
    "text",
    [
        'Bucket:\n  Type: "T"\n',
        '"Bucket":\n  Type: T\n',
        '"Bucket": {\'Type\': "T"}',
        '"Bucket": {"Type": !Ref Name}',
        '"Bucket": {"Type": "T" # why\n}',
        '"Bucket": {"Text": "one\n two"}',
        '"Bucket": {Type: "T"}',
    ],
)
def test_what_is_no_json_is_left_to_the_other_reader(text):
    assert read_json_member(text) is None


def test_what_is_cut_off_is_read_as_far_as_it_goes():
    found = read_json_member('"A": {"Type": "T",\n"Properties": {"X":\n [1,\n 2')
    assert tree(found) == tree(read_yaml_member('"A": {"Type": "T",\n"Properties": {"X":\n [1,\n 2'))
