"""Which environment a stack is judged as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.config import environments
from cdkguard.config.environments import (
    BUILTIN,
    EnvironmentRule,
    account_names,
    assign_environments,
    strictest_environment,
)
from cdkguard.errors import ConfigError
from cdkguard.model import Stack

PROD = EnvironmentRule("prod", stages=("Prod*",), strict=True)
STAGING = EnvironmentRule("staging", stages=("Staging",))
DEV = EnvironmentRule("dev", tags={"env": "dev*"})


def stack(path="Svc", **options):
    return Stack(path.replace("/", "-"), {"Resources": {}}, "t.json", construct_path=path, **options)


def judged(one, *rules, override=None, context=None):
    (found,), notices = assign_environments([one], rules, override, context or {})
    return found.environment, [n.message for n in notices]


@pytest.mark.parametrize(
    ("rule", "hit", "miss"),
    [
        (EnvironmentRule("x", accounts=("1",)), stack(account="1"), stack(account="2")),
        (EnvironmentRule("x", accounts=("1",)), stack(account="1"), stack()),
        (EnvironmentRule("x", regions=("eu-*",)), stack(region="eu-west-1"), stack(region="us-east-1")),
        (EnvironmentRule("x", stages=("Prod*",)), stack("ProdEu/Svc"), stack("ProdSvc")),
        (EnvironmentRule("x", stages=("Prod",)), stack("Pipeline/Prod/Svc"), stack("Pipeline/Svc/Prod")),
        (EnvironmentRule("x", stages=("Pipeline/Prod",)), stack("Pipeline/Prod/Svc"), stack("Prod/Pipeline/Svc")),
        (EnvironmentRule("x", stacks=("*-prod",)), stack("Svc-prod"), stack("Svc-dev")),
        (EnvironmentRule("x", stacks=("A/Svc",)), stack("A/Svc"), stack("B/Svc")),
        (EnvironmentRule("x", tags={"env": "p*"}), stack(tags={"env": "prod"}), stack(tags={"env": "dev"})),
        (EnvironmentRule("x", tags={"a": "1", "b": "2"}), stack(tags={"a": "1", "b": "2"}), stack(tags={"a": "1"})),
        (EnvironmentRule("x", accounts=("1",), stages=("P",)), stack("P/Svc"), stack("Q/Svc", account="2")),
        (
            EnvironmentRule("x", accounts=("1",), regions=("eu",)),
            stack(account="1", region="eu"),
            stack(account="1", region="us"),
        ),
        (EnvironmentRule("x", accounts=("1",), regions=("eu",)), stack(account="1", region="eu"), stack(account="1")),
    ],
)
def test_how_a_stack_is_recognised(rule, hit, miss):
    assert judged(hit, rule) == ("x", [])
    assert judged(miss, rule)[0] == "prod"


@pytest.mark.parametrize(("value", "expected"), [("prod", "x"), ("dev", "prod"), (True, "prod")])
def test_context_recognises_too(value, expected):
    assert judged(stack(), EnvironmentRule("x", context={"env": "pr*"}), context={"env": value})[0] == expected


def test_a_context_value_may_be_a_boolean():
    assert judged(stack(), EnvironmentRule("x", context={"live": "true"}), context={"live": True})[0] == "x"


def test_an_environment_that_says_nothing_matches_nothing():
    assert judged(stack("blue/Svc"), EnvironmentRule("blue"))[0] == "prod"


def test_an_account_that_two_environments_share_does_not_decide():
    rules = [
        EnvironmentRule("prod", accounts=("1", "9"), stages=("Prod",)),
        EnvironmentRule("staging", accounts=("1",), stages=("Stg",)),
    ]
    assert judged(stack("Stg/Svc", account="1"), *rules) == ("staging", [])
    assert judged(stack("Stg/Svc", account="9"), *rules)[0] == "prod"
    assert account_names(rules) == {"9": "prod"}


def test_two_regions_of_one_account_can_be_two_environments():
    rules = [
        EnvironmentRule("prod", accounts=("1",), regions=("eu",)),
        EnvironmentRule("dev", accounts=("1",), regions=("us",)),
    ]
    assert judged(stack(account="1", region="us"), *rules) == ("dev", [])


def test_stacks_without_an_environment_are_judged_as_the_strictest_and_named():
    stacks = [stack(name) for name in "ABC"]
    found, notices = assign_environments(
        stacks, [DEV, EnvironmentRule("live-eu", stages=("x",), strict=True)], None, {}
    )
    assert [s.environment for s in found] == ["live-eu"] * 3
    assert [n.message for n in notices] == ["3 stacks match no environment and are judged as live-eu: A, B, C"]
    assert not notices[0].fatal and notices[0].kind == "notice"


def test_many_stacks_do_not_make_a_long_notice():
    (notice,) = assign_environments([stack(f"S{n}") for n in range(60)], [DEV], None, {}).notices
    assert notice.message.endswith("S7 and 52 more")


def test_two_environments_the_strictest_counts_and_a_notice_says_so():
    name, notices = judged(stack("Prod1/Svc", tags={"env": "dev"}), DEV, PROD)
    assert name == "prod"
    assert notices == ["Prod1/Svc matches the environments 'prod' and 'dev' and is judged as prod"]


def test_between_equals_the_first_in_the_file_counts():
    rules = [EnvironmentRule(name, stacks=("*",)) for name in ("blue", "green")]
    assert judged(stack(), *rules)[0] == "blue"


def test_nested_stacks_are_as_their_root():
    root = stack("Staging/Svc")
    nested = stack("Staging/Svc/Prod", parent=root)
    (inner, outer), notices = assign_environments([nested, root], [PROD, STAGING], None, {})
    assert (inner.environment, outer.environment, notices) == ("staging", "staging", [])
    assert inner.parent is outer and (nested.environment, root.environment) == (None, None)


def test_override_wins():
    assert judged(stack("Prod/Svc"), PROD, STAGING, override="staging") == ("staging", [])
    assert judged(stack("Prod/Svc"), override="dev") == ("dev", [])
    assert judged(stack(), override="Production") == ("prod", [])


@pytest.mark.parametrize("rules", [(), (PROD,)])
def test_an_unknown_override_is_refused_because_no_rule_for_prod_would_apply(rules):
    with pytest.raises(ConfigError, match=r"no environment 'prodd' \(did you mean 'prod'\?\); there are: prod"):
        judged(stack(), *rules, override="prodd")


def test_parameters_of_the_environment_reach_its_stacks():
    rules = [PROD._replace(parameters={"Size": "2"}), STAGING]
    prod, staging = (
        stack("Prod/Svc", parameters={"Size": "1", "Other": "x"}),
        stack("Staging/Svc", parameters={"Size": "1"}),
    )
    prod, staging = assign_environments([prod, staging], rules, None, {}).stacks
    assert prod.parameters == {"Size": "2", "Other": "x"} and staging.parameters == {"Size": "1"}


def test_strictest_is_one_that_the_rules_for_prod_apply_to():
    assert strictest_environment([]) == strictest_environment([DEV, STAGING]) == "prod"
    assert strictest_environment([DEV, EnvironmentRule("eu", strict=True), PROD]) == "eu"


@pytest.mark.parametrize(
    ("one", "context", "expected"),
    [
        (stack("Prod/Svc"), {}, "prod"),
        (stack("MyPRODStack"), {}, "prod"),
        (stack("svc-production-1"), {}, "prod"),
        (stack("Uat/Svc"), {}, "staging"),
        (stack("SvcSandbox"), {}, "dev"),
        (stack("TestProdStack"), {}, "prod"),
        (stack("Prod/Svc", tags={"Env": "dev"}), {}, "dev"),
        (stack("Prod/Svc", tags={"env": "blue"}), {}, "prod"),
        (stack("Svc"), {"env": "dev"}, "dev"),
        (stack("Staging/Svc"), {"env": "dev"}, "staging"),
        (stack("Svc"), {"env": ["dev"]}, None),
        (stack("Products"), {}, None),
        (stack("DevOpsTools"), {}, None),
        (stack("Contest"), {}, None),
        (stack("Device"), {}, None),
    ],
)
def test_guesses(one, context, expected):
    name, notices = judged(one, context=context)
    assert name == (expected or "prod")
    assert ("nothing names an environment" in notices[0]) == (expected is None)


def test_one_notice_says_what_was_guessed():
    stacks = [stack("Prod/A"), stack("Dev/A"), stack("X"), stack("Dev/B")]
    assert [n.message for n in assign_environments(stacks, [], None, {}).notices] == [
        "no environments are configured; judged by names and tags: Prod/A as prod; Dev/A, Dev/B as dev; "
        "X as prod (nothing names an environment)"
    ]


def test_no_stack_no_notice():
    assert assign_environments([], [], None, {}) == assign_environments([], [PROD], None, {}) == ([], [])


names = st.text("PrdoevStg-/1", min_size=1, max_size=12)


@given(
    st.lists(names, max_size=6), st.sampled_from([(), (PROD, STAGING), (DEV,), (EnvironmentRule("eu", strict=True),)])
)
def test_every_stack_gets_an_environment_that_is_known(paths, rules):
    stacks = [stack(path) for path in paths]
    found = assign_environments(stacks, rules, None, {}).stacks
    known = {rule.name for rule in rules} | set(BUILTIN)
    assert all(s.environment in known for s in found)


def test_the_strictest_of_several_names_counts():
    def leniency(name):
        return environments._leniency(EnvironmentRule(name, stages=("X",)))

    assert leniency("prod") == 0
    assert leniency("staging") < leniency("blue") < leniency("dev")
    assert (leniency("staging"), leniency("dev")) == (1, 3)
