"""The table of AWS's calls: somebody decided on each candidate, and what it says is there."""

import importlib.metadata
import json
import sys

import pytest

from cdkguard.agents.lines.read import parse_api_call, parse_line
from tests.support.paths import ROOT

botocore = pytest.importorskip("botocore")
sys.path.insert(0, str(ROOT / "tools/agents"))
sys.path.insert(0, str(ROOT / "tools"))

import make_aws_calls  # noqa: E402
from provider_schemas import find_schema_files  # noqa: E402

from tests.repository.test_schema_tables import needs_the_pinned_schemas  # noqa: E402

DECISIONS = make_aws_calls.read_decisions()
needs_the_pinned_models = pytest.mark.skipif(
    importlib.metadata.version("botocore") != make_aws_calls.PINNED,
    reason="the decisions are on the models of another botocore",
)


@needs_the_pinned_models
def test_somebody_decided_on_every_candidate_and_on_nothing_else():
    assert list(make_aws_calls.find_mistakes(DECISIONS)) == [], (
        "run tools/agents/make_aws_calls.py, decide, run it again"
    )


def test_the_table_is_made_of_the_decisions():
    assert make_aws_calls.TABLE.read_text() == make_aws_calls.render(DECISIONS)


@needs_the_pinned_schemas
def test_every_resource_type_exists():
    types = {row["type"] for row in DECISIONS.values() if row["type"]}
    assert not types - set(find_schema_files())


def test_what_holds_data_can_be_deleted_by_a_call_that_is_known():
    """Each type of the sets of stores has a call that deletes it, but for those whose service botocore has no more."""
    import yaml

    sets = yaml.safe_load((ROOT / "rules/sets.yaml").read_text())
    held = {kind for name in ("stateful", "stateful-more", "stateful-minor") for kind in sets[name]}
    known = {row["type"] for row in DECISIONS.values() if row["kind"] == "data-delete"}
    without = {
        "AWS::CloudHSM::Cluster", "AWS::FinSpace::Environment", "AWS::IoTAnalytics::Channel", "AWS::IoTAnalytics::Datastore", "AWS::QLDB::Ledger",
        "AWS::Logs::LogStream", "AWS::S3Express::DirectoryBucket", "AWS::Serverless::SimpleTable", "AWS::DynamoDB::GlobalTable",
        "AWS::Backup::LogicallyAirGappedBackupVault", "AWS::DirectoryService::SimpleAD", "AWS::MSK::ServerlessCluster",
    }  # fmt: skip
    assert held - known - without == set()


def test_a_call_that_only_reads_is_not_in_the_table():
    table = json.loads(make_aws_calls.TABLE.read_text())
    table.pop("_")
    read = ("describe-", "list-", "get-", "scan", "query-", "head-", "batch-get", "search")
    assert not [(service, name) for service, rows in table.items() for name in rows if name.startswith(read)]


@pytest.mark.parametrize(
    "service, operation, parameters, expected",
    [
        ("dynamodb", "DeleteTable", {"TableName": "T"}, ("data-delete", "dynamodb delete-table", "T")),
        ("dynamodb", "delete_table", {"TableName": "T"}, ("data-delete", "dynamodb delete-table", "T")),
        (
            "rds",
            "ModifyDBInstance",
            {"DBInstanceIdentifier": "D", "DeletionProtection": False},
            ("protection", "rds modify-db-instance", "D"),
        ),
        ("s3", "DeleteBucket", {"Bucket": "B"}, ("data-delete", "s3api delete-bucket", "B")),
        ("cloudformation", "DeleteStack", {"StackName": "S"}, ("destroy", "cloudformation delete-stack", "")),
        ("dynamodb", "DescribeTable", {"TableName": "T"}, None),
        ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "D", "DeletionProtection": True}, None),
    ],
)
def test_a_call_of_the_api_is_read_as_the_same_call_of_the_cli(service, operation, parameters, expected):
    actions = parse_api_call(service, operation, parameters).actions
    assert [(each.kind, each.verb, each.target) for each in actions] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "line, kinds",
    [
        ("aws dynamodb execute-statement --statement 'SELECT * FROM \"T\"'", []),
        ("aws dynamodb execute-statement --statement \"DELETE FROM T WHERE id='1'\"", ["data-delete"]),
        ("aws rds-data execute-statement --resource-arn a --sql \"UPDATE t SET a=1\"", ["data-write"]),
        ("aws rds-data execute-statement --resource-arn a --sql \"select 'drop table'\"", []),
        ("aws athena start-query-execution --query-string 'drop table x'", ["data-delete"]),
    ],
)  # fmt: skip
def test_a_statement_is_judged_by_its_words(line, kinds):
    assert [each.kind for each in parse_line(line).actions] == kinds


def test_an_emulator_on_this_machine_is_not_aws():
    line = "aws --endpoint-url http://localhost:4566 dynamodb delete-table --table-name T"
    assert parse_line(line).actions == ()
    assert (
        parse_line(
            "aws dynamodb delete-table --table-name T", variables={"AWS_ENDPOINT_URL": "http://127.0.0.1:8000"}
        ).actions
        == ()
    )
