"""Reading one template: every way in which a file can be none, and YAML's short forms."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.errors import TemplateError
from cdkguard.inputs.template_file import parse, read_template

OK = '{"Resources": {"A": {"Type": "T"}}}'


def read(tmp_path, content, name="t.json"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_template(str(file), name)


@pytest.mark.parametrize(
    "content, words",
    [
        ("", "t.json: empty"),
        ('{"Resources": {"A": {"Ty', "t.json:1: not JSON"),
        ('{"Resources": {},\n "Resources": {}}', "key 'Resources' is there twice"),
        ('{"Resources": {"A": {"Type": "T", "X": NaN}}}', "NaN is not JSON"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "nested"),
        ('{"Resources": {"A": {"Type": "T", "X": ' + "[" * 500 + "]" * 500 + "}}}", "nested deeper than"),
        ("[1]", "a template is a mapping, not a list"),
        ("null", "a template is a mapping, not null"),
        ('{"Resources": null}', "Resources is null"),
        ('{"Resources": {"A": null}}', "resource 'A' has no Type"),
        ('{"Resources": {"A": {"Type": 3}}}', "resource 'A' has no Type"),
        ('{"Resources": {"A": {"Type": "T", "Properties": []}}}', "Properties of resource 'A' is a list"),
        ('{"name": "x"}', "no Resources"),
        ('{"Resources": {}, "Conditions": []}', "Conditions is a list"),
        (b'{"Resources": {"\xe9": {}}}', "not UTF-8"),
        ("Resources: {A: {Type: T}}\nResources: {}", "t.json:2: key 'Resources' is there twice"),
        ("Resources:\n  A: {Type: !Foo x}", "no intrinsic function '!Foo'"),
        ("a: &a [*a]\nResources: {}", "an alias contains itself"),
        ("Resources:\n\t- x", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("x: &x {a: 1}\nResources: {A: {<<: *x, Type: T}}", "merge keys"),
        ("a: " + "[" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
    ],
)
def test_what_is_no_template_is_said_in_one_line(tmp_path, content, words):
    with pytest.raises(TemplateError) as stop:
        read(tmp_path, content)
    assert words in str(stop.value) and "\n" not in str(stop.value) and str(stop.value).startswith("t.json")


def test_an_alias_bomb_ends(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    began = time.monotonic()
    with pytest.raises(TemplateError, match="aliases make more values"):
        read(tmp_path, "\n".join([*lines, "Resources: {}"]))
    assert time.monotonic() - began < 5


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TemplateError, match="cannot be read"):
        read_template(str(tmp_path / "none.json"))


def test_a_byte_order_mark_is_no_matter(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf" + OK.encode())[0] == json.loads(OK)
    assert read(tmp_path, OK.encode("utf-16"))[0] == json.loads(OK)


def test_short_forms(tmp_path):
    text = """
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  C: !Equals [!Ref A, "x"]
  D: !And [!Condition C, !Not [!Condition C]]
Resources:
  A:
    Type: T
    Properties:
      Ref: !Ref B
      Att: !GetAtt B.Some.Arn
      List: !GetAtt [B, Arn]
      Sub: !Sub "${B}-x"
      Deep: !Join ["", [!If [C, yes, no], !Select [0, !Split [",", !Ref L]]]]
      On: yes
      Octal: "0123"
      Number: 12
      Date: 2020-01-01
"""
    body, lines = read(tmp_path, text, "t.yaml")
    found = body["Resources"]["A"]["Properties"]
    assert found["Ref"] == {"Ref": "B"} and found["Att"] == {"Fn::GetAtt": ["B", "Some.Arn"]}
    assert found["List"] == {"Fn::GetAtt": ["B", "Arn"]} and found["Sub"] == {"Fn::Sub": "${B}-x"}
    assert found["Deep"]["Fn::Join"][1][0] == {"Fn::If": ["C", True, False]}
    assert (found["On"], found["Octal"], found["Number"], found["Date"]) == (True, "0123", 12, "2020-01-01")
    assert body["AWSTemplateFormatVersion"] == "2010-09-09"
    assert body["Conditions"]["D"] == {"Fn::And": [{"Condition": "C"}, {"Fn::Not": [{"Condition": "C"}]}]}
    assert lines("A") == 7 and lines("None") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Resources", "Type", "A", "Properties"]), inner, max_size=3)
    ),
)


@given(JSON)
def test_json_is_read_as_json_reads_it(value):
    if isinstance(value, dict | list):
        assert parse(json.dumps(value), "x") == value


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_template_error(text):
    try:
        parse(text, "x")
    except TemplateError as stop:
        assert str(stop).startswith("x")


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_too_large_is_no_number(tmp_path, number):
    with pytest.raises(TemplateError, match="too large"):
        read(tmp_path, f'{{"Resources": {{"A": {{"Type": "T", "X": {number}}}}}}}')


@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan"])
def test_yaml_has_names_for_what_is_no_number(tmp_path, number):
    with pytest.raises(TemplateError, match="t.yaml:4: .*not a number"):
        read(tmp_path, f"Resources:\n  A:\n    Type: T\n    X: {number}\n", "t.yaml")


def test_closing_brackets_in_a_text_do_not_hide_depth(tmp_path):
    with pytest.raises(TemplateError, match="nested deeper"):
        read(tmp_path, f'x: "{"]" * 6000}"\ny: {"[" * 5000}{"]" * 5000}\nResources: {{}}\n', "t.yaml")


def test_the_functions_of_rules_have_short_forms_too(tmp_path):
    text = "Resources: {}\nRules: {R: {Assertions: [{Assert: !Contains [[a], !Ref X]}, {Assert: !EachMemberIn [[a], !RefAll X]}]}}"
    first, second = read(tmp_path, text, "t.yaml")[0]["Rules"]["R"]["Assertions"]
    assert first == {"Assert": {"Fn::Contains": [["a"], {"Ref": "X"}]}}
    assert second == {"Assert": {"Fn::EachMemberIn": [["a"], {"Fn::RefAll": "X"}]}}


def test_the_template_of_an_empty_cdk_stack_is_one(tmp_path):
    (tmp_path / "S.template.json").write_text('{"Rules": {"CheckBootstrapVersion": {}}}')
    body, _lines = read_template(str(tmp_path / "S.template.json"))
    assert body["Resources"] == {}
