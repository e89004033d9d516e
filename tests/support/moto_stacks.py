"""Moto's CloudFormation with the templates of an app as what is deployed, in the accounts that the app names."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

from cdkguard.inputs.app import find_app
from cdkguard.inputs.assembly import read_assembly
from cdkguard.inputs.synth import open_synthesized_app
from cdkguard.model import Stack

ACCOUNT, REGION = "123456789012", "eu-west-1"  # moto's own account
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
}  # fmt: skip


@contextmanager
def open_moto() -> Iterator[str]:
    """The address of a server that answers as AWS does, and holds nothing yet."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        # What moto holds belongs to the process: an earlier test's stacks would be this one's, too.
        urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST"), timeout=30).close()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def deploy_app(url: str, folder: str, context: dict[str, str]) -> list[str]:
    """Deploy the app's stacks as they are now; their names."""
    with open_synthesized_app(find_app(folder, None, context)) as out:
        stacks = read_assembly(out, app_directory=folder).stacks
        roots = [stack for stack in stacks if stack.parent is None]
        for stack in roots:
            deploy(url, stack, [nested for nested in stacks if nested.parent is stack])
    return [stack.name for stack in roots]


def deploy(url: str, stack: Stack, nested: Sequence[Stack]) -> None:
    """Let moto hold the stack and those nested in it. It makes none of their resources: it knows some types only."""
    from moto.backends import get_backend

    keys = _keys(url, stack.account)
    resources: dict[str, Any] = {"Topic": {"Type": "AWS::SNS::Topic"}}
    for each in nested:
        template = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": _store(url, keys, stack.account)},
        }
        resources[str(each.parent_logical_id)] = template
    _client(url, "cloudformation", keys).create_stack(
        StackName=stack.name, TemplateBody=json.dumps({"Resources": resources}),
        EnableTerminationProtection=bool(stack.termination_protection),
        Tags=[{"Key": key, "Value": value} for key, value in (stack.tags or {}).items()],
    )  # fmt: skip
    backend: Any = get_backend("cloudformation")[stack.account or ACCOUNT][REGION]
    held = backend.get_stack(stack.name)
    held.template = json.dumps(stack.template)
    for each in nested:
        found = next(r for r in held.stack_resources if r.logical_resource_id == each.parent_logical_id)
        backend.get_stack(found.physical_resource_id).template = json.dumps(each.template)


def _store(url: str, keys: dict[str, str], account: str | None) -> str:
    """Put a small template into a bucket of the account; its address."""
    bucket = f"templates-{account or ACCOUNT}"
    store = _client(url, "s3", keys)
    store.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    store.put_object(
        Bucket=bucket, Key="small.json", Body=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    )
    return f"https://{bucket}.s3.{REGION}.amazonaws.com/small.json"


def _keys(url: str, account: str | None) -> dict[str, str]:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    if account is None:
        return keys
    role = f"arn:aws:iam::{account}:role/deploy"
    found = _client(url, "sts", keys).assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"]
    return {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"], "aws_session_token": found["SessionToken"]}  # fmt: skip


def _client(url: str, service: str, keys: dict[str, str]) -> Any:
    import boto3

    return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)
