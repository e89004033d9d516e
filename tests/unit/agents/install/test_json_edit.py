"""What is put into the text of a JSON file comes out again to the byte, and nothing else changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents.install import json_edit
from cdkguard.agents.install.json_nodes import NotJson, read_nodes

KEYS = st.sampled_from(["hooks", "PreToolUse", "permissions", "deny", "theme", "env", "ä"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 99), st.text(max_size=6))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
OURS = {"matcher": "Bash", "hooks": [{"command": "cdkguard agents hook --host claude || exit 2"}]}
PATH = ("hooks", "PreToolUse")


@st.composite
def json_texts(draw):
    """Texts of objects in the styles that people and programs write, with comments."""
    value = draw(st.dictionaries(KEYS, VALUES, max_size=4))
    hooks = draw(st.sampled_from(["absent", "empty", "empty list", "theirs"]))
    value.pop("hooks", None)
    if hooks != "absent":
        value["hooks"] = {"empty": {}, "empty list": {"PreToolUse": []}, "theirs": {"PreToolUse": [{"matcher": "Edit"}]}}[hooks]  # fmt: skip
    text = json.dumps(value, indent=draw(st.sampled_from([None, 2, 4, "\t"])), ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace("\n", " // theirs\n", 1)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\n", "/* top */ "])) + text + draw(st.sampled_from(["", "\n", "\n\n"]))


@given(json_texts())
def test_an_element_that_is_put_in_is_there_and_comes_out_to_the_byte(text):
    put = json_edit.put_element(text, PATH, OURS)
    found = json_edit.find_node(read_nodes(put), PATH)
    assert found.children[-1].node.plain() == OURS
    assert json_edit.take_element(put, PATH, len(found.children) - 1) == text


@given(json_texts(), st.lists(st.text(max_size=5), min_size=1, max_size=3))
def test_several_entries_come_out_in_the_other_order(text, words):
    put = json_edit.put_member(text, ("mcpServers",), "cdkguard", {"command": "cdkguard"})
    for word in words:
        put = json_edit.put_element(put, ("more", "words"), word)
    for at in reversed(range(len(words))):
        put = json_edit.take_element(put, ("more", "words"), at)
    assert json_edit.take_member(put, ("mcpServers",), "cdkguard") == text


@given(json_texts())
def test_what_others_wrote_keeps_its_order_and_content(text):
    before, after = read_nodes(text).plain(), read_nodes(json_edit.put_element(text, PATH, OURS)).plain()
    assert after["hooks"]["PreToolUse"][:-1] == before.get("hooks", {}).get("PreToolUse", [])
    assert [key for key in after if key in before] == list(before)
    assert {key: value for key, value in after.items() if key != "hooks"} == {key: value for key, value in before.items() if key != "hooks"}  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_plain_json_is_read_as_json_reads_it(value):
    assert read_nodes(json.dumps(value)).plain() == value
    assert read_nodes(json.dumps(value, indent=2)).plain() == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the text ends too early"),
        ("{", "line 1: a value is expected|line 1: the text ends too early"),
        ('{"a": 1', "line 1: the text ends too early"),
        ('{\n"a" 1}', 'line 2: ":" is expected'),
        ("{\n1: 2}", "line 2: a key in quotes"),
        ("[1] 2", "more text"),
        ("[1 2]", '"," or "]"'),
        ("[" * 200, "nested too deeply"),
        ('"\\x"', "line 1"),
        ("{'a': 1}", "a value is expected"),
        ("[01]", '"," or "]"'),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text, message):
    with pytest.raises(NotJson, match=message):
        read_nodes(text)


@pytest.mark.parametrize("text", ['{"a": [1, 2,],}', '// top\n{"a": /* inside */ 1}', '\ufeff{"a": "// no comment"}'])
def test_comments_and_last_commas_are_read(text):
    assert isinstance(read_nodes(text).plain()["a"], list | int | str)


@pytest.mark.parametrize("text", ['{"hooks": []}', '{"hooks": "x"}', "[]", '{"hooks": {"PreToolUse": {}}}'])
def test_something_else_in_the_place_is_not_overwritten(text):
    with pytest.raises(json_edit.Occupied):
        json_edit.put_element(text, PATH, OURS)


def test_a_comment_stays_with_its_line():
    text = '{\n  "hooks": {} // none yet\n}\n'
    put = json_edit.put_member(text, (), "z", 1)
    assert put == '{\n  "hooks": {}, // none yet\n  "z": 1\n}\n'


def test_entries_go_in_by_the_indent_of_the_file():
    text = '{\n\t"hooks": {\n\t\t"Stop": []\n\t}\n}\n'
    put = json_edit.put_element(text, PATH, {"a": [1]})
    assert put == '{\n\t"hooks": {\n\t\t"Stop": [],\n\t\t"PreToolUse": [\n\t\t\t{\n\t\t\t\t"a": [\n\t\t\t\t\t1\n\t\t\t\t]\n\t\t\t}\n\t\t]\n\t}\n}\n'  # fmt: skip


def test_replacing_leaves_the_rest():
    text = '{"a": [1, {"b": 2}], "c": 3}'
    assert json_edit.replace_element(text, ("a",), 1, {"b": 4}) == '{"a": [1, {"b": 4}], "c": 3}'
    assert json_edit.put_member(text, (), "c", "x") == '{"a": [1, {"b": 2}], "c": "x"}'
