"""Advice that fits the class that a resource was made of: a property of its construct, or what a `Cfn...` class has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from cdkguard._typing import Json
from cdkguard.model import Finding, Remedy
from cdkguard.text.regexes import lazy_pattern

# Types whose construct takes the argument `removalPolicy`; every other one has the method alone. tests/e2e/test_remedies.py
# asks aws-cdk-lib.
TAKE_REMOVAL_POLICY = frozenset((
    "AWS::Backup::BackupVault", "AWS::CodeBuild::ReportGroup", "AWS::Cognito::UserPool", "AWS::DocDB::DBCluster",
    "AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table", "AWS::EC2::Volume", "AWS::ECR::Repository",
    "AWS::EFS::FileSystem", "AWS::Elasticsearch::Domain", "AWS::FSx::FileSystem", "AWS::KMS::Key",
    "AWS::Kinesis::Stream", "AWS::Lambda::LayerVersion", "AWS::Lambda::Version", "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream", "AWS::OpenSearchService::Domain", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance",
    "AWS::S3::Bucket", "AWS::Scheduler::ScheduleGroup", "AWS::SecretsManager::Secret", "AWS::SQS::Queue",
))  # fmt: skip

_ARGUMENT = lazy_pattern(r"removal_policy=RemovalPolicy\.(\w+),")
_OF_RAW_CLASS = lazy_pattern(r"\bCfn[A-Z]|\.add_(?:property_)?override\(|\.apply_removal_policy\(")
_PLAIN_NAME = lazy_pattern(r"(?:[A-Z][a-z]+)+")  # `MultiAZ` and `KMSKeyId` are spelled otherwise in code.


def fit_remedies(findings: Iterable[Finding], raw_resources: Iterable[str]) -> Iterator[Finding]:
    """The findings, with code that the class of their construct takes; `raw_resources` are paths of `Cfn...` classes."""
    paths = frozenset(raw_resources)
    for finding in findings:
        remedy = finding.remedy
        if remedy is not None:
            remedy = fit_removal_policy(remedy, finding.resource_type, finding.construct_path)
            if finding.construct_path in paths:
                remedy = fit_raw_resource(remedy)
        yield finding if remedy is finding.remedy else finding._replace(remedy=remedy)


def asks_for_classes(finding: Finding) -> bool:
    """Whether the class of a finding's construct decides about the code: one called `Resource` is a construct's own."""
    path = finding.construct_path or "/Resource"
    return finding.remedy is not None and not path.endswith("/Resource")


@cache
def fit_removal_policy(remedy: Remedy, resource_type: str | None, construct_path: str | None) -> Remedy:
    """The method where the construct has no argument for the removal policy, or is a `Cfn...` class."""
    argument = _ARGUMENT.match(remedy.python or "")
    is_construct = construct_path is None or construct_path.endswith("/Resource")
    if argument is None or resource_type is None or (is_construct and resource_type in TAKE_REMOVAL_POLICY):
        return remedy
    policy = f"RemovalPolicy.{argument.group(1)}"
    return remedy._replace(
        python=f"resource.apply_removal_policy({policy})", typescript=f"resource.applyRemovalPolicy({policy});"
    )


@cache
def fit_raw_resource(remedy: Remedy) -> Remedy:
    """For a `Cfn...` class: what the template's form of the advice is in code."""
    if not remedy.template or _OF_RAW_CLASS.search(remedy.python or ""):
        return remedy
    import yaml

    written = yaml.safe_load(remedy.template)
    if not isinstance(written, dict) or _has_function(written):
        return remedy
    lines = list(_write_raw(written))
    return remedy._replace(python="\n".join(line for line, _ in lines), typescript="\n".join(line for _, line in lines))


def _write_raw(written: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Each line of code, in Python and in TypeScript."""
    properties = written.get("Properties") or {}
    if written.keys() == {"Properties"} and all(map(_is_plain_property, properties.items())):
        for name, value in properties.items():
            yield f"{_snake_case(name)}={_python(value)},", f"{name[:1].lower()}{name[1:]}: {_typescript(value)},"
        return
    policy = written.get("DeletionPolicy")
    if policy in ("Retain", "Snapshot", "Delete"):
        word = "DESTROY" if policy == "Delete" else str(policy).upper()
        yield (
            f"resource.apply_removal_policy(RemovalPolicy.{word})",
            f"resource.applyRemovalPolicy(RemovalPolicy.{word});",
        )
    for path, value in _leaves(properties, ""):
        yield (
            f'resource.add_property_override("{path}", {_python(value)})',
            f"resource.addPropertyOverride('{path}', {_typescript(value)});",
        )
    others = {key: value for key, value in written.items() if key not in ("Properties", *_POLICIES)}
    for path, value in _leaves(others, ""):
        yield (
            f'resource.add_override("{path}", {_python(value)})',
            f"resource.addOverride('{path}', {_typescript(value)});",
        )


_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")  # A removal policy sets both.


def _is_plain_property(pair: tuple[str, Json]) -> bool:
    name, value = pair
    return _PLAIN_NAME.fullmatch(name) is not None and isinstance(value, str | int)


def _leaves(value: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _leaves(inner, f"{path}{key}.")
        else:
            yield f"{path}{key}", inner


def _has_function(value: Json) -> bool:
    if isinstance(value, dict):
        return any(key == "Ref" or key.startswith("Fn::") or "." in key or _has_function(value[key]) for key in value)
    return isinstance(value, list) and any(map(_has_function, value))


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _python(value: Json) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {_python(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_python, value)) + "]"
        case bool() | None:
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _typescript(value: Json) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{_key(key)}: {_typescript(inner)}" for key, inner in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_typescript, value)) + "]"
        case str() if "'" not in value and "\\" not in value and "\n" not in value:
            return f"'{value}'"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"'{name}'"
