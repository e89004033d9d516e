"""What `cdkguard agents explain` shows of a line, for people and for programs."""

import json

import pytest

from cdkguard.agents.nouns import Decision
from cdkguard.cli.main import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "package.json").write_text('{"scripts": {"release": "cdk deploy Shop --hotswap"}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def explained(capsys, *words):
    assert main(["agents", "explain", *words]) == 0
    return capsys.readouterr().out


def test_the_way_to_the_command_is_shown(project, capsys):
    text = explained(capsys, "npm run release", "--parse-only")
    assert "cdk deploy  deploy: " in text and "Shop" in text and "--hotswap" in text
    assert "npm run release" in text.split("by ")[1].splitlines()[0]
    assert "package.json" in text and "Not judged, as asked." in text


def test_a_line_that_is_not_ours_is_silent_and_not_judged(project, capsys):
    text = explained(capsys, "ls -la")
    assert "Nothing of ours" in text and "silent" in text


def test_the_decision_is_the_judge_s(project, capsys, monkeypatch):
    decision = Decision("deny", "The table \x1b[31mgoes. Do not retry.", "prod", "t0ken")
    monkeypatch.setattr("cdkguard.agents.judge_process.ask_judge", lambda _request: decision)
    text = explained(capsys, "npx cdk destroy")
    assert "deny (prod)" in text and "t0ken" in text and "\x1b" not in text


def test_json_has_the_same(project, capsys, monkeypatch):
    monkeypatch.setattr("cdkguard.agents.judge_process.ask_judge", lambda _request: Decision("ask", "why"))
    found = json.loads(explained(capsys, "npx cdk destroy Shop", "--output", "json"))
    assert found["isOurs"] and found["actions"][0]["stacks"] == ["Shop"]
    assert found["decision"] == {"answer": "ask", "reason": "why", "environment": "", "token": "", "evidence": {}}
    found = json.loads(explained(capsys, "ls", "--output", "json", "--parse-only"))
    assert not found["isOurs"] and found["decision"]["answer"] == "silent"


def test_secrets_of_the_line_s_variables_are_not_shown(project, capsys):
    text = explained(capsys, "DB_PASSWORD=hunter2 npx cdk deploy", "--parse-only")
    assert "hunter2" not in text.split("\n", 1)[1]


def test_colours_are_those_of_a_terminal(project, capsys):
    assert "\x1b[" in explained(capsys, "npx cdk destroy", "--parse-only", "--color", "always")
