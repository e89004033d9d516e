"""Containment of patterns, conditions and statements."""

import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.access import conditions as clauses
from cdkguard.access import containment
from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access.risk import rate_risk
from cdkguard.access.statements import PolicyDocument, read_statements
from cdkguard.template.values import Deferred


def p(text, **how):
    return globs.make_pattern(text, **how)


PARAMETER = Deferred("parameter", {"Ref": "P"}, "P")
BUCKET = Deferred("resource", {"Ref": "B"}, "B")
OTHER = Deferred("resource", {"Ref": "O"}, "O")


def text(*parts):
    return Deferred("text", {"Fn::Join": ["", list(map(repr, parts))]}, parts=parts)


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
    assert containment.contains(p(wide), p(narrow)) is expected


def test_a_physical_name_is_the_reference_to_it():
    spelled = [globs.UnknownPart("B", False, "my-bucket")]
    assert containment.contains(p("my-*"), p(BUCKET, spell=lambda _: spelled)) is True
    assert containment.contains(p(BUCKET, spell=lambda _: spelled), p("my-bucket")) is True
    assert containment.contains(p(BUCKET, spell=lambda _: spelled), p("other")) is False


GLOBS = st.text("ab*?", max_size=6)


@settings(max_examples=300)
@given(GLOBS, GLOBS, st.text("ab", max_size=6))
def test_what_is_contained_matches_no_text_more(wide, narrow, word):
    if containment.contains(p(wide), p(narrow)) and fnmatch.fnmatchcase(word, narrow):
        assert fnmatch.fnmatchcase(word, wide)


@settings(max_examples=300)
@given(GLOBS, GLOBS, st.text("ab", max_size=6))
def test_what_matches_both_overlaps(one, other, word):
    if fnmatch.fnmatchcase(word, one) and fnmatch.fnmatchcase(word, other):
        assert containment.overlaps(p(one), p(other))


def implied(narrow, wide):
    return clauses.all_imply(clauses.read_condition(narrow), clauses.read_condition(wide))


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


def read(*statements):
    return list(read_statements(PolicyDocument("P", "D", {"Statement": list(statements)})))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def kinds(before, after):
    return [g.kind for g in iam.find_new_grants(read(*before), read(*after))]


def test_several_old_statements_cover_one_together():
    old = [allow("s3:Get*", "arn:aws:s3:::a"), allow(["s3:Put*", "s3:Get*"], ["arn:aws:s3:::b", "arn:aws:s3:::a"])]
    assert kinds(old, [allow(["S3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a", "arn:aws:s3:::b"])]) == []
    values = [allow("s3:*", Condition={"StringEquals": {"k": v}}) for v in ("a", "b")]
    assert kinds(values, [allow("s3:Get*", Condition={"StringEquals": {"k": ["b", "a"]}})]) == []
    assert kinds(values, [allow("s3:Get*", Condition={"StringEquals": {"k": ["c", "a"]}})]) == ["condition"]


def test_complements():
    but_iam = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
    assert kinds([but_iam], [allow("s3:*")]) == []
    assert kinds([but_iam], [allow("iam:Get*")]) == ["action"]
    assert kinds([but_iam], [{**but_iam, "NotAction": ["iam:*", "s3:*"]}]) == []
    assert kinds([{**but_iam, "NotAction": ["iam:*", "s3:*"]}], [but_iam]) == ["not-action"]
    assert kinds([allow("*")], [but_iam]) == []
    assert kinds([allow("s3:*")], [but_iam]) == ["not-action"]
    assert kinds([], [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"}]) == ["not-action"]


def test_a_list_that_came_out_empty_grants_nothing():
    assert kinds([allow([])], [allow("s3:Get*")]) == ["action"]
    assert kinds([allow("s3:*", [])], [allow("s3:Get*")]) == ["resource"]
    assert kinds([allow("s3:Get*")], [allow([])]) == []


def test_denies():
    deny = {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}
    assert kinds([allow("s3:*"), deny], [allow("s3:*")]) == ["deny-removed"]
    assert kinds([allow("s3:*"), deny], [allow("s3:*"), {**deny, "Action": "s3:DeleteBucket"}]) == ["deny-removed"]
    assert kinds([allow("s3:*"), deny], [allow("s3:*"), {**deny, "Action": "s3:*"}]) == []
    assert kinds([allow("s3:Get*")], [allow(["s3:Get*", "s3:DeleteObject"]), deny]) == []
    loosened = {**deny, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    assert kinds([deny], [loosened]) == ["deny-removed"]
    assert kinds([loosened], [deny]) == []


def test_branches():
    either = {"Fn::If": ["Prod", allow("s3:Get*"), allow("s3:*")]}
    assert kinds([either], [either]) == []
    assert kinds([either], [allow("s3:GetObject")]) == []
    assert kinds([either], [allow("s3:Put*")]) == ["condition"]  # allowed so far only if Prod is false
    assert kinds([allow("s3:Get*")], [either]) == ["action"]
    assert kinds([allow("s3:*")], [either]) == []
    some = {"Fn::If": ["Prod", allow("s3:*"), {"Ref": "AWS::NoValue"}]}
    assert kinds([some], [some]) == []
    assert kinds([some], [allow("s3:*")]) != []
    inside = allow({"Fn::If": ["Prod", ["s3:Get*", "s3:Put*"], "s3:Get*"]})
    assert kinds([inside], [allow("s3:Get*")]) == []
    assert kinds([allow("s3:Get*")], [inside]) == ["action"]


def test_an_unknown_statement_is_never_silently_narrow():
    (gap,) = iam.find_new_grants(read(allow("s3:*")), read(PARAMETER))
    assert not gap.certain
    assert kinds([PARAMETER], [PARAMETER]) == []
    (gap,) = iam.find_new_grants(read(PARAMETER), read(allow("s3:*")))
    assert not gap.certain


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("*", "*", "critical"),
        ("iam:PassRole", "*", "critical"),
        ("iam:PassRole", "arn:aws:iam::1:role/x", "high"),
        ("kms:*", "*", "high"),
        ("s3:PutObject", "*", "high"),
        ("s3:PutObject", "arn:aws:s3:::b/*", "medium"),
        ("s3:GetObject", "*", "medium"),
        ("s3:GetObject", "arn:aws:s3:::b/*", "low"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:function:x:*", "medium"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:*", "high"),
        ("s3:PutObject", "arn:aws:s3:::*", "high"),
        ("xray:PutTraceSegments", "*", "low"),
    ],
)
def test_risk(action, resource, expected):
    assert rate_risk(read(allow(action, resource))[0]) == expected


ACTIONS = ["s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:PassRole", "*"]
RESOURCES = ["*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::b"]
CONDITIONS = [{}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"StringEquals": {"aws:SourceVpc": ["v1", "v2"]}}]
STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource, condition: {
            "Effect": effect,
            "Action": action,
            "Resource": resource,
            **({"Condition": condition} if condition else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3),
        st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3),
        st.sampled_from(CONDITIONS),
    ),
    max_size=4,
)


def split(statement):
    return [
        {**statement, "Action": action.upper(), "Resource": [resource], "Sid": f"{action}{resource}"}
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


@settings(max_examples=80, deadline=None)
@given(STATEMENTS, st.randoms())
def test_a_policy_is_never_wider_than_itself(statements, random):
    pieces = [piece for s in statements for piece in split(s)]
    random.shuffle(pieces)
    assert kinds(statements, statements) == []
    assert kinds(statements, pieces) == []
    assert kinds(pieces, statements) == []


@settings(max_examples=80, deadline=None)
@given(STATEMENTS, STATEMENTS)
def test_a_union_contains_its_parts(one, other):
    allowed = [s for s in (*one, *other) if s["Effect"] == "Allow"]
    for part in (one, other):
        assert kinds(allowed, [s for s in part if s["Effect"] == "Allow"]) == []


def found(before, after):
    return {g.statement.meaning() for g in iam.find_new_grants(read(*before), read(*after))}


@settings(max_examples=80, deadline=None)
@given(STATEMENTS, STATEMENTS, STATEMENTS)
def test_another_allow_never_hides_a_widening(before, after, more):
    allowed = [s for s in more if s["Effect"] == "Allow"]
    assert found(before, after) <= found(before, [*after, *allowed])


@settings(max_examples=80, deadline=None)
@given(STATEMENTS, st.sampled_from(CONDITIONS), st.sampled_from(RESOURCES))
def test_narrowing_reversed_is_widening(statements, condition, resource):
    narrow = [s for s in statements if "*" not in s["Action"]]
    wide = [*narrow, allow("new:Thing", resource, Condition=condition)]
    assert kinds(wide, narrow) == []
    assert kinds(narrow, wide) == ["action"] or not narrow or all(s["Effect"] == "Deny" for s in narrow)
    assert found(narrow, wide)
