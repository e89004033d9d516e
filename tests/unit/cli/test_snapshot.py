"""`cdkguard snapshot`."""

from __future__ import annotations

import json

import pytest

from tests.support.changes import write_assembly
from tests.support.two_templates import TABLE, TOPIC, run

pytestmark = pytest.mark.usefixtures("here")


def test_a_snapshot_is_a_baseline(here, capsys):
    write_assembly(here / "old.out", Shop={"template": {"Resources": {"T": TOPIC}}, "nested": {"Data": {"It": TABLE}},
                                           "properties": {"terminationProtection": True}})  # fmt: skip
    write_assembly(here / "new.out", Shop={"T": TOPIC})
    status, out, _err = run(capsys, "snapshot", "old.out")
    assert (status, "cdkguard.snapshot" in out) == (0, True)
    same = json.loads(run(capsys, "diff", "--format", "json", "--against", "cdkguard.snapshot", "old.out")[1])
    assert set(same["summary"]) <= {"harmless"}
    status, out, _err = run(capsys, "check", "--env", "prod", "--against", "cdkguard.snapshot", "new.out")
    assert status == 1
    assert "data-destroyed" in out
    assert "stack-termination-protection-off" in out


def test_nothing_differs_from_a_snapshot_of_itself(here, capsys):
    hash_of_asset = "0123456789abcdef" * 4
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": {"S3Bucket": "assets", "S3Key": f"{hash_of_asset}.zip"}, "Runtime": "nodejs24.x"},
        "Metadata": {"aws:cdk:path": "Shop/F/Resource", "aws:asset:path": f"asset.{hash_of_asset}"},
    }
    resources = {"F": function, "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:x"}}}
    bootstrap = {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/hnb659fds/version",
        }
    }
    write_assembly(here / "app.out", Shop={"template": {"Resources": resources, "Parameters": bootstrap},
                                           "nested": {"Data": {"It": TABLE}}})  # fmt: skip
    run(capsys, "snapshot", "app.out")
    for command in ("diff", "plan"):
        same = json.loads(run(capsys, command, "--output", "json", "--against", "cdkguard.snapshot", "app.out")[1])
        assert (same["summary"], same["changes"], same["stackChanges"]) == ({}, [], [])

    function["Properties"]["Runtime"] = "nodejs22.x"
    write_assembly(here / "app.out", Shop={"template": {"Resources": resources, "Parameters": bootstrap},
                                           "nested": {"Data": {"It": TABLE}}})  # fmt: skip
    (other,) = json.loads(run(capsys, "diff", "--output", "json", "--against", "cdkguard.snapshot", "app.out")[1])[
        "changes"
    ]
    assert [changed["path"] for changed in other["properties"]] == ["Properties.Runtime"]


def test_a_snapshot_of_what_was_not_read_whole_is_refused(here, capsys):
    (here / "broken.json").write_text("{")
    assert run(capsys, "snapshot", "broken.json")[0] == 3
    assert not (here / "cdkguard.snapshot").exists()
