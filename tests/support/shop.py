"""A change of two stacks with every kind of effect, for the outputs that show changes."""

from __future__ import annotations

from typing import Any

from cdkguard.model import Source, Stack
from cdkguard.outputs.diff.common import Difference
from tests.support.changes import compare, stack

ROOT = "/home/dev/shop"
TABLE = "AWS::DynamoDB::Table"
A, B = "a" * 64, "b" * 64


def shop(old: bool) -> list[Stack]:
    """One side of a rich difference."""
    data: dict[str, Any] = {
        "Orders": {"Type": TABLE, "DeletionPolicy": "Retain" if old else "Delete", "Properties": {"TableName": "orders" if old else "orders-2"}},
        "Replicas": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": [{"Region": r} for r in ("eu-west-1", "eu-north-1")[: 2 if old else 1]]}},
        "Handler": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": f"{A if old else B}.zip"}}},
        "OldUsers" if old else "NewUsers": {"Type": "AWS::Cognito::UserPool", "DeletionPolicy": "Retain", "Properties": {"UserPoolName": "users"}},
        "Feed": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {}}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a" if old else "b"}},
        "Api": {"Type": "Custom::Api", "Properties": {"ServiceToken": "x", "ApiKey": "old-key-1" if old else "new-key-22", "Nested": {"password": "p" * (7 if old else 8)}}},
    }  # fmt: skip
    if old:
        data["Ledger"] = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBName": "ledger"}}
        data["Gone"] = {"Type": "AWS::SNS::Topic"}
    else:
        data["Added"] = {"Type": "AWS::SQS::Queue"}
    paths = {name: f"Prod/Shop/{name}/Resource" for name in data}
    root = stack(data, "Shop", path="Prod/Shop", paths=paths, account="111111111111", region="eu-west-1",
                 environment="prod", termination_protection=old)  # fmt: skip
    root = root._replace(source_of=lambda logical_id: Source(f"{ROOT}/app.py", 12) if logical_id == "Orders" else None)
    others = [stack({"Log": {"Type": "AWS::Logs::LogGroup"}}, "Old", environment="prod")] if old else []
    return [root, *others]


def difference() -> Difference:
    old, new = shop(True), shop(False)
    return Difference(compare(old, new), (*new, *old), "cdkguard.snapshot", "the app", ("a notice",), "1.0.0")
