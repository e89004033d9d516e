"""Requests and decisions are the same behind the pipe as before it, and nothing else is understood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents import exchange
from cdkguard.agents.nouns import ACTION_KINDS, ANSWERS, Action, Decision, ParsedLine, Request, ToolCall
from cdkguard.errors import InputError

TEXT = st.text(st.characters(), max_size=12)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
MAPPING = st.dictionaries(TEXT, TEXT, max_size=3)
NOTHING = st.none() | TEXT
JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3))
ACTIONS = st.builds(
    Action, st.sampled_from(sorted(ACTION_KINDS)), TEXT, TEXT, TEXTS, TEXT, TEXTS, TEXTS, NOTHING, MAPPING, MAPPING,
    NOTHING, NOTHING, MAPPING, NOTHING, NOTHING, NOTHING, TEXT, TEXT, TEXTS, TEXTS, TEXT, TEXT,
)  # fmt: skip
CALLS = st.builds(
    ToolCall, TEXT, st.sampled_from(exchange.EVENTS), TEXT, TEXT, st.sampled_from(exchange.SHELLS), TEXT, TEXTS, TEXT, TEXT,
)  # fmt: skip
LINES = st.builds(ParsedLine, st.lists(ACTIONS, max_size=2).map(tuple), TEXTS, TEXTS)
REQUESTS = st.builds(Request, CALLS, LINES, st.floats(0, 600), st.booleans())
DECISIONS = st.builds(Decision, st.sampled_from(ANSWERS), TEXT, TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3))


@given(REQUESTS)
def test_a_request_comes_out_as_it_went_in(request):
    text = exchange.write_request(request)
    assert text.isascii() and "\n" not in text
    assert exchange.read_request(text) == request


@given(DECISIONS)
def test_a_decision_comes_out_as_it_went_in(decision):
    assert exchange.read_decision(exchange.write_decision(decision)) == decision


GOOD = json.loads(exchange.write_request(Request(ToolCall("claude", "shell"), ParsedLine((Action("deploy", "cdk", "deploy"),)))))  # fmt: skip


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    copied = json.loads(json.dumps(value))
    at = copied
    for key in path[:-1]:
        at = at[key]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return copied


@pytest.mark.parametrize("path", list(places(GOOD)), ids=str)
def test_another_type_anywhere_is_refused(path):
    for new in ({"x": 1}, [1], "not a word of ours" if path[-1:] in (("kind",), ("event",), ("shell",)) else 3 + 4j):
        if isinstance(new, complex):
            continue
        with pytest.raises(InputError):
            exchange.read_request(json.dumps(replaced(GOOD, path, new)))


@pytest.mark.parametrize("path", [path for path in places(GOOD) if path and isinstance(path[-1], str)], ids=str)
def test_a_field_that_is_missing_is_refused(path):
    with pytest.raises(InputError):
        exchange.read_request(json.dumps(replaced(GOOD, path, ...)))


@pytest.mark.parametrize("text", ["", "{", "null", '{"answer": "allow"}', "[" * 100_000, '{"answer": "silent"}'])
def test_what_is_no_decision_is_refused(text):
    with pytest.raises(InputError):
        exchange.read_decision(text)
