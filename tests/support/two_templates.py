"""Commands in a folder with two templates, for the tests of the commands about changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdkguard.cli.main import main
from tests.support.changes import write_template

TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"TableName": "orders"}}
TOPIC = {"Type": "AWS::SNS::Topic"}


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    status = main([str(a) for a in argv])
    found = capsys.readouterr()
    return status, found.out, found.err


def in_one_line(*texts: str) -> str:
    return " ".join(" ".join(texts).split())


def write_two_templates(folder: Path) -> None:
    """old.json with a table and a topic, new.json without the table."""
    write_template(folder / "old.json", {"It": TABLE, "T": TOPIC})
    write_template(folder / "new.json", {"T": TOPIC})
