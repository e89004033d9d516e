"""An organisation in moto to audit, and a result that is kept in memory."""

import json
from collections.abc import Collection, Iterable
from typing import Any

from cdkguard.errors import ConfigError
from cdkguard.outputs.audit.record import FindingRow, Row, RunHeader, StackRow, UnreadRow

OPEN_BUCKET = {
    "Resources": {
        "Data": {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}},
        "Topic": {"Type": "AWS::SNS::Topic"},
    }
}  # fmt: skip


class MemoryStore:
    """A result in memory; `parts` outlive the store, as files would."""

    def __init__(self, parts: dict[str, tuple[Row, ...]] | None = None) -> None:
        self.parts = {} if parts is None else parts
        self.header: RunHeader | None = None
        self.rows: list[Row] = []
        self.begun: RunHeader | None = None

    def begin(self, header: RunHeader, resume: bool = False) -> RunHeader:
        if self.parts and not resume:
            raise ConfigError("an unfinished audit")
        self.begun = header
        return header

    def parts_present(self) -> frozenset[str]:
        return frozenset(self.parts)

    def write_part(self, unit_id: str, rows: Iterable[Row]) -> None:
        assert unit_id not in self.parts, f"{unit_id} came twice"
        self.parts[unit_id] = tuple(rows)

    def finish(self, header: RunHeader, units: Collection[str] | None = None, since: str | None = None) -> RunHeader:
        self.header = header
        chosen = self.parts if units is None else units
        self.rows = sorted((row for unit in chosen for row in self.parts[unit]), key=lambda row: (type(row).__name__, repr(row)))  # fmt: skip
        return header

    @property
    def unread(self) -> list[UnreadRow]:
        return [row for row in self.rows if isinstance(row, UnreadRow)]

    @property
    def findings(self) -> list[FindingRow]:
        return [row for row in self.rows if isinstance(row, FindingRow)]

    @property
    def stacks(self) -> list[StackRow]:
        return [row for row in self.rows if isinstance(row, StackRow)]


def make_organization(url: str, accounts: int, regions: Collection[str], stacks: int) -> list[str]:
    """An organisation of so many accounts, each with so many stacks in every region; the ids of its accounts."""
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    region = next(iter(regions))
    organizations = _client(url, "organizations", region, keys)
    organizations.create_organization(FeatureSet="ALL")
    for number in range(accounts - 1):
        organizations.create_account(AccountName=f"team-{number}", Email=f"team-{number}@example.com")
    ids = sorted(account["Id"] for account in organizations.list_accounts()["Accounts"])
    for account in ids:
        for region in regions:
            client = _client(url, "cloudformation", region, keys_of(url, account))
            for number in range(stacks):
                body = json.dumps(OPEN_BUCKET) if number % 2 == 0 else _CLEAN
                client.create_stack(StackName=f"stack-{number:02d}", TemplateBody=body, Tags=[{"Key": "team", "Value": f"t{number % 3}"}])  # fmt: skip
    return ids


_CLEAN = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"


def keys_of(url: str, account: str) -> dict[str, str]:
    """Keys of a role in an account."""
    own = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    role = f"arn:aws:iam::{account}:role/deploy"
    found = _client(url, "sts", "eu-west-1", own).assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
    return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"], "aws_session_token": found["SessionToken"]}  # fmt: skip


def _client(url: str, service: str, region: str, keys: dict[str, str]) -> Any:
    import boto3

    return boto3.client(service, region_name=region, endpoint_url=url, **keys)
