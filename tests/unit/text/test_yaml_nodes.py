"""YAML text -> nodes: lines of mistakes, of depth and of repeated keys."""

import pytest

from cdkguard.text.yaml_nodes import NotYaml, compose, find_repeated_key, line_nested_deeper


def test_a_mistake_has_its_line_and_the_parsers_words():
    with pytest.raises(NotYaml) as stop:
        compose("a: 1\nb: [\n")
    assert stop.value.line == 3 and "expected" in stop.value.words


def test_a_text_that_says_nothing_has_no_node():
    assert compose("# nothing\n") is None


@pytest.mark.parametrize(("most", "line"), [(1, 2), (2, 3), (3, None)])
def test_the_first_line_that_is_too_deep(most, line):
    assert line_nested_deeper("a:\n  b:\n    c: 1\n", most) == line


def test_depth_is_found_without_recursion():
    assert line_nested_deeper("[" * 900, 40) == 1


def test_depth_is_not_asked_of_what_is_no_yaml():
    with pytest.raises(NotYaml):
        line_nested_deeper("a: [\n", 40)


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\nb: 2\n", None), ("a: 1\nb: 2\na: 3\nb: 4\n", 3), ("[a]: 1\n[a]: 2\n", None)]
)
def test_the_first_key_that_is_there_twice(text, line):
    found = find_repeated_key(compose(text))
    assert (found and found.start_mark.line + 1) == line
