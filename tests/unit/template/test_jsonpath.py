"""JSONPaths of rules, parsed into steps."""

import pytest

from cdkguard.template.jsonpath import PathError, parse


@pytest.mark.parametrize("text", ["$.", "$.A[?(@.x>1)]", "$.A[1:2]", "$.A|$.B", "$.A[", "A B"])
def test_what_rules_cannot_use_is_refused(text):
    with pytest.raises(PathError):
        parse(text)


def test_a_path_walks_into_everything_twice_at_most():
    assert parse("$..A..B").count([".."]) == 2
    with pytest.raises(PathError, match="more than two"):
        parse("$..A..B..C")
