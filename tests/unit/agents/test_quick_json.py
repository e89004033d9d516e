"""The quick reader takes the JSON that `json` takes, and no other."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents.quick_json import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(VALUES, st.booleans())
def test_what_json_writes_is_read(value, is_ascii):
    assert parse_json(f" {json.dumps(value, ensure_ascii=is_ascii)}\n") == value


@given(st.text(st.sampled_from('{}[]",:\\ \n0e-+.tru"nulNaIf'), max_size=20))
def test_it_agrees_with_json(text):
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            parse_json(text)
    else:
        assert repr(parse_json(text)) == repr(expected)


@pytest.mark.parametrize("text", ["", "{", '{"a": 1} x', '"a\nb"', "[1,]", "\ufeff{}"])
def test_what_is_no_json_is_a_value_error_in_a_fresh_process_too(text):
    code = f"from cdkguard.agents.quick_json import parse_json\ntry: parse_json({text!r})\nexcept ValueError: print('refused')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "refused\n"


def test_it_needs_no_json_module():
    code = "from cdkguard.agents.quick_json import parse_json; parse_json('{\"a\": [1.5, \"x\"]}'); import sys; print('json' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_it_nests_no_deeper_than_python():
    with pytest.raises(RecursionError):
        parse_json("[" * 200_000)
