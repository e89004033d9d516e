"""Strict JSON: what is refused, however it is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.errors import TemplateError
from cdkguard.inputs.template_json import parse_json
from cdkguard.text.nesting import MAX_DEPTH

TEXTS = st.sampled_from(["a", "b", '":', '" :', "\\", '{"a": 1}', "Ä"])
VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(TEXTS, inner), max_size=4).map(tuple),
    max_leaves=15,
)


def write(value, blank):
    """JSON of lists, scalars and tuples of members, which can hold a key twice."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(key)}{blank}: {write(inner, blank)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write(inner, blank) for inner in value) + "]"
    return json.dumps(value)


def has_key_twice(value):
    inner = [one for _key, one in value] if isinstance(value, tuple) else value if isinstance(value, list) else []
    is_here = isinstance(value, tuple) and len({key for key, _one in value}) < len(value)
    return is_here or any(map(has_key_twice, inner))


@given(VALUES, st.sampled_from(["", "", " ", "\n", "\t", "\r"]))
def test_a_key_that_is_there_twice_is_refused_and_nothing_else(value, blank):
    text = write(value, blank)
    if has_key_twice(value):
        with pytest.raises(TemplateError, match="is there twice"):
            parse_json(text, "t.json")
    else:
        assert parse_json(text, "t.json") == json.loads(text)


def test_a_blank_before_a_colon_does_not_hide_a_key_that_is_there_twice():
    with pytest.raises(TemplateError, match="key 'A' is there twice"):
        parse_json('{"Resources": {"A" : {"x": "\\":"}, "A": {}}}', "t.json")


@pytest.mark.parametrize("deep, is_refused", [(MAX_DEPTH, False), (MAX_DEPTH + 1, True)])
def test_nesting_is_bounded(deep, is_refused):
    for text in ("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep):
        if is_refused:
            with pytest.raises(TemplateError, match=f"deeper than {MAX_DEPTH}"):
                parse_json(text, "t.json")
        else:
            assert parse_json(text, "t.json") is not None


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "1e999", "{", '{"a": 1,}', "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(TemplateError, match="^t.json"):
        parse_json(text, "t.json")


def test_a_scalar_is_a_value():
    assert [parse_json(text, "t.json") for text in ('"a"', "1", "null", '"{[\\":"')] == ["a", 1, None, '{[":']
