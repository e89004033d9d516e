"""A judge says of a template, and of the change to it, what `check` says of the same files: on examples of the rules."""

import json

import pytest
import yaml

from cdkguard.api import Judge, StackContext
from cdkguard.check.exit_status import status_of
from cdkguard.check.run import check
from cdkguard.config.settings import Config
from tests.support.example_templates import example_templates

DAY = "2030-01-01"
CONFIG = Config(environment="prod", rules=("all",))
SUPPRESSED = {"cdkguard": {"suppress": [{"rule": "sns-*", "reason": "a test"}]}}
ODD = {
    "parameters": {
        "Parameters": {"Days": {"Type": "Number", "Default": 3}, "Open": {"Type": "String"}},
        "Conditions": {"IsOpen": {"Fn::Equals": [{"Ref": "Open"}, "yes"]}},
        "Resources": {
            "D": {"Type": "AWS::RDS::DBInstance", "Properties": {"BackupRetentionPeriod": {"Ref": "Days"}}},
            "T": {"Type": "AWS::DynamoDB::Table", "Condition": "IsOpen", "DeletionPolicy": {"Fn::If": ["IsOpen", "Delete", "Retain"]}},
        },
    },
    "loop": {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::T": ["N", ["A", "B"], {"T${N}": {"Type": "AWS::DynamoDB::Table"}}]},
    },
    "inside": {
        "Transform": "Tagger",
        "Resources": {
            "S": {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": '{"Resources": {"T": {"Type": "AWS::DynamoDB::Table"}}}'}},
            "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.example/n"}},
            "Q": {"Type": "AWS::SNS::Topic", "Metadata": {**SUPPRESSED, "aws:cdk:path": "App/Q/Resource"}},
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def judge():
    return Judge(CONFIG, today=DAY)


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """Files of templates, JSON and YAML in turn."""
    folder = tmp_path_factory.mktemp("templates")
    bodies = [*ODD.values(), *example_templates(150, every=5)]
    paths = []
    for number, body in enumerate(bodies):
        path = folder / f"T{number}.{'yaml' if number % 2 else 'json'}"
        path.write_text(yaml.safe_dump(body) if number % 2 else json.dumps(body), encoding="utf-8")
        paths.append(str(path))
    return paths


def context_of(stack):
    return StackContext(stack.name, takes_defaults=True, construct_path="", source=stack.template_path)


def read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()


def test_templates(judge, templates):
    total = 0
    for path in templates:
        report = check(CONFIG._replace(paths=(path,)), today=DAY)
        verdict = judge.judge(read(path), context_of(report.stacks[0]))
        assert verdict.findings == report.findings
        assert verdict.stacks == report.stacks
        assert verdict.exit_status == status_of(report)
        total += len(report.findings)
    assert total > 500


def test_changes(judge, templates):
    total = 0
    for before, after in zip(templates, templates[1:], strict=False):
        report = check(CONFIG._replace(paths=(after,), against=before), today=DAY)
        verdict = judge.judge(read(after), context_of(report.stacks[0]), previous=read(before))
        assert verdict.findings == report.findings
        assert [change.token for change in verdict.changes] == [change.token for change in report.changes]
        total += sum(finding.impact is not None for finding in report.findings)
    assert total > 100
