"""A template that a line deploys past CDK is judged against what moto's CloudFormation holds of the stack that it names."""

from __future__ import annotations

import json

import pytest

from cdkguard.model import Stack
from tests.support.git_projects import git
from tests.support.moto_stacks import VARIABLES, deploy, open_moto
from tests.support.scripted_agent import Agent

pytest.importorskip("moto")
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}
HELD = {"Resources": {"Table": TABLE, "Topic": {"Type": "AWS::SNS::Topic"}}}
WITHOUT_TABLE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
WITH_NAME = {
    "Resources": {**HELD["Resources"], "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x"}}}
}
SETTINGS = """\
against: deployed
environments:
  prod: {strict: true, stacks: ["*-prod"]}
  dev: {stacks: ["*-dev"]}
"""
DEPLOY = "aws cloudformation deploy --region eu-west-1 --template-file {} --stack-name {}"
UPDATE = "aws cloudformation update-stack --region eu-west-1 --template-body file://{} --stack-name {}"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository of templates, whose stacks shop-prod and shop-dev moto holds."""
    folder = tmp_path_factory.mktemp("templates")
    changed = pytest.MonkeyPatch()
    with open_moto() as url:
        home = folder / "home"
        home.mkdir()
        (home / ".gitconfig").write_text("[user]\nname = T\nemail = t@example.com\n")
        (home / "aws").write_text(f"[default]\nendpoint_url = {url}\n")
        given = {
            **VARIABLES, "AWS_CONFIG_FILE": str(home / "aws"), "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1",
            "CDKGUARD_CACHE_DIR": str(home / "cache"),
        }  # fmt: skip
        for name, value in given.items():
            changed.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "NODE_ENV", "CI", "GITHUB_BASE_REF"):
            changed.delenv(name, raising=False)

        shop = folder / "shop"
        shop.mkdir()
        (shop / "cdkguard.yaml").write_text(SETTINGS)
        for name, template in (("held", HELD), ("without", WITHOUT_TABLE), ("named", WITH_NAME)):
            (shop / f"{name}.json").write_text(json.dumps(template))
        git(shop, "init", "--quiet", "--initial-branch", "main")
        git(shop, "add", "-A")
        git(shop, "commit", "--quiet", "-m", "the templates")
        for name in ("shop-prod", "shop-dev"):
            deploy(url, Stack(name, HELD, "held.json"), [])
        yield shop
        changed.undo()


@pytest.mark.parametrize("line", [DEPLOY, UPDATE])
def test_a_template_that_takes_data_away_is_stopped(repository, line):
    told = Agent("claude", repository).run(line.format("without.json", "shop-prod"))
    assert told.answer == "deny" and "Table" in told.reason and "AWS::DynamoDB::Table" in told.reason, told
    told = Agent("claude", repository).run(line.format("without.json", "shop-dev"))
    assert told.answer == "ask" and "AWS::DynamoDB::Table" in told.reason, told


def test_a_template_that_takes_nothing_away_is_silent_where_an_agent_may_deploy(repository):
    assert Agent("claude", repository).run(DEPLOY.format("named.json", "shop-dev")) == ("silent", "")
    told = Agent("claude", repository).run(DEPLOY.format("named.json", "shop-prod"))
    assert told.answer == "deny" and "prod" in told.reason, told


def test_a_template_or_stack_that_is_not_known_is_asked_about(repository):
    told = Agent("claude", repository).run(DEPLOY.format("missing.json", "shop-dev"))
    assert told.answer in ("ask", "deny") and "missing.json" in told.reason, told
    assert Agent("kiro", repository).run(DEPLOY.format("named.json", "$STACK")).answer == "deny"
