"""Laws of the comparison of access, held against an evaluator of single requests: what is called no widening is none.

The evaluator knows IAM's logic for one request and nothing of sets, patterns or implication.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import fnmatch
import ipaddress
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.access import FOREIGN, OWN, body, compare, document, ref

ORGANIZATIONS = {OWN: "o-a1b2c3d4e5", FOREIGN: "o-a1b2c3d4e5", "777788889999": "o-zzzzzzzzzz"}
PATHS = {OWN: "r-1/ou-1/", FOREIGN: "r-1/ou-2/", "777788889999": "r-1/ou-1/"}


# -- requests


def of_principal(account, name, policy_allows, ip, age):
    """A request of a role of an account, which its policies of IAM allow or not."""
    organization = ORGANIZATIONS[account]
    context = {
        "aws:principalaccount": account,
        "kms:calleraccount": account,
        "aws:principalarn": f"arn:aws:iam::{account}:role/{name}",
        "aws:principalorgid": organization,
        "aws:principalorgpaths": [f"{organization}/{PATHS[account]}"],
        "aws:principalisawsservice": "false",
        "aws:sourceip": ip,
        "aws:multifactorauthpresent": "false" if age is None else "true",
        **({} if age is None else {"aws:multifactorauthage": str(age)}),
    }
    return {"account": account, "role": name, "policy": policy_allows, "context": context}


def of_service(service, account, topic):
    """A request of a service that acts for a topic of an account."""
    context = {
        "aws:sourcearn": f"arn:aws:sns:eu-west-1:{account}:{topic}",
        "aws:sourceaccount": account,
        "aws:sourceowner": account,
        "aws:sourceorgid": ORGANIZATIONS[account],
        "aws:principalservicename": service,
        "aws:principalisawsservice": "true",
    }
    return {"account": None, "service": service, "policy": False, "context": context}


ACTIONS = ["sqs:SendMessage", "sqs:DeleteMessage", "sqs:AddPermission"]
CALLERS = [
    *itertools.starmap(
        of_principal,
        itertools.product(ORGANIZATIONS, ["app", "admin"], [True, False], ["203.0.113.7", "198.51.100.1"], [None, 60]),
    ),
    *itertools.starmap(
        of_service, itertools.product(["sns.amazonaws.com", "s3.amazonaws.com"], ORGANIZATIONS, ["orders", "bills"])
    ),
]


# -- the evaluator


def passes(operator, key, values, context):
    qualifier, _, name = operator.lower().rpartition(":")
    if_exists, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    found = context.get(key.lower())
    if name == "null":
        return (found is None) is (values == "true")
    negative, plain = "not" in name, name.replace("not", "")
    if found is None:
        return negative or if_exists or qualifier == "forallvalues"
    wanted = values if isinstance(values, list) else [values]
    tests = [any(matches(plain, value, one) for one in wanted) is not negative for value in as_list(found)]
    return any(tests) if qualifier == "foranyvalue" else all(tests)


def as_list(value):
    return value if isinstance(value, list) else [value]


def matches(operator, value, wanted):
    if operator in ("stringequals", "bool"):
        return value == wanted
    if operator == "stringlike":
        return fnmatch.fnmatchcase(value, wanted)
    if operator in ("arnlike", "arnequals"):
        parts = zip(value.split(":", 5), wanted.split(":", 5), strict=False)
        return value.count(":") >= 5 and wanted.count(":") >= 5 and all(fnmatch.fnmatchcase(v, w) for v, w in parts)
    if operator == "ipaddress":
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    assert operator == "numericlessthan"
    return float(value) < float(wanted)


def fits(statement, action, caller):
    """Whether action and conditions of a statement are those of a request."""
    conditions = [(o, k, v) for o, block in statement.get("Condition", {}).items() for k, v in block.items()]
    return any(fnmatch.fnmatchcase(action, one) for one in as_list(statement["Action"])) and all(
        passes(*condition, caller["context"]) for condition in conditions
    )


def names(principal, caller):
    """directly | account | None: how a principal of a statement means a caller."""
    if principal == "*":
        return "directly"
    if "Service" in principal:
        return "directly" if principal["Service"] == caller.get("service") else None
    arn = principal["AWS"]
    if arn == f"arn:aws:iam::{caller['account']}:root":
        return "account"
    return "directly" if arn == caller["context"].get("aws:principalarn") else None


def is_allowed(statements, action, caller, policy_suffices):
    """IAM's answer; `policy_suffices`: a policy of IAM of the own account is enough, as everywhere but with keys."""
    named = [(s["Effect"], names(s["Principal"], caller)) for s in statements if fits(s, action, caller)]
    if any(effect == "Deny" and how for effect, how in named):
        return False
    ways = {how for effect, how in named if effect == "Allow"} - {None}
    if caller["account"] is None:
        return "directly" in ways
    if caller["account"] != OWN:
        return bool(ways) and caller["policy"]
    return "directly" in ways or caller["policy"] and (policy_suffices or "account" in ways)


def newly_allowed(before, after):
    return [
        (action, caller)
        for action in ACTIONS
        for caller in CALLERS
        for suffices in (True, False)
        if is_allowed(after, action, caller, suffices) and not is_allowed(before, action, caller, suffices)
    ]


# -- policies


PRINCIPALS = [
    "*",
    *({"AWS": f"arn:aws:iam::{account}:{rest}"} for account in (OWN, FOREIGN) for rest in ("root", "role/app")),
    {"Service": "sns.amazonaws.com"},
]
TESTS = [
    ("StringEquals", "aws:PrincipalAccount", [OWN, FOREIGN, [OWN, FOREIGN]]),
    ("StringNotEquals", "aws:PrincipalAccount", [OWN, FOREIGN]),
    ("StringEquals", "kms:CallerAccount", [OWN]),
    ("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{OWN}:role/app", "arn:aws:iam::*:role/app", f"arn:aws:iam::{FOREIGN}:*"]),
    ("ArnNotLike", "aws:PrincipalArn", [f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OWN}:role/*"]),
    ("StringEquals", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),  # An organization in a policy is taken to be the own one.
    ("StringNotEquals", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),
    ("StringNotEqualsIfExists", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),
    ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["o-a1b2c3d4e5/*", "o-a1b2c3d4e5/r-1/ou-1/*", "o-*/r-1/*"]),
    ("ForAllValues:StringLike", "aws:PrincipalOrgPaths", ["o-a1b2c3d4e5/*"]),
    ("StringEquals", "aws:SourceAccount", [OWN, FOREIGN]),
    ("StringNotEquals", "aws:SourceAccount", [OWN]),
    ("StringEqualsIfExists", "aws:SourceAccount", [OWN]),
    ("StringEquals", "aws:SourceOwner", [OWN]),
    ("ArnLike", "aws:SourceArn", [f"arn:aws:sns:*:{OWN}:orders", f"arn:aws:sns:eu-west-1:{FOREIGN}:*", "arn:aws:sns:*:*:*"]),
    ("StringLike", "aws:SourceArn", [f"arn:aws:sns:*:{OWN}:*", f"arn:aws:sns:eu-west-1:{OWN}:*"]),
    ("ArnNotLike", "aws:SourceArn", [f"arn:aws:sns:*:{OWN}:orders", f"arn:aws:sns:*:{OWN}:*"]),
    ("ArnLikeIfExists", "aws:SourceArn", [f"arn:aws:sns:*:{OWN}:orders"]),
    ("StringEquals", "aws:SourceOrgID", ["o-a1b2c3d4e5"]),
    ("Bool", "aws:PrincipalIsAWSService", ["true", "false"]),
    ("StringEquals", "aws:PrincipalServiceName", ["sns.amazonaws.com"]),
    ("Bool", "aws:MultiFactorAuthPresent", ["true", "false"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["false"]),
    ("NumericLessThan", "aws:MultiFactorAuthAge", ["3600", "30"]),
    ("Null", "aws:SourceArn", ["true", "false"]),
    ("Null", "aws:MultiFactorAuthAge", ["true", "false"]),
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "0.0.0.0/0"]),
    ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24"]),
]  # fmt: skip
CONDITIONS = [(operator, key, value) for operator, key, values in TESTS for value in values]


def statement(effect, principal, action, conditions):
    block = {}
    for operator, key, value in conditions:
        block.setdefault(operator, {})[key] = value
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*", "Condition": block}


STATEMENTS = st.builds(
    statement,
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(["sqs:*", "sqs:SendMessage", ["sqs:SendMessage", "sqs:DeleteMessage"]]),
    st.lists(st.sampled_from(CONDITIONS), max_size=2),
)
POLICIES = st.lists(STATEMENTS, min_size=1, max_size=3)


def side(statements):
    policy = body("AWS::SQS::QueuePolicy", Queues=[ref("Q")], PolicyDocument=document(*statements))
    return {"Q": body("AWS::SQS::Queue"), "P": policy}


def widened(before, after):
    return compare(side(before), side(after))


# -- the laws


@settings(max_examples=400, deadline=None)
@given(POLICIES, POLICIES)
def test_what_is_called_no_widening_allows_no_request_more(before, after):
    if not widened(before, after):
        assert newly_allowed(before, after) == []


@settings(max_examples=300, deadline=None)
@given(STATEMENTS, STATEMENTS)
def test_one_statement_for_another(before, after):
    if not widened([before], [after]):
        assert newly_allowed([before], [after]) == []


def test_every_pair_of_conditions():
    for one, other in itertools.product(CONDITIONS, repeat=2):
        for principal in ("*", {"AWS": f"arn:aws:iam::{OWN}:root"}, {"Service": "sns.amazonaws.com"}):
            before, after = (statement("Allow", principal, "sqs:*", [each]) for each in (one, other))
            if not widened([before], [after]):
                assert newly_allowed([before], [after]) == [], (principal, one, other)


def test_every_pair_of_principals_under_every_condition():
    for one, other in itertools.product(PRINCIPALS, repeat=2):
        for condition in CONDITIONS:
            for effect in ("Allow", "Deny"):
                bound = statement(effect, one, "sqs:*", [condition]), statement(effect, other, "sqs:*", [])
                for before, after in (bound, bound[::-1]):
                    if not widened([before], [after]):
                        assert newly_allowed([before], [after]) == [], (before, after)


@settings(max_examples=150, deadline=None)
@given(POLICIES, st.sampled_from(CONDITIONS), st.integers(0, 2))
def test_one_more_condition_narrows_an_allow_and_widens_by_a_deny(policy, condition, index):
    operator, key, value = condition
    index %= len(policy)
    chosen = policy[index]
    if key in chosen["Condition"].get(operator, {}):
        return
    block = {**chosen["Condition"], operator: {**chosen["Condition"].get(operator, {}), key: value}}
    changed = [*policy[:index], {**chosen, "Condition": block}, *policy[index + 1 :]]
    narrow, wide = (changed, policy) if chosen["Effect"] == "Allow" else (policy, changed)
    assert widened(wide, narrow) == []


@settings(max_examples=150, deadline=None)
@given(POLICIES, STATEMENTS, st.permutations(range(4)))
def test_one_statement_more_and_another_order(policy, more, order):
    longer = [*policy, more]
    shuffled = [longer[i] for i in order if i < len(longer)]
    wide, narrow = (longer, policy) if more["Effect"] == "Allow" else (policy, longer)
    assert widened(wide, narrow) == [] and widened(longer, shuffled) == []


@settings(max_examples=150, deadline=None)
@given(POLICIES, POLICIES, POLICIES)
def test_no_widening_after_no_widening_is_none_for_requests(first, second, third):
    if not widened(first, second) and not widened(second, third):
        assert newly_allowed(first, third) == []
