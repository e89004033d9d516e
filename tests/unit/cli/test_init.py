"""The configuration that `cdkguard init` writes finds the environments that were guessed, and no milder ones."""

import json
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.cli.init import render_configuration
from cdkguard.cli.main import main
from cdkguard.cli.schema import schema_names
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


# -- the command

APP = """
import json, os, sys
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
name = context.get("stage", "dev")  # as an app does that calls try_get_context("stage")
if name == "staging":
    sys.exit("no settings for staging")
print("synthesized", name, file=sys.stderr)
out = os.environ["CDK_OUTDIR"]
template = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
json.dump(template, open(os.path.join(out, "S.template.json"), "w"))
artifact = {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
            "displayName": "Shop-" + name, "properties": {"templateFile": "S.template.json"}}
json.dump({"version": "36.0.0", "artifacts": {"S": artifact}}, open(os.path.join(out, "manifest.json"), "w"))
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CDK_OUTDIR", raising=False)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py'}))
    return tmp_path


def init(capsys, *argv):
    status = main(["init", *argv])
    return (status, *capsys.readouterr())


def test_init_sees_each_environment_of_a_context_key_and_says_what_it_did_not_see(capsys, app):
    status, out, err = init(capsys)
    assert (status, err) == (0, "synthesized dev\n")
    assert out == (
        "cdkguard.yaml: written, from 2 stacks:\n"
        "  Shop-dev   dev\n"
        "  Shop-prod  prod  (-c stage=prod)\n"
        "not seen: `-c stage=staging`: the app ends with an error\n"
        "\nread it, commit it, and go on with:\n"
        "  cdkguard check                  # judge every resource\n"
        "  cdkguard accept                 # accept today's findings, so that only new ones fail\n"
        "  cdkguard check --against git    # judge what a branch changes\n"
    )
    found = yaml.safe_load((app / "cdkguard.yaml").read_text())["environments"]
    assert judged(found, stack("Shop-dev"), stack("Shop-prod"), stack("Shop")) == ["dev", "prod", "prod"]


def test_init_runs_an_app_once_where_the_context_is_given_or_no_key_names_an_environment(capsys, app):
    assert "Shop-prod  prod\n" in init(capsys, "-c", "stage=prod")[1]
    (app / "app.py").write_text(APP.replace("try_get_context", "").replace("synthesized", "once"))
    status, out, err = init(capsys, "--force")
    assert (status, err) == (0, "once dev\n") and "Shop-prod" not in out


def test_init_tries_the_environments_that_cdk_json_has_settings_of(capsys, app):
    settings = {"stage": "qa", "accounts": {"qa": "111111111111", "live": "222222222222"}}
    (app / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py', "context": settings}))
    out = init(capsys)[1]
    assert "  Shop-qa    staging\n" in out and "  Shop-live  prod  (-c stage=live)\n" in out


def test_init_says_which_key_it_did_not_try_for_a_slow_app(capsys, app, monkeypatch):
    monkeypatch.setattr("cdkguard.cli.init_runs.LONGEST", 0.0)
    out = init(capsys)[1]
    assert "not seen: other values of the context key 'stage' (app.py), since the app takes 0 s" in out
    assert "`cdkguard init -c stage=prod --force` tries one" in out


def test_the_file_names_its_schema_for_editors_and_the_command_prints_it(capsys, app):
    init(capsys)
    first = (app / "cdkguard.yaml").read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=https://") and first.endswith("/config.schema.json")
    for name in schema_names():
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)["$id"].startswith("https://")
    assert main(["schema", "confg"]) == 2
    assert "did you mean 'config'?" in capsys.readouterr().err
