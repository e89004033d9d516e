"""`cdkguard cfn-hook test` answers a call as the function would."""

import json

import pytest

from cdkguard.cli import main
from tests.support.presigned import stack_event

BARE = json.dumps({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {}}}})


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdkguard.yaml").write_text(
        'environments: {prod: {stacks: ["*prod*"], strict: true}, dev: {stacks: ["*dev*"]}}\n'
    )

    def call(event, *options):
        (tmp_path / "call.json").write_text(event if isinstance(event, str) else json.dumps(event))
        return main.main(["cfn-hook", "test", "call.json", *options])

    return call


@pytest.mark.parametrize(
    "template, status, words",
    [
        (BARE, 1, "FAILED NonCompliant: cdkguard: "),
        ('{"Resources": {}}', 0, "SUCCESS: cdkguard: nothing at or above high in prod"),
        ("[", 3, "FAILED InternalFailure: cdkguard could not judge"),
    ],
)
def test_the_answer_is_printed(call, capsys, template, status, words):
    event = stack_event("CREATE", "orders-prod")
    event["requestData"]["payload"] = {"template": template}
    assert call(event) == status
    shown = capsys.readouterr().out
    assert shown.startswith(words)
    assert ("remedy: " in shown) == (status == 1)


def test_the_answer_as_json(call, capsys):
    assert call(stack_event("DELETE", "orders-prod"), "--json") == 1
    assert json.loads(capsys.readouterr().out)["errorCode"] == "NonCompliant"


def test_a_call_that_is_no_json(call, capsys):
    assert call("{") == 3
    assert "call.json: not JSON" in capsys.readouterr().err


def test_a_package_is_written(call, capsys, tmp_path):
    assert main.main(["cfn-hook", "package", "--out", "h.zip"]) == 0
    assert (tmp_path / "h.zip").stat().st_size < 3_000_000
    assert "compiled for Python" in capsys.readouterr().out
