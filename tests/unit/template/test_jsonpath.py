"""JSONPaths of rules, parsed into steps."""

import pytest

from cdkguard.template.jsonpath import PathError, parse_path


@pytest.mark.parametrize("text", ["$.", "$.A[?(@.x>1)]", "$.A[1:2]", "$.A|$.B", "$.A[", "A B"])
def test_what_rules_cannot_use_is_refused(text):
    with pytest.raises(PathError):
        parse_path(text)


def test_a_path_walks_into_everything_twice_at_most():
    assert parse_path("$..A..B").count([".."]) == 2
    with pytest.raises(PathError, match="more than two"):
        parse_path("$..A..B..C")
