"""Laws of the whole comparison."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.access import allow, compare, group, kinds, role, tcp

ACTIONS = st.lists(st.sampled_from(["s3:*", "s3:Get*", "s3:PutObject", "iam:PassRole"]), min_size=1, max_size=3)


ROLES = st.builds(lambda many: {"R": role(*(allow(a) for a in many))}, st.lists(ACTIONS, max_size=3))


RULES = st.lists(
    st.builds(tcp, st.sampled_from([22, 80, 443]), st.sampled_from(["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"])),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(ROLES, RULES, st.randoms())
def test_nothing_is_wider_than_itself(roles, rules, random):
    shuffled = random.sample(rules, len(rules))
    before = {**roles, "G": group(*rules)}
    after = {"G": group(*shuffled), **json.loads(json.dumps({"R": {}}))} | roles
    assert compare(before, before) == []
    assert compare(before, after) == []


@settings(max_examples=40, deadline=None)
@given(RULES, RULES)
def test_more_rules_never_narrow(rules, more):
    assert kinds({"G": group(*rules, *more)}, {"G": group(*rules)}) == []
    before, after = {"G": group(*rules)}, {"G": group(*rules, *more)}
    assert bool(kinds(before, after)) is bool(kinds(before, {"G": group(*more)}))
