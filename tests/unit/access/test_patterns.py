"""Patterns of ARNs and actions, what a statement says of them, and its conditions: what is contained in what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.access import conditions as clauses
from cdkguard.access import containment
from cdkguard.access import patterns as globs
from cdkguard.access import sets as items
from cdkguard.access.patterns import UnknownPart, make_pattern
from cdkguard.access.sets import NameSet, is_subset
from cdkguard.template.values import Deferred

PARAMETER = Deferred("parameter", {"Ref": "P"}, "P")
TABLE = Deferred("resource", {"Ref": "Table"}, "Table")


def text(*parts):
    return Deferred("text", list(parts), parts=parts)


def item(*values, negated=False):
    return NameSet(tuple(make_pattern(v) for v in values), negated)


@pytest.mark.parametrize(
    "wide, narrow, expected",
    [
        ("*", "anything", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:Get*", "s3:*", False),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObjectAcl", False),
        ("s3:*Obj*Acl", "s3:GetObjectAcl", True),
        ("a*b*c", "aXbYbZc", True),
        ("a*b*c", "aXcYb", False),
        ("a*ba", "aba", True),
        ("a*aab", "aaaab", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:Getbject", False),
        ("a?", "a*", False),
        ("?*", "*?", True),
        ("a**", "a*", True),
        ("arn:aws:s3:::b/*", "arn:*:s3:::b/x", True),
        ("arn:*:s3:::b", "arn:aws-cn:s3:::b", True),
        (
            "arn:aws:s3:::b",
            text("arn:", Deferred("pseudo", {"Ref": "AWS::Partition"}, "AWS::Partition"), ":s3:::b"),
            None,
        ),
        ("arn:aws:s3:::b", "arn:aws", False),
        (text("a", PARAMETER), "ab", None),
        (text("a", PARAMETER), "b", False),
        ("ab", text("a", PARAMETER), None),
        (text(TABLE, "/*"), text(TABLE, "/index"), True),
        (text(TABLE, "/*"), "other/index", False),
        (PARAMETER, PARAMETER, True),
        ("*", PARAMETER, True),
    ],
)
def test_what_is_contained(wide, narrow, expected):
    found = containment.contains(make_pattern(wide), make_pattern(narrow))
    assert found is expected or (expected is None and found is not False)


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_a_pattern_contains_what_it_matches(wide, narrow):
    import re

    glob = re.escape(wide).replace(r"\*", ".*").replace(r"\?", ".")
    matches = re.fullmatch(glob, narrow) is not None
    assert containment.contains(make_pattern(wide), make_pattern(narrow)) is matches
    assert containment.overlaps(make_pattern(wide), make_pattern(narrow)) is matches
    assert containment.contains(make_pattern(wide), make_pattern(wide)) is True


def test_only_the_partition_of_an_arn_is_left_out():
    assert make_pattern("arn:aws-cn:s3:::b") == make_pattern("arn:aws:s3:::b") == make_pattern("arn:*:s3:::b")
    assert make_pattern("arn:aw*s:s3:::b") != make_pattern("arn:aws:s3:::b")  # may be more than a partition
    assert make_pattern("arn:aws") == tuple("arn:aws")
    assert make_pattern("xrn:cn:s3") == tuple("xrn:cn:s3")


def test_unknown_parts_and_values_are_written_in_one_form():
    assert make_pattern(text("a", text("b", PARAMETER), "")) == ("a", "b", UnknownPart(PARAMETER, True))
    assert [hole.may_be_anything for hole in globs.spell_plainly(PARAMETER) + globs.spell_plainly(TABLE)] == [
        True,
        False,
    ]
    assert all(
        globs.spell_plainly(Deferred(kind, {}))[0].may_be_anything
        for kind in ("dummy", "import", "dynamic", "unknown", "pseudo")
    )
    assert make_pattern("aB*", ignore_case=True, wildcards=False) == ("a", "b", "*")
    assert make_pattern({"x": 1}) == (UnknownPart('{"x": 1}', True),)
    assert make_pattern(True) == tuple("true")


@pytest.mark.parametrize(
    "narrow, wide, expected",
    [
        (item("a"), item("a", "b"), True),
        (item("a", "c"), item("a", "b"), False),
        (item("a"), item("b", negated=True), True),
        (item("a"), item("a", negated=True), False),
        (item("a*"), item("ab", negated=True), False),
        (item(PARAMETER), item("b", negated=True), None),
        (item("b"), item(PARAMETER, negated=True), None),
        (item(PARAMETER), item(PARAMETER, negated=True), False),
        (item("a", negated=True), item("*"), True),
        (item("a", negated=True), item("b"), False),
        (item("a", "b", negated=True), item("a", negated=True), True),
        (item("a", negated=True), item("a", "b", negated=True), False),
        (item(TABLE), item("b", negated=True), True),
    ],
)
def test_items(narrow, wide, expected):
    assert is_subset(narrow, wide) is expected


def test_what_may_be_both():
    assert items.may_intersect(item("a*"), item("*b"))
    assert not items.may_intersect(item("a"), item("b"))
    assert items.may_intersect(item("a", negated=True), item("b", negated=True))
    assert not items.may_intersect(item("a", negated=True), item("a"))
    assert not items.may_intersect(item("a"), item("a*", negated=True))
    assert items.may_intersect(item("b"), item("a", negated=True))
    assert items.may_intersect(item("a", negated=True), item("b"))


def test_items_in_words():
    assert item("a", "b", "c").render() == "a, b, c"
    assert item("a", "b", "c", "d").render() == "a, b, c, ..."
    assert item("a", negated=True).render() == "everything but a"


def one(operator, value, key="aws:SourceArn"):
    (found,) = clauses.read_condition({operator: {key: value}})
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
    assert clauses.implies(one(*narrow), one(*wide)) is expected


def test_another_key_binds_nothing_and_what_cannot_be_read_may_bind():
    assert clauses.implies(one("StringEquals", "a"), one("StringEquals", "a", "aws:SourceAccount")) is False
    (opaque,) = clauses.read_condition(PARAMETER)
    assert clauses.implies(opaque, one("StringEquals", "a")) is None
    assert clauses.implies(one("StringEquals", "a"), opaque) is None
    assert clauses.implies(opaque, opaque) is True
    (block,) = clauses.read_condition({"StringEquals": PARAMETER})
    assert (block.family, block.key) == ("opaque", "stringequals")
    assert clauses.read_condition(None) == ()


def test_the_order_in_which_conditions_are_written_does_not_count():
    conditions = {"StringEquals": {"b": ["2", "1"], "a": "x"}, "Bool": {"c": "true"}}
    turned = {"Bool": {"c": True}, "StringEquals": {"a": ["x"], "b": ["1", "2"]}}
    assert clauses.read_condition(conditions) == clauses.read_condition(turned)
    assert [c.key for c in clauses.read_condition(conditions)] == ["a", "b", "c"]
    assert (
        clauses.all_imply(clauses.read_condition(conditions), clauses.read_condition({"Bool": {"c": "true"}})) is True
    )
    assert (
        clauses.all_imply(clauses.read_condition({"Bool": {"c": "true"}}), clauses.read_condition(conditions)) is False
    )


def test_clauses_in_words():
    assert one("StringEquals", ["a", "b", "c", "d"]).render() == "aws:sourcearn is a, b, c"
    assert one("StringNotLike", "a*").render() == "aws:sourcearn is not a*"
