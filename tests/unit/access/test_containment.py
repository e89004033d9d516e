"""Whether one pattern contains another, or shares a text with it."""

import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.access.containment import contains, overlaps
from cdkguard.access.patterns import UnknownPart, make_pattern
from cdkguard.template.values import Deferred
from tests.support.access import PARAMETER, text

TABLE = Deferred("resource", {"Ref": "Table"}, "Table")


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
    found = contains(make_pattern(wide), make_pattern(narrow))
    assert found is expected or (expected is None and found is not False)


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_a_pattern_contains_what_it_matches(wide, narrow):
    import re

    glob = re.escape(wide).replace(r"\*", ".*").replace(r"\?", ".")
    matches = re.fullmatch(glob, narrow) is not None
    assert contains(make_pattern(wide), make_pattern(narrow)) is matches
    assert overlaps(make_pattern(wide), make_pattern(narrow)) is matches
    assert contains(make_pattern(wide), make_pattern(wide)) is True


BUCKET = Deferred("resource", {"Ref": "B"}, "B")


OTHER = Deferred("resource", {"Ref": "O"}, "O")


def p(text, **how):
    return make_pattern(text, **how)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("s3:*", "s3:Get*", True),
        ("s3:Get*", "s3:*", False),
        ("*", "anything", True),
        ("a*c", "abc", True),
        ("a*c", "a*b*c", True),
        ("a?c", "abc", True),
        ("a?c", "a*c", False),
        ("a*", "a?*", True),
        ("a?*", "a*", False),
        ("?*", "*?", True),
        ("**", "*", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/*", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws-cn:s3:::b", "arn:aws:s3:::b", True),
        (text("arn:", Deferred("pseudo", {}, "AWS::Partition"), ":s3:::b"), "arn:aws:s3:::b", True),
        (text("arn:aws:s3:::", BUCKET, "/*"), text("arn:aws:s3:::", BUCKET, "/x"), True),
        (text("arn:aws:s3:::", BUCKET, "/x"), text("arn:aws:s3:::", BUCKET, "/*"), False),
        (text("arn:aws:s3:::", BUCKET, "/*"), text("arn:aws:s3:::", OTHER, "/*"), False),
        (text("arn:aws:s3:::", PARAMETER, "/*"), "arn:aws:s3:::b/*", None),
        (text("arn:aws:s3:::", PARAMETER, "/x"), "arn:aws:s3:::b/y", False),
        ("arn:aws:s3:::b/*", text("arn:aws:s3:::", PARAMETER), None),
        ("arn:aws:sqs:*", text("arn:aws:s3:::", PARAMETER), False),
        ("*", PARAMETER, True),
    ],
)
def test_containment_of_patterns(wide, narrow, expected):
    assert contains(p(wide), p(narrow)) is expected


def test_a_physical_name_is_the_reference_to_it():
    spelled = [UnknownPart("B", False, "my-bucket")]
    assert contains(p("my-*"), p(BUCKET, spell=lambda _: spelled)) is True
    assert contains(p(BUCKET, spell=lambda _: spelled), p("my-bucket")) is True
    assert contains(p(BUCKET, spell=lambda _: spelled), p("other")) is False


GLOBS = st.text("ab*?", max_size=6)


@settings(max_examples=300)
@given(GLOBS, GLOBS, st.text("ab", max_size=6))
def test_what_is_contained_matches_no_text_more(wide, narrow, word):
    if contains(p(wide), p(narrow)) and fnmatch.fnmatchcase(word, narrow):
        assert fnmatch.fnmatchcase(word, wide)


@settings(max_examples=300)
@given(GLOBS, GLOBS, st.text("ab", max_size=6))
def test_what_matches_both_overlaps(one, other, word):
    if fnmatch.fnmatchcase(word, one) and fnmatch.fnmatchcase(word, other):
        assert overlaps(p(one), p(other))
