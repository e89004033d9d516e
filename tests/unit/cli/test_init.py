"""The configuration that `cdkguard init` writes finds the environments that were guessed, and no milder ones."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.cli.init import render_configuration
from cdkguard.config.environment_guesses import guess_environments
from cdkguard.config.environments import assign_environments
from cdkguard.config.load import config_of_data
from cdkguard.model import Stack

BUILTIN = ("prod", "staging", "dev")


def stack(path, **options):
    return Stack(path.replace("/", "-"), {"Resources": {}}, "t.json", construct_path=path, **options)


def written(*stacks, context=None):
    return yaml.safe_load(render_configuration(guess_environments(stacks, context or {})))["environments"]


def judged(environments, *stacks, context=None):
    rules = config_of_data({"environments": environments}).environments
    return [s.environment for s in assign_environments(stacks, rules, None, context or {}).stacks]


def test_each_environment_is_found_by_the_signs_of_its_stacks():
    stacks = [
        stack("Prod/A", account="111111111111"), stack("Dev/A", account="222222222222"), stack("shop-qa", account="222222222222"),
        stack("B", account="222222222222", tags={"env": "dev"}), stack("X", account="333333333333"),
    ]  # fmt: skip
    assert written(*stacks) == {
        "prod": {"strict": True, "accounts": ["111111111111", "333333333333"], "stages": ["Prod"]},
        "staging": {"stacks": ["shop-qa"]},
        "dev": {"stages": ["Dev"], "tags": {"env": "dev"}},
    }


def test_a_stack_of_production_that_comes_into_the_account_of_development_is_production():
    dev = written(stack("Orders", account="111111111111"), context={"env": "dev"})
    assert dev == {"prod": {"strict": True}, "dev": {"context": {"env": "dev"}}}
    assert judged(dev, stack("Orders", account="111111111111"), context={"env": "prod"}) == ["prod"]
    assert judged(dev, stack("Orders", account="111111111111"), context={"env": "dev"}) == ["dev"]
    staged = written(stack("Dev/Orders", account="111111111111"), stack("Prod/Orders", account="111111111111"))
    assert judged(
        staged, stack("Dev/Orders", account="111111111111"), stack("Live/Orders", account="111111111111")
    ) == ["dev", "prod"]


def test_stages_that_environments_share_do_not_decide():
    found = written(stack("App/OrdersDev"))
    assert judged(found, stack("App/OrdersDev"), stack("App/OrdersProd")) == ["dev", "prod"]


def test_an_app_without_a_sign_gets_an_empty_production():
    assert written(stack("Orders")) == {"prod": {"strict": True}}


WORDS = st.sampled_from(["Dev", "Prod", "Test", "Staging", "Shop", "Orders", "DevShop", "shop-qa", "dev-Shop", "Stage"])
STACKS = st.lists(
    st.builds(
        lambda parts, account, tag: stack("/".join(parts), account=account, tags={"env": tag} if tag else {}),
        st.lists(WORDS, min_size=1, max_size=3), st.sampled_from([None, "1" * 12, "2" * 12]), st.sampled_from(["", "dev", "prod", "qa"]),
    ),
    min_size=1, max_size=5, unique_by=lambda s: s.construct_path,
)  # fmt: skip


@given(STACKS, st.sampled_from([{}, {"env": "dev"}, {"env": "prod"}]))
def test_no_stack_becomes_milder_by_it(stacks, context):
    environments = written(*stacks, context=context)
    for one, name in zip(stacks, judged(environments, *stacks, context=context), strict=True):
        guess = guess_environments(stacks, context)[one].environment or "prod"
        assert BUILTIN.index(name) <= BUILTIN.index(guess)


@pytest.mark.parametrize("name", ['a"b', "é", "a: b", "#x"])
def test_any_name_is_quoted(name):
    assert written(stack(f"{name}/shop-dev"))["dev"] == {"stacks": [f"{name}/shop-dev"]}
