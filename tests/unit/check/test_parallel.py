"""Many stacks judged part by part, in one process and in several: the same report, and no pass without a judgement."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cdkguard.check import limits
from cdkguard.check import run as check
from cdkguard.config.settings import Config
from cdkguard.engine.rules import MAX_FINDINGS
from cdkguard.errors import ConfigError, InputError, TooMuchError
from cdkguard.inputs.assembly import list_parts, read_paths
from cdkguard.model import Suppression
from tests.support.changes import write_assembly
from tests.support.programs import started

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are made by fork")
ACCOUNT, OTHER = "222222222222", "333333333333"


def template(number):
    """Findings of several kinds: a table without protection, a literal account, a condition that is not known."""
    return {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": f"orders-{number}"}},
            "Queue": {"Type": "AWS::SQS::Queue", "Condition": "C", "Properties": {}},
            "Rule": {
                "Type": "AWS::Lambda::Function",
                "Metadata": {"cdkguard": {"suppress": [{"rule": "lambda-*", "reason": "known"}]}},
                "Properties": {
                    "Runtime": "python3.7",
                    "Role": f"arn:aws:iam::{OTHER}:role/x",
                    # a name that another stack gives
                    "Environment": {
                        "Variables": {
                            "TABLE": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders-{(number + 1) % 5}",
                        }
                    },
                },
            },
        },
    }


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A cloud assembly of five stacks, one of which cannot be read."""
    monkeypatch.chdir(tmp_path)
    artifacts = {}
    for number in range(5):
        name = f"Stack{number}"
        (tmp_path / f"{name}.template.json").write_text(json.dumps(template(number)))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/eu-west-1",
            "properties": {"templateFile": f"{name}.template.json"},
        }
    (tmp_path / "Stack3.template.json").write_text("{")
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return tmp_path


def config(**options):
    accepted = (Suppression("dynamodb-*", "accepted", "cdkguard.yaml:1", "configuration", "Stack1/*"),)
    return Config(paths=(".",), rules=("all",), suppressions=accepted, **options)


def essence(report):
    return report._replace(seconds=0, phases={}, rules=tuple(report.rules))


def whole(settings):
    """The same input, read and judged in one piece."""
    return check.check_assembly(settings, read_paths(settings.paths), "2026-01-01")


@pytest.mark.parametrize("processes", [None, 1, 2, 3, 9])
def test_the_report_is_the_same_with_any_number_of_processes(app, processes):
    report = check.check(config(jobs=processes), "2026-01-01")
    assert essence(report) == essence(whole(config()))
    rules = {f.rule_id for f in report.findings}
    assert {"hardcoded-own-resource-arn", "hardcoded-foreign-account", "data-retention"} <= rules
    assert any(f.suppression for f in report.findings) and len(report.errors) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_rules_are_counted_once_for_each_subject(app, processes):
    counts = []
    check.check(config(jobs=processes), "2026-01-01", observe=counts.append)
    check.check(config(jobs=1, stacks=("*",)), "2026-01-01", observe=counts.append)  # in one piece
    assert {k: v for k, v in counts[0].items() if any(v)} == {k: v for k, v in counts[1].items() if any(v)}


def test_a_folder_of_templates_and_nested_stacks_is_judged_as_in_one_piece(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        body = template(number)
        body["Resources"]["Nest"] = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "t9.json"}}
        (tmp_path / f"t{number}.json").write_text(json.dumps(body))
    (tmp_path / "package.json").write_text('{"name": "no template"}')
    report = check.check(config(jobs=2), "2026-01-01")
    assert essence(report) == essence(whole(config()))
    assert [f.logical_id for f in report.active if f.rule_id == "nested-template-unread"] == ["Nest"] * 3


def test_a_file_that_cannot_be_read_leaves_the_others_judged_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        (tmp_path / f"t{number}.json").write_text(json.dumps(template(number)))
    (tmp_path / "broken.json").write_text('{"Resources": {"A": ')
    settings = Config(paths=("t0.json", "broken.json", "t1.json", "t2.json"), rules=("all",), jobs=1)
    monkeypatch.setattr("cdkguard.check.run.open_assembly", lambda *_: pytest.fail("all of it is read again"))
    report = check.check(settings, "2026-01-01")
    assert essence(report) == essence(whole(settings)) and [p.path for p in report.errors] == ["broken.json"]
    with pytest.raises(InputError, match="none.json: no such file or folder"):
        list_parts(["t0.json", "none.json"])


@pytest.mark.parametrize(
    "files",
    [{"a.txt": ""}, {"manifest.json": '{"version": "1", "artifacts": {}}'}, {"package.json": "{}", "b.json": "[]"}],
)
def test_what_holds_nothing_to_judge_stops_the_run(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError):
        check.check(Config(paths=(str(tmp_path),), jobs=2))


def test_a_mistake_that_a_worker_finds_stops_the_run(app):
    with pytest.raises(ConfigError, match="no environment 'nowhere'"):
        check.check(config(jobs=2, environment="nowhere"))


def test_ctrl_c_ends_every_process(app):
    for number in range(4):  # enough work to be met in the middle of it
        body = template(number)
        body["Resources"] |= {f"T{i}": body["Resources"]["Table"] for i in range(20_000)}
        (app / f"Stack{number}.template.json").write_text(json.dumps(body))
    command = [sys.executable, "-m", "cdkguard", "check", ".", "--rules", "all", "--jobs", "2", "--format", "json"]
    with started(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        time.sleep(1)
        os.killpg(run.pid, signal.SIGINT)
        _out, told = run.communicate(timeout=20)
    assert run.returncode in (130, -signal.SIGINT), told
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def test_timings_name_phases_and_rules_and_cost_nothing_else(app):
    report = check.check(config(jobs=2, timings=True), "2026-01-01")
    assert report.rule_seconds["data-retention"] > 0 and "read (sum over 2 processes)" in report.phases
    assert not check.check(config(jobs=2), "2026-01-01").rule_seconds


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_processes_is_a_number(app, number):
    command = [sys.executable, "-m", "cdkguard", "check", ".", f"--jobs={number}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "--jobs" in done.stderr


def test_more_findings_than_an_input_has_honestly_stop_the_run(app, monkeypatch):
    """In any number of processes alike, and in one piece."""
    number = len(check.check(config(jobs=1), "2026-01-01").findings)
    assert limits.limit_of_findings(["Stack0.template.json"]) > MAX_FINDINGS > 100 * number
    monkeypatch.setattr("cdkguard.engine.run.MAX_FINDINGS", 30)  # more than one of the stacks has
    monkeypatch.setattr("cdkguard.engine.rules.MAX_FINDINGS", 30)
    runs = [config(jobs=1), config(jobs=2), config(jobs=5), config(stacks=("*",))]
    monkeypatch.setattr(limits, "limit_of_findings", lambda files: number)
    assert {len(check.check(run, "2026-01-01").findings) for run in runs} == {number}
    monkeypatch.setattr(limits, "limit_of_findings", lambda files: number - 1)
    for run in runs:
        with pytest.raises(TooMuchError, match=f"^more than {number - 1} findings"):
            check.check(run, "2026-01-01")


def test_changes_have_no_more_findings_than_an_input_has_honestly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tables = {f"T{n}": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"} for n in range(9)}
    (tmp_path / "old.json").write_text(json.dumps({"Resources": tables}))
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Q": {"Type": "Custom::X"}}}))
    run = Config(paths=("t.json",), rules=("data-destroyed",), against="old.json")
    monkeypatch.setattr("cdkguard.engine.run.MAX_FINDINGS", 3)
    monkeypatch.setattr("cdkguard.engine.rules.MAX_FINDINGS", 3)
    monkeypatch.setattr(limits, "limit_of_findings", lambda files: 9)
    assert len(check.check(run, "2026-01-01").findings) == 9
    monkeypatch.setattr(limits, "limit_of_findings", lambda files: 8)
    with pytest.raises(TooMuchError):
        check.check(run, "2026-01-01")


def test_the_number_of_findings_grows_with_the_input(tmp_path):
    (tmp_path / "a.json").write_text("x" * 500)
    (tmp_path / "nested.json").write_text("x" * 500)
    assert limits.limit_of_findings([str(tmp_path / "a.json")] * 3) == MAX_FINDINGS + 10
    assert limits.limit_of_findings([str(tmp_path / "none" / "a.json")]) == MAX_FINDINGS


def test_parts_tell_each_other_what_they_export_and_protect(tmp_path):
    """Each stack is a part: the VPC's flow log and the range of the group stand in the other one."""
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": {"Fn::ImportValue": "Net:Cidr"}}
    net = {
        "Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}},
        "Outputs": {
            "Id": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Net:Vpc"}},
            "Cidr": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}, "Export": {"Name": "Net:Cidr"}},
        },
    }
    ops = {
        "Resources": {
            "Log": {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": {"Fn::ImportValue": "Net:Vpc"}}},
            "Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupIngress": [rule]}},
        }
    }
    rules = ("vpc-flow-logs", "sg-ingress-open-sensitive-ports")
    for stacks, expected in (({"Net": net, "Ops": ops}, []), ({"Net": net, "Other": {"Resources": {}}}, [rules[0]])):
        folder = write_assembly(tmp_path / str(len(expected)), **{k: {"template": v} for k, v in stacks.items()})
        report = check.check(Config(paths=(str(folder),), environment="prod", rules=rules))
        assert [f.rule_id for f in report.findings] == expected
        assert not report.errors
