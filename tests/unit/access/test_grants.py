"""What one set of statements allows and another does not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.access.grants import find_new_grants
from tests.support.access import PARAMETER, allow, read


def kinds(before, after):
    return [g.kind for g in find_new_grants(read(*before), read(*after))]


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
    (gap,) = find_new_grants(read(allow("s3:*")), read(PARAMETER))
    assert not gap.certain
    assert kinds([PARAMETER], [PARAMETER]) == []
    (gap,) = find_new_grants(read(PARAMETER), read(allow("s3:*")))
    assert not gap.certain


ACTIONS = ["s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:PassRole", "*"]


CONDITIONS = [{}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"StringEquals": {"aws:SourceVpc": ["v1", "v2"]}}]


RESOURCES = ["*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::b"]


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
    return {g.statement.meaning() for g in find_new_grants(read(*before), read(*after))}


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
