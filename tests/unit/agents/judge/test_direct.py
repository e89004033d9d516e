"""What goes past CloudFormation, as a table: what it does x where -> the answer."""

from __future__ import annotations

import pytest

from cdkguard.agents.judge.signs import signs_of_context, signs_of_name, signs_of_variables, strictest_sign
from cdkguard.config.environments import EnvironmentRule
from tests.support.agent_projects import QUEUE, TABLE, action, ask, repository
from tests.support.git_projects import isolate

SETTINGS = """\
environments:
  prod: {accounts: ["111111111111"], stacks: ["*-live*"]}
  dev: {accounts: ["222222222222"], stacks: ["*-dev"]}
"""
NAMED = {**TABLE, "Properties": {"TableName": "ledger"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    return repository(
        tmp_path / "repo", SETTINGS, **{"Shop-live-1": {"Ledger": NAMED, "Topic": QUEUE}, "Shop-dev": {"Orders": TABLE}}
    )


PROD = [
    {"target": "orders-prod"}, {"target": "orders", "profile": "acme-production"}, {"target": "ledger"},
    {"target": "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"}, {"target": "orders", "account": "111111111111"},
    {"target": "Shop-live-1-Ledger-1A2B3C4D5E6F"}, {"target": "orders-dev", "variables": {"NODE_ENV": "production"}},
    {"target": "orders", "variables": {"AWS_PROFILE": "prod"}}, {"target": "s3://acme-prod-data/x"},
]  # fmt: skip
MILD = [
    {"target": "orders-dev"}, {"target": "orders", "profile": "dev"}, {"target": "orders", "account": "222222222222"},
    {"target": "Shop-dev-Orders1F2E-1A2B3C4D5E6F"}, {"target": "orders", "variables": {"STAGE": "dev"}},
]  # fmt: skip
UNKNOWN = [
    {"target": "orders"},
    {"target": ""},
    {"target": "orders", "account": "333333333333"},
    {"target": "s3://data/dev/x"},
]


@pytest.mark.parametrize(
    ("kind", "strict", "unknown", "mild"),
    [
        ("data-delete", "deny", "deny", "ask"),
        ("data-write", "deny", "ask", "silent"),
        ("protection", "deny", "ask", "ask"),
        ("access", "deny", "ask", "ask"),
    ],
)
def test_the_table(folder, kind, strict, unknown, mild):
    for places, answer in ((PROD, strict), (UNKNOWN, unknown), (MILD, mild)):
        for fields in places:
            found = ask(action(kind, "aws dynamodb", folder, **{"resource_type": "AWS::DynamoDB::Table", **fields}))
            assert found.answer == answer, (fields, found.reason)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1:4566/", "localhost:8000", "http://localstack:4566"]
)
def test_an_emulator_is_nobodys_data(folder, url):
    assert (
        ask(action("data-delete", f"aws dynamodb --endpoint-url {url}", folder, target="orders-prod")).answer
        == "silent"
    )
    assert (
        ask(action("data-delete", f"aws dynamodb --endpoint-url={url}", folder, target="orders-prod")).answer
        == "silent"
    )
    assert (
        ask(action("data-delete", "aws dynamodb", folder, target="x", variables={"AWS_ENDPOINT_URL": url})).answer
        == "silent"
    )


@pytest.mark.parametrize(
    "url", ["https://localhost.evil.com", "https://dynamodb.eu-west-1.amazonaws.com", "http://10.0.0.1", ""]
)
def test_no_other_endpoint_is(folder, url):
    assert ask(action("data-delete", f"aws dynamodb --endpoint-url {url} x", folder, target="orders")).answer == "deny"


RULES = [EnvironmentRule("prod", strict=True), EnvironmentRule("blue", strict=True), EnvironmentRule("dev")]
WORDS = [
    ({"NODE_ENV": "production"}, "prod"), ({"STAGE": "blue"}, "blue"), ({"APP_ENV": "dev", "NODE_ENV": "production"}, "prod"),
    ({"AWS_PROFILE": "acme-prod-admin"}, "prod"), ({"AWS_PROFILE": "acme-blue"}, "blue"), ({"AWS_PROFILE": "reproducer"}, None),
    ({"NODE_ENV": "test"}, "dev"), ({"LC_ALL": "prod"}, None), ({"node_env": "PROD"}, "prod"), ({"STAGE": "pr-12"}, "dev"),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "environment"), WORDS)
def test_what_variables_say(variables, environment):
    found = strictest_sign(signs_of_variables(variables, RULES), ("prod", "blue"), RULES)
    assert (found and found.environment) == environment


def test_what_names_and_context_say():
    assert not list(signs_of_name("name", "products", RULES)) and list(signs_of_name("name", "x-prod-y", RULES))
    assert [s.environment for s in signs_of_context({"env": "staging", "size": "prod"}, RULES)] == ["staging"]
