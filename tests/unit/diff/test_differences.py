"""Where two values differ, and which values CloudFormation takes for equal."""

from __future__ import annotations

import pytest

from cdkguard.diff.differences import are_equal, find_differences
from cdkguard.template.values import ABSENT


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (5, "5", True),
        (5, 5.0, True),
        (True, "true", True),
        ("5.10", "5.1", False),
        (True, 1, False),
        (None, "", False),
        ([1, 2], ["1", "2"], True),
        ([1, 2], [2, 1], False),
        ({"a": 1, "b": 2}, {"b": "2", "a": "1"}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_same_as_cloudformation_compares(one, other, expected):
    assert are_equal(one, other) is are_equal(other, one) is expected


def test_elements_of_lists_of_other_lengths_are_added_or_removed():
    assert list(find_differences(["a", "b"], ["b", "a", "c"])) == [((2,), ABSENT, "c")]
    assert list(find_differences({"x": [1, 2]}, {"x": ["2"]})) == [(("x", 0), 1, ABSENT)]
