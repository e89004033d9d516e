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
    return found.environment, [n.message for n in notices if not n.message.startswith("no stack is ")]


@pytest.mark.parametrize(
    ("rule", "hit", "miss"),
    [
        (EnvironmentRule("x", accounts=("1",)), stack(account="1"), stack(account="2")),
        (EnvironmentRule("x", accounts=("1",)), stack(account="1"), stack()),
        (EnvironmentRule("x", regions=("eu-*",)), stack(region="eu-west-1"), stack(region="us-east-1")),
        (EnvironmentRule("x", stages=("Blue*",)), stack("BlueEu/Svc"), stack("BlueSvc")),
        (EnvironmentRule("x", stages=("Blue",)), stack("Pipeline/Blue/Svc"), stack("Pipeline/Svc/Blue")),
        (EnvironmentRule("x", stages=("Pipeline/Blue",)), stack("Pipeline/Blue/Svc"), stack("Blue/Pipeline/Svc")),
        (EnvironmentRule("x", stacks=("*-blue",)), stack("Svc-blue"), stack("Svc-dev")),
        (EnvironmentRule("x", stacks=("A/Svc",)), stack("A/Svc"), stack("B/Svc")),
        (EnvironmentRule("x", tags={"env": "p*"}), stack(tags={"env": "pink"}), stack(tags={"env": "dev"})),
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


def test_an_account_that_several_environments_share_never_matches_by_itself():
    rules = [
        EnvironmentRule("prod", accounts=("1",), stages=("Prod",), strict=True),
        EnvironmentRule("dev", accounts=("1",)),
    ]
    assert judged(stack("Prod2/Svc", account="1"), *rules)[0] == "prod"
    assert judged(stack("Svc", account="1"), *rules)[0] == "prod"
    milder = [EnvironmentRule("prod", accounts=("1",), strict=True), rules[1]._replace(stages=("Dev",))]
    assert judged(stack("Dev/Svc", account="1"), *milder) == ("dev", [])


def test_a_configuration_whose_production_matches_nothing_is_told():
    rules = [PROD, EnvironmentRule("dev", stages=("Dev",))]
    notices = assign_environments([stack("Dev/A"), stack("Dev/B")], rules, None, {}).notices
    assert [n.message for n in notices] == [
        "no stack is of prod, so no rule for production applies: Dev/A, Dev/B as dev"
    ]
    assert not assign_environments([stack("Dev/A"), stack("Prod/A")], rules, None, {}).notices


def test_stacks_that_an_app_makes_only_for_production_are_said_to_be_unseen():
    rules = [EnvironmentRule("prod", accounts=("1", "2"), strict=True), EnvironmentRule("dev", stages=("Dev",))]
    notices = assign_environments([stack("A", account="1"), stack("Dev/A")], rules, None, {}).notices
    assert [n.message for n in notices] == [
        "no stack is in account 2 of production (prod): what the app makes only there (CDK_DEFAULT_ACCOUNT) was not seen"
    ]
    context = {f"availability-zones:account={account * 12}:region=eu-west-1": ["a"] for account in "12"}
    notices = assign_environments([stack("A", account="1" * 12)], (), None, context).notices
    assert notices[-1].message.startswith("no stack is in account 222222222222 of look-ups in the app's context")
    assert (
        len(
            assign_environments([stack("A", account="1" * 12), stack("B", account="2" * 12)], (), None, context).notices
        )
        == 1
    )


def test_where_production_matches_nothing_a_stack_that_calls_itself_so_is_production():
    rules = [PROD._replace(stages=("Production",)), EnvironmentRule("dev", accounts=("1",))]
    name, notices = judged(stack("Prod/Svc", account="1"), *rules)
    assert name == "prod" and "calls itself production" in notices[0]
    stacks = [stack("Production/Svc", account="2"), stack("ProdReplica", account="1")]
    found = assign_environments(stacks, rules, None, {})
    assert [s.environment for s in found.stacks] == ["prod", "dev"]
    assert found.notices[0].message == (
        "ProdReplica as dev by the configuration, though the name or a tag says production"
    )


def test_nested_stacks_are_as_their_root():
    root = stack("Staging/Svc")
    nested = stack("Staging/Svc/Prod", parent=root)
    (inner, outer), _notices = assign_environments([nested, root], [PROD, STAGING], None, {})
    assert (inner.environment, outer.environment) == ("staging", "staging")
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


def guessed(*stacks, context=None):
    return [s.environment for s in assign_environments(stacks, (), None, context or {}).stacks]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # The stage is the word, "Stage" and a place or number beside it left out.
        ("Dev/Svc", "dev"), ("dev/Svc", "dev"), ("DevStage/Svc", "dev"), ("TestStage/Svc", "dev"),
        ("stage-dev/Svc", "dev"), ("Staging/Svc", "staging"), ("Qa/Svc", "staging"), ("UAT/Svc", "staging"),
        ("PreProd/Svc", "staging"), ("pre-prod/Svc", "staging"), ("NonProd/Svc", "staging"), ("Sandbox/Svc", "dev"),
        ("Dev2/Svc", "dev"), ("dev-eu-west-1/Svc", "dev"), ("DevEuWest1/Svc", "dev"), ("dev-111122223333/Svc", "dev"),
        ("Pipeline/Dev/Svc", "dev"), ("Pipeline-dev-shop/DeployStage/Svc", "dev"), ("Pipeline-test-shop/DeployStage/Svc", "dev"), ("PipelineDev/Deploy/Svc", "dev"),
        # The last segment of the stack's name is the word, or ends in one that means nothing else.
        ("shop-dev", "dev"), ("Shop-test", "dev"), ("shop_qa", "staging"), ("shop-dev-eu-central-1", "dev"),
        ("shop-dev-2", "dev"), ("DevStack", "dev"), ("OrdersDev", "dev"), ("ApiStackDev", "dev"), ("OrdersDevStack", "dev"),
        ("shop-pr-123", "dev"), ("PR-7-Shop", "dev"), ("shop-non-prod", "staging"),
        # A first segment that was put in front of every name.
        ("dev-Shop", "dev"), ("test-Shop", "dev"), ("dev-shop-api", "dev"), ("euw1-dev-shop", "dev"),
        # Production, wherever it stands.
        ("Prod/Svc", "prod"), ("MyPRODStack", "prod"), ("svc-production-1", "prod"), ("TestProdStack", "prod"),
        ("Prod1/Svc", "prod"), ("prd-shop", "prod"), ("shop-live", "prod"), ("Dev/SvcProd", "prod"),
        ("prod-Shop", "prod"), ("Prod/shop-dev", "prod"),
    ],
)  # fmt: skip
def test_clear_names(path, expected):
    one = stack(path)
    assert guessed(one) == [expected]
    assert "nothing names an environment" not in judged(one)[1][0]


@pytest.mark.parametrize(
    "path",
    ["DeployStage/Svc", "AppStage/Svc", "ReleaseStage/Svc", "Stage/Svc", "stage/Svc", "Deploy/Svc", "DataStage", "QaBot",
     "QuestionsQa", "LabTestOrders", "LabTest", "DevPortal", "DevOpsTools", "dev-portal", "dev-ops", "TestResultsStore",
     "test-results", "qa-bot", "Contest", "LatestOrders", "UserDevices", "Device", "Products", "Delivery", "Staged",
     "DataStaging", "SvcSandbox", "acme-dev-orders", "shop-stage", "Svc", "Beta/Svc", "LiveChat/Svc", "test_store"],
)  # fmt: skip
def test_a_word_in_a_name_is_no_clear_sign(path):
    assert guessed(stack(path)) == ["prod"]
    assert "nothing names an environment" in judged(stack(path))[1][0]


def test_a_word_by_which_alone_two_stacks_differ_is_clear():
    assert guessed(stack("DevApi"), stack("ProdApi")) == ["dev", "prod"]
    assert guessed(stack("acme-test-api"), stack("acme-staging-api")) == ["dev", "staging"]
    assert guessed(stack("A/TestApi"), stack("A/QaApi")) == ["dev", "staging"]
    assert guessed(stack("DevPortal"), stack("UserPortal")) == ["prod", "prod"]
    assert guessed(stack("TestResults"), stack("TestOrders")) == ["prod", "prod"]
    assert guessed(stack("TestResultsDev"), stack("TestResultsProd")) == ["dev", "prod"]


def test_the_stacks_that_are_not_judged_are_siblings_as_well():
    (found,), _ = assign_environments([stack("DevApi")], (), None, {}, [stack("ProdApi")])
    assert found.environment == "dev"


def test_a_very_long_name_is_soon_told():
    assert guessed(stack("x-dev-" * 50_000 + "x")) == ["prod"]


def test_a_first_segment_is_clear_only_where_every_stack_begins_with_one():
    assert guessed(stack("dev-shop"), stack("dev-orders")) == ["dev", "dev"]
    assert guessed(stack("dev-shop"), stack("orders")) == ["prod", "prod"]


@pytest.mark.parametrize(
    ("tags", "context", "expected"),
    [
        ({"Env": "dev"}, {}, "dev"),
        ({"acme:Environment": "Development"}, {}, "dev"),
        ({"StageName": "test-eu"}, {}, "dev"),
        ({"stage": "stage"}, {}, "staging"),
        ({"env": "pre-prod"}, {}, "staging"),
        ({"env": "prod"}, {"env": "dev"}, "prod"),
        ({"env": "dev"}, {"env": "prod"}, "prod"),
        ({}, {"env": "dev"}, "dev"),
        ({}, {"environment": "live-eu"}, "prod"),
        ({}, {"env": ["dev"]}, None),
        ({"env": "blue"}, {}, None),
        ({"team": "dev"}, {}, None),
        ({"env": "LabTest"}, {}, None),
    ],
)
def test_tags_and_context(tags, context, expected):
    one = stack("Svc", tags=tags)
    name, notices = judged(one, context=context)
    assert name == (expected or "prod")
    assert ("nothing names an environment" in notices[0]) == (expected is None)


@pytest.mark.parametrize(
    ("path", "tags", "context", "expected"),
    [
        ("Prod/Svc", {"Env": "dev"}, {}, "prod"),
        ("OrdersProd", {"environment": "qa"}, {}, "prod"),
        ("Dev/Svc", {"env": "prod"}, {}, "prod"),
        ("Dev/Svc", {}, {"env": "prod"}, "prod"),
        ("Staging/Svc", {}, {"env": "dev"}, "staging"),
        ("Dev/Svc", {"stage": "uat"}, {}, "staging"),
    ],
)
def test_where_signs_disagree_the_strictest_counts_and_is_told(path, tags, context, expected):
    name, notices = judged(stack(path, tags=tags), context=context)
    assert name == expected
    assert any(n.startswith(f"signs disagree, and the strictest counts: {path} (") for n in notices)


def test_a_stack_that_shares_the_account_of_production_is_told():
    stacks = [
        stack("Prod/A", account="1"),
        stack("Dev/A", account="1"),
        stack("Dev/B", account="2"),
        stack("X", account="2"),
    ]
    notices = [n.message for n in assign_environments(stacks, (), None, {}).notices]
    assert notices[1:] == ["Dev/A as dev: in account 1, where Prod/A is as well"]


def test_what_a_guess_alone_made_milder_is_marked():
    stacks = [stack("Prod/A"), stack("Dev/A"), stack("X")]
    marks = [s.lowered_by_guess for s in assign_environments(stacks, (), None, {}).stacks]
    assert marks == [False, True, False]
    assert not assign_environments([stack("Dev/A")], (), "dev", {}).stacks[0].lowered_by_guess
    assert not assign_environments([stack("Staging/A")], [STAGING], None, {}).stacks[0].lowered_by_guess


def test_one_notice_says_what_was_guessed():
    stacks = [stack("Prod/A"), stack("Dev/A"), stack("X"), stack("Dev/B")]
    assert [n.message for n in assign_environments(stacks, [], None, {}).notices] == [
        "no environments are configured; judged by names, tags and context: Prod/A as prod; Dev/A, Dev/B as dev; "
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
