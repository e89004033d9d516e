"""The example app of the hook synthesizes, and cdkguard judges it without a finding that counts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FOLDER = ROOT / "examples/cfn-hook"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    pytest.importorskip("aws_cdk", reason="`make examples` installs aws-cdk-lib")
    folder = tmp_path_factory.mktemp("hook")
    package = folder / "hook.zip"
    run(["-m", "cdkguard", "cfn-hook", "package", "--config", "hook.yaml", "--out", str(package)])
    run(["app.py"], CDKGUARD_HOOK_PACKAGE=str(package), CDK_OUTDIR=str(folder / "cdk.out"))
    return folder / "cdk.out"


def run(arguments, **variables):
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [sys.executable, *arguments], cwd=FOLDER, env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.e2e
def test_the_example_is_judged_by_cdkguard_itself(out):
    shown = run(
        ["-m", "cdkguard", "check", str(out), "--config", "cdkguard.yaml", "--output", "json", "--fail-on", "low"]
    )
    assert json.loads(shown)["findings"] == []


@pytest.mark.e2e
def test_the_hook_is_what_cloudformation_takes(out):
    template = json.loads(Path(out, "CdkguardHookProd.template.json").read_text())
    by_type = {}
    for body in template["Resources"].values():
        by_type.setdefault(body["Type"], []).append(body["Properties"])
    [hook] = by_type["AWS::CloudFormation::LambdaHook"]
    [function] = by_type["AWS::Lambda::Function"]
    assert (hook["FailureMode"], hook["HookStatus"], hook["TargetOperations"]) == ("WARN", "ENABLED", ["STACK"])
    assert "TargetFilters" not in hook
    assert hook["StackFilters"] == {
        "FilteringCriteria": "ALL",
        "StackNames": {"Exclude": ["CdkguardHookProd", "CDKToolkit"]},
        "StackRoles": {"Exclude": ["arn:aws:iam::111122223333:role/break-glass"]},
    }
    assert function["Handler"] == "cdkguard.cfnhook.handler.handler" and function["Timeout"] == 30
    assert function["Runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert by_type["AWS::Logs::LogGroup"][0]["RetentionInDays"] == 90
    assert by_type["AWS::CloudWatch::Alarm"][0]["MetricName"] == "Errors"
    policies = json.dumps(by_type["AWS::IAM::Policy"])
    assert "lambda:InvokeFunction" in policies and "cloudformation:" not in policies
