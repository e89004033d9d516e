"""Conditions of policy statements: which of two lets more requests through."""

import pytest

from cdkguard.access.conditions import read_condition
from cdkguard.access.implication import implies
from cdkguard.access.implied_tests import conditions_imply
from tests.support.access import PARAMETER, allow, read


def one(operator, value, key="aws:SourceArn"):
    (found,) = read_condition({operator: {key: value}})
    return found


@pytest.mark.parametrize(
    "narrow, wide, expected",
    [
        (("StringEquals", "a"), ("StringEquals", ["a", "b"]), True),
        (("StringEquals", ["a", "b"]), ("StringEquals", "a"), False),
        (("StringEquals", "ab"), ("StringLike", "a*"), True),
        (("StringLike", "a*"), ("StringEquals", "a*"), False),
        (("StringEquals", "a"), ("StringEqualsIfExists", "a"), True),
        (("StringEqualsIfExists", "a"), ("StringEquals", "a"), False),
        (("StringNotEquals", ["a", "b"]), ("StringNotEquals", "a"), True),
        (("StringNotEquals", "a"), ("StringNotEquals", ["a", "b"]), False),
        (("StringNotEquals", "a"), ("StringEquals", "b"), False),
        (("StringEquals", "b"), ("StringNotEquals", "a"), True),
        (("StringEquals", "a"), ("StringNotEquals", "a"), False),
        (("StringEqualsIgnoreCase", "A"), ("StringEquals", "a"), False),
        (("StringEquals", "A"), ("StringEqualsIgnoreCase", "a"), True),
        (("IpAddress", "10.1.0.0/16"), ("IpAddress", "10.0.0.0/8"), True),
        (("IpAddress", "10.0.0.0/8"), ("IpAddress", "10.1.0.0/16"), False),
        (("IpAddress", "10.0.0.0/8"), ("NotIpAddress", "11.0.0.0/8"), True),
        (("IpAddress", "10.0.0.0/8"), ("NotIpAddress", "10.1.0.0/16"), False),
        (("IpAddress", PARAMETER), ("IpAddress", "10.0.0.0/8"), None),
        (("IpAddress", PARAMETER), ("NotIpAddress", "10.0.0.0/8"), None),
        (("NumericLessThan", "5"), ("NumericLessThan", "10"), True),
        (("NumericLessThan", "10"), ("NumericLessThan", "5"), False),
        (("NumericLessThanEquals", "5"), ("NumericLessThan", "5"), False),
        (("NumericLessThan", "5"), ("NumericLessThanEquals", "5"), True),
        (("NumericGreaterThan", "5"), ("NumericGreaterThan", "4"), True),
        (("NumericGreaterThan", "4"), ("NumericGreaterThan", "5"), False),
        (("NumericEquals", "4"), ("NumericLessThan", "5"), True),
        (("NumericEquals", "5"), ("NumericLessThan", "5"), False),
        (("NumericEquals", ["4", "6"]), ("NumericLessThan", "5"), False),
        (("NumericGreaterThan", "4"), ("NumericLessThan", "5"), False),
        (("DateLessThan", "2030-01-01T00:00:00Z"), ("DateLessThan", "2031-01-01T00:00:00Z"), True),
        (("DateLessThan", "2031-01-01T00:00:00Z"), ("DateLessThan", "2030-01-01T00:00:00Z"), False),
        (("DateLessThan", "9999999999"), ("DateLessThan", "2030-01-01T00:00:00Z"), None),  # seconds since 1970
        (("DateLessThan", "2030-01-01T00:00:00Z"), ("DateLessThan", "9999999999"), None),
        (("DateLessThan", "1999999999"), ("DateLessThan", "9999999999"), True),
        (("NumericLessThan", PARAMETER), ("NumericLessThan", "5"), None),
        (("StringEquals", "a"), ("Null", "false"), True),
        (("StringEquals", "a"), ("Null", "true"), False),
        (("StringNotEquals", "a"), ("Null", "false"), False),
        (("StringEqualsIfExists", "a"), ("Null", "false"), False),
        (("ForAllValues:StringEquals", "a"), ("Null", "false"), False),
        (("ForAnyValue:StringEquals", "a"), ("Null", "false"), True),
        (("ForAllValues:StringEquals", "a"), ("StringEquals", "a"), False),
        (("Bool", "TRUE"), ("Bool", True), True),
    ],
)
def test_which_clause_binds_more(narrow, wide, expected):
    assert implies(one(*narrow), one(*wide)) is expected


def test_another_key_binds_nothing_and_what_cannot_be_read_may_bind():
    assert implies(one("StringEquals", "a"), one("StringEquals", "a", "aws:SourceAccount")) is False
    (opaque,) = read_condition(PARAMETER)
    assert implies(opaque, one("StringEquals", "a")) is None
    assert implies(one("StringEquals", "a"), opaque) is None
    assert implies(opaque, opaque) is True
    (block,) = read_condition({"StringEquals": PARAMETER})
    assert (block.family, block.key) == ("opaque", "stringequals")
    assert read_condition(None) == ()


def test_the_order_in_which_conditions_are_written_does_not_count():
    conditions = {"StringEquals": {"b": ["2", "1"], "a": "x"}, "Bool": {"c": "true"}}
    turned = {"Bool": {"c": True}, "StringEquals": {"a": ["x"], "b": ["1", "2"]}}
    assert read_condition(conditions) == read_condition(turned)
    assert [c.key for c in read_condition(conditions)] == ["a", "b", "c"]
    assert implied(conditions, {"Bool": {"c": "true"}}) is True
    assert implied({"Bool": {"c": "true"}}, conditions) is False


def test_clauses_in_words():
    assert one("StringEquals", ["a", "b", "c", "d"]).render() == "aws:sourcearn is a, b, c"
    assert one("StringNotLike", "a*").render() == "aws:sourcearn is not a*"


def implied(narrow, wide):
    (one,), (other,) = (read(allow(Condition=condition)) for condition in (narrow, wide))
    return conditions_imply(one, other)


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        ({"Bool": {"k": "true"}}, {}, True),
        ({}, {"Bool": {"k": "true"}}, False),
        ({"Bool": {"K": True}}, {"Bool": {"k": "true"}}, True),
        ({"Bool": {"k": "false"}}, {"Bool": {"k": "true"}}, False),
        ({"BoolIfExists": {"k": "true"}}, {"Bool": {"k": "true"}}, False),
        ({"Bool": {"k": "true"}}, {"BoolIfExists": {"k": "true"}}, True),
        ({"StringEquals": {"k": ["a"]}}, {"StringEquals": {"k": ["b", "a"]}}, True),
        ({"StringEquals": {"k": ["a", "b"]}}, {"StringEquals": {"k": "a"}}, False),
        ({"StringEquals": {"k": "a*"}}, {"StringEquals": {"k": "a*"}}, True),
        ({"StringLike": {"k": "a*"}}, {"StringEquals": {"k": "a*"}}, False),
        ({"StringLike": {"k": "a"}}, {"StringEquals": {"k": "a"}}, True),
        ({"StringEquals": {"k": "ab"}}, {"StringLike": {"k": "a*"}}, True),
        ({"StringEquals": {"k": "AB"}}, {"StringEqualsIgnoreCase": {"k": "ab"}}, True),
        ({"StringEqualsIgnoreCase": {"k": "ab"}}, {"StringEquals": {"k": "ab"}}, False),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"StringNotEquals": {"k": "a"}}, True),
        ({"StringNotEquals": {"k": "a"}}, {"StringNotEquals": {"k": ["a", "b"]}}, False),
        ({"StringEquals": {"k": "c"}}, {"StringNotEquals": {"k": ["a", "b"]}}, True),
        ({"StringNotLike": {"k": "a*"}}, {"StringNotLike": {"k": "ab*"}}, True),
        ({"ArnEquals": {"k": "arn:aws:s3:::b*"}}, {"ArnLike": {"k": "arn:*:s3:::b*"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/24"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"NotIpAddress": {"k": "10.0.0.0/8"}}, {"NotIpAddress": {"k": "10.1.0.0/16"}}, True),
        ({"NotIpAddress": {"k": "10.1.0.0/16"}}, {"NotIpAddress": {"k": "10.0.0.0/8"}}, False),
        ({"NumericLessThan": {"k": 5}}, {"NumericLessThan": {"k": "10"}}, True),
        ({"NumericLessThan": {"k": 10}}, {"NumericLessThan": {"k": 5}}, False),
        ({"NumericLessThanEquals": {"k": 5}}, {"NumericLessThan": {"k": 5}}, False),
        ({"NumericEquals": {"k": 3}}, {"NumericLessThan": {"k": 5}}, True),
        ({"NumericGreaterThan": {"k": 5}}, {"NumericLessThan": {"k": 5}}, False),
        (
            {"DateLessThan": {"k": "2026-01-01T00:00:00Z"}},
            {"DateLessThan": {"k": "2027-01-01T00:00:00Z"}},
            True,
        ),
        ({"Null": {"k": "false"}}, {"Null": {"k": False}}, True),
        ({"StringEquals": {"k": "a"}}, {"Null": {"k": "false"}}, True),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {"StringEquals": {"k": "a"}}, False),
        ({"ForAnyValue:StringLike": {"k": "o-1/x/*"}}, {"ForAnyValue:StringLike": {"k": "o-1/*"}}, True),
        ({"StringEquals": {"k": PARAMETER}}, {"StringEquals": {"k": "a"}}, None),
        ({"StringEquals": {"k": PARAMETER}}, {"StringEquals": {"k": PARAMETER}}, True),
        (PARAMETER, {"StringEquals": {"k": "a"}}, None),
        ({"StringEquals": {"a": "1", "b": "2"}}, {"StringEquals": {"b": "2"}}, True),
    ],
)
def test_implication_of_conditions(narrow, wide, expected):
    assert implied(narrow, wide) is expected
