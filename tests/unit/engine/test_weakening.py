"""Values that go the wrong way."""

from __future__ import annotations

import pytest

from cdkguard.engine.weakening import align_lists, find_weakenings
from cdkguard.model import Outcome
from cdkguard.template.jsonpath import parse_path
from cdkguard.template.scope import Scope, Verbatim
from cdkguard.template.values import ABSENT, Deferred

UNKNOWN = Deferred("parameter", {"Ref": "P"}, "P")
NO_VALUE = {"Ref": "AWS::NoValue"}


def either(yes, no):
    return {"Fn::If": ["c", yes, no]}


def told(before, after, path="$.A.B", **entry):
    found = find_weakenings({"steps": parse_path(path), **entry}, before, after, Verbatim.of(Scope({})))
    return [weak.outcome for weak in found]


FAIL, UNSURE = [Outcome.FAIL], [Outcome.UNKNOWN]
LOWER = [
    (5, 3, FAIL), (3, 5, []), ("5", 5, []), (5, ABSENT, FAIL), (ABSENT, 5, []), (5, UNKNOWN, UNSURE), (UNKNOWN, 5, UNSURE),
    (UNKNOWN, UNKNOWN, []), (either(5, 9), 3, FAIL), (either(5, 2), 3, UNSURE), (5, either(3, 4), FAIL), (5, either(3, 9), UNSURE),
    (5, either(6, NO_VALUE), UNSURE), (either(5, 9), either(5, 9), []), (5, "x", UNSURE), (5, True, UNSURE),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), LOWER, ids=str)
def test_lower(before, after, expected):
    body = [{"A": {"B": v}} if v is not ABSENT else {"A": {}} for v in (before, after)]
    assert told(*body, by="lower") == expected


def test_a_default_stands_for_what_is_not_written():
    assert told({}, {"A": {"B": 0}}, by="lower", default=1) == FAIL
    assert told({"A": {"B": 1}}, {}, by="lower", default=1) == []
    assert told({"A": {"B": 30}}, {}, by="lower", default=1) == FAIL


def test_a_branch_above_the_value_hides_nothing():
    assert told({"A": either({"B": 30}, {"B": 20})}, {"A": {"B": 1}}, by="lower") == FAIL
    assert told({"A": {"B": 30}}, {"A": either({"B": 30}, NO_VALUE)}, by="lower") == UNSURE


def test_branches_beside_the_value_do_not_matter():
    beside = {f"X{i}": either(1, 2) for i in range(12)}
    assert told({**beside, "A": {"B": 5}}, {**beside, "A": {"B": 5}, "Z": either(1, 2)}, by="lower") == []
    assert told({**beside, "A": {"B": 5}}, {**beside, "A": {"B": 3}}, by="lower") == FAIL


RULES = [
    ("another order", [{"Id": "a", "B": 9}, {"Id": "b", "B": 5}], [{"Id": "b", "B": 5}, {"Id": "a", "B": 9}], [], []),
    ("another order, one lower", [{"Id": "a", "B": 9}, {"Id": "b", "B": 5}], [{"Id": "b", "B": 4}, {"Id": "a", "B": 9}], FAIL, FAIL),
    ("one more, in front", [{"Id": "a", "B": 9}], [{"Id": "n", "B": 5}, {"Id": "a", "B": 9}], FAIL, []),
    ("one less", [{"Id": "a", "B": 9}, {"Id": "b", "B": 5}], [{"Id": "b", "B": 5}], [], []),
    ("without names", [{"B": 9}, {"B": 5}], [{"B": 5}, {"B": 9}], [], []),
    ("without names, one lower", [{"B": 9}, {"B": 5}], [{"B": 5}, {"B": 8}], FAIL, FAIL),
    ("of nothing", [], [{"B": 5}], FAIL, []),
    ("not known", [{"Id": "a", "B": 9}], [{"Id": "a", "B": UNKNOWN}], UNSURE, UNSURE),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "whole", "kept"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_elements_are_compared_with_their_partners(before, after, whole, kept):
    sides = {"A": before}, {"A": after}
    assert told(*sides, path="$.A[*].B", by="lower", default=99) == whole
    assert told(*sides, path="$.A[*].B", by="lower", default=99, elements="kept") == kept


def test_values_of_a_list_that_go():
    assert told({"A": ["x", "y"]}, {"A": ["y", "z"]}, path="$.A[*]", by="changed") == FAIL
    assert told({"A": ["x", "y"]}, {"A": ["y"]}, path="$.A[*]", by="changed") == FAIL
    assert told({"A": ["x", "y"]}, {"A": ["y", "z", "x"]}, path="$.A[*]", by="changed") == []


def test_what_is_filtered_is_what_counts():
    rules = [{"Id": "a", "On": on, "B": 1} for on in ("no", "yes")]
    path = "$.A[?(@.On=='yes')].B"
    assert told({"A": []}, {"A": rules[:1]}, path=path, by="lower", default=9) == []
    assert told({"A": rules[:1]}, {"A": rules[1:]}, path=path, by="lower", default=9) == FAIL


@pytest.mark.parametrize(
    ("by", "before", "after", "expected"),
    [("added", ABSENT, 1, FAIL), ("added", 1, 2, []), ("added", 1, ABSENT, []), ("other", 1, 2, FAIL), ("other", 1, ABSENT, []),
     ("other", ABSENT, 1, []), ("prefix", "a/", "a/b/", []), ("prefix", "a/", "", FAIL), ("prefix", "a/", ABSENT, FAIL),
     ("prefix", ABSENT, "a/", []), ("prefix", "a/", UNKNOWN, UNSURE), ("prefix", "a/", "b/", FAIL)],
)  # fmt: skip
def test_other_ways(by, before, after, expected):
    body = [{"A": {"B": v}} if v is not ABSENT else {"A": {}} for v in (before, after)]
    assert told(*body, by=by) == expected


def test_equals_in_an_order():
    order = ["weak", ["strong", "as strong"]]
    assert told({"A": {"B": "strong"}}, {"A": {"B": "as strong"}}, by="order", order=order) == []
    assert told({"A": {"B": "as strong"}}, {"A": {"B": "weak"}}, by="order", order=order) == FAIL


ORDER = [
    ("Delete", "Retain", []),
    ("Retain", "Delete", FAIL),
    ("Retain", UNKNOWN, UNSURE),
    ("Retain", ABSENT, FAIL),
    (ABSENT, "Delete", []),
]


@pytest.mark.parametrize(("before", "after", "expected"), ORDER, ids=str)
def test_order(before, after, expected):
    body = [{"A": {"B": v}} if v is not ABSENT else {} for v in (before, after)]
    assert told(*body, by="order", order=["Delete", "Snapshot", "Retain"]) == expected


def test_changed_and_absent():
    assert told({"A": {"B": "k"}}, {"A": {"B": "l"}}, by="changed") == FAIL
    assert told({}, {"A": {"B": "l"}}, by="changed") == []
    assert told({"A": {"B": "k"}}, {"A": {}}, by="absent") == FAIL
    assert told({"A": {"B": "k"}}, {"A": {"B": "l"}}, by="absent") == []


def test_what_comes_or_goes_is_not_weakened():
    assert told(ABSENT, {"A": {"B": 1}}, by="lower") == told({"A": {"B": 1}}, None, by="lower") == []


def test_many_elements_find_their_partners_wherever_they_stand():
    before = [{"Id": str(i), "Days": i, "Tags": [{"on": True}]} for i in range(20_000)]
    after = [{"Tags": [{"on": "true"}], "Days": str(i), "Id": str(i)} for i in reversed(range(20_000))]
    after[5] = {"Id": "19994", "Days": 1}
    olds, news = align_lists(before, after)
    assert [old["Id"] for old in olds] == [new["Id"] for new in news]
    assert [old["Id"] for old, new in zip(olds, news, strict=True) if old["Days"] != int(new["Days"])] == ["19994"]


ADDRESSES = [
    (["203.0.113.0/24"], ["203.0.113.7/32"], []), (["203.0.113.7/32"], ["203.0.113.0/24"], FAIL), (["10.0.0.0/25", "10.0.0.128/25"], "10.0.0.0/24", []),
    (["10.0.0.0/24"], ["10.0.0.0/24", "10.0.1.0/24"], FAIL), (ABSENT, ["10.0.0.0/24"], []), (["10.0.0.0/24"], ABSENT, FAIL), ([], ["10.0.0.0/24"], []),
    (["10.0.0.0/24"], [], FAIL), (["10.0.0.0/24"], [UNKNOWN], UNSURE), ([UNKNOWN], ["10.0.0.0/24"], UNSURE), ([UNKNOWN, "10.0.0.0/8"], ["10.0.0.0/24"], []),
    (["10.0.0.0/24", "0.0.0.0/0"], ABSENT, []), ("10.0.0.0/24", "0.0.0.0/0", FAIL), ("10.0.0.0/24", "an alias", UNSURE), (["10.0.0.0/24"], ["2001:db8::/32"], FAIL),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), ADDRESSES, ids=str)
def test_addresses(before, after, expected):
    body = [{"A": {"B": v}} if v is not ABSENT else {"A": {}} for v in (before, after)]
    assert told(*body, by="addresses") == expected


def test_none_may_be_written_out():
    assert told({"A": {"B": "x"}}, {"A": {"B": ""}}, by="absent", default="") == FAIL
    assert told({"A": {"B": "x"}}, {"A": {}}, by="absent", default="") == FAIL
    assert told({"A": {"B": ""}}, {"A": {}}, by="absent", default="") == []
    assert told({"A": {}}, {"A": {"B": ""}}, by="added", default="") == []
    assert told({"A": {"B": ""}}, {"A": {"B": "x"}}, by="added", default="") == FAIL


def test_only_the_outermost_list_keeps_what_both_have():
    before, after = [{"Id": "a", "B": ["x"]}], [{"Id": "a", "B": ["x", "y"]}, {"Id": "n", "B": ["z"]}]
    for elements, expected in ((None, 2), ("outer", 1), ("kept", 0)):
        entry = {"elements": elements} if elements else {}
        assert len(told({"A": before}, {"A": after}, path="$.A[*].B[*]", by="new", **entry)) == expected


@pytest.mark.parametrize(
    ("entry", "before", "after", "words"),
    [
        ({"unset": "for ever", "default": 999999, "unit": "days"}, {}, {"Days": 30}, ("for ever", "30 days")),
        ({"unset": "for ever", "default": 999999, "unit": "days"}, {}, {"Days": "1"}, ("for ever", "1 day")),
        ({"default": 7, "unit": "days"}, {}, {"Days": 0}, ("7 days, the default", "0 days")),
        ({"default": 1, "unit": "days"}, {"Days": 7}, {}, ("7 days", "1 day, the default")),
        ({"unit": "days"}, {"Days": 7}, {}, ("7 days", "absent")),
        ({}, {"Days": 7}, {"Days": 1}, None),
    ],
)
def test_values_are_said_in_words(entry, before, after, words):
    entry = {"by": "lower", "steps": parse_path("$.Properties.Days"), **entry}
    one, other = {"Properties": before}, {"Properties": after}
    (found,) = find_weakenings(entry, one, other, Verbatim({}))
    assert found.words == words


def test_a_default_stands_inside_what_is_there_and_on():
    entry = {"path": "$.A.B", "by": "lower", "default": 35, "inside": "On"}
    assert told({}, {"A": {"On": True, "B": 7}}, **entry) == []
    assert told({"A": {"On": False}}, {"A": {"On": True, "B": 7}}, **entry) == []
    assert told({"A": {"On": "true"}}, {"A": {"On": True, "B": 7}}, **entry) == FAIL
    assert told({"A": {"On": True}}, {"A": {"On": True, "B": 35}}, **entry) == []


@pytest.mark.parametrize(
    ("beside", "words"),
    [({"Days": 7}, ["Days 7"]), ({"Move": 7}, []), ({}, []), (either({"Days": 7}, NO_VALUE), [""])],
)
def test_a_value_counts_only_beside_what_gives_it_its_meaning(beside, words):
    entry = {"steps": parse_path("$.Rules[*].Prefix"), "by": "prefix", "beside": ["Days"], "elements": "kept"}
    before, after = {"Rules": [{"Prefix": "tmp/", "Days": 7}]}, {"Rules": [{**beside}]}
    found = find_weakenings(entry, before, after, Verbatim.of(Scope({})))
    assert [weakening.beside for weakening in found] == words
