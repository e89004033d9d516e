"""Lines by indentation are those that the whole text says, or none at all."""

import json
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from cdkguard.inputs.laid_out_json import find_laid_out
from cdkguard.inputs.property_lines import follow, read_first_member

NAMES = st.sampled_from(["A", "B", "Ref", "Ä", 'a"b', "a\\", "}", '" :'])
LEAVES = st.sampled_from([1, -2.5e9, True, None, "x", '{"A": [', "\\", 'a"b', "", [], {}])
VALUES = st.recursive(
    LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=4), max_leaves=20
)
BODIES = st.dictionaries(st.sampled_from(["Type", "Properties", "Ä"]), VALUES, min_size=1)


def paths_in(value, before=()):
    """Every path of the value, and some that leave it."""
    yield before
    yield from ((*before, step) for step in ("Missing", 0, 3))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_in(inner, (*before, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_in(inner, (*before, index))


def needs_reading(text):
    """Whether a key or a text has an escape, or a bracket of its own."""
    return any(set(found) & set("\\{}[]") for found in re.findall(r'"(?:[^"\\]|\\.)*"', text))


def read_whole(text, at, name, steps):
    return follow(read_first_member(text[at:]), [name, *steps])


@given(BODIES, BODIES, st.sampled_from([1, 2, 4, "\t"]), st.booleans())
def test_lines_by_indentation_are_those_of_the_whole_text(one, two, indent, ascii_only):
    body = {"Metadata": {"Resources": {"R": {}}}, "Resources": {"Q": one, "R": two, "Z": one}, "Outputs": {"R": {}}}
    text = json.dumps(body, indent=indent, ensure_ascii=ascii_only)
    laid_out = find_laid_out(text)
    assume('" :' not in text)
    for name, resource in (("Q", one), ("R", two), ("Z", one)):
        at = laid_out.find_key(name)
        assert text[at:].startswith(f'"{name}"') and laid_out.find_end(at) >= at
        for steps in paths_in(resource):
            found = laid_out.count_lines(at, steps)
            assert found == read_whole(text, at, name, steps) or found is None and needs_reading(text)


@given(BODIES, st.randoms(use_true_random=False))
def test_where_lines_are_joined_the_answer_is_the_same_or_none(one, random):
    lines = json.dumps({"Resources": {"R": one, "Z": {}}}, indent=1).split("\n")
    text = "\n".join(lines[:3])  # up to the key of the resource
    for line in lines[3:]:
        text += (" " + line.lstrip()) if random.random() < 0.2 else "\n" + line
    laid_out = find_laid_out(text)
    if laid_out is None:
        assert '" :' in text
        return
    at = laid_out.find_key("R")
    for steps in paths_in(one):
        found = laid_out.count_lines(at, steps)
        assert found is None or found == read_whole(text, at, "R", steps), (text, steps, found)


def test_other_texts_are_not_laid_out():
    for text in (
        "Resources:\n  A: {}\n",
        '{"Resources": {"A": {}}}',
        '{\n"Resources": {\n"A": {}}}',
        '{\r\n  "Resources": {\r\n    "A": {}}}',
        "",
    ):
        assert find_laid_out(text) is None
