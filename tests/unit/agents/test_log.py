"""The log says who asked what and what was answered, holds no secret, follows no link, and never changes an answer."""

import json
import os
import stat

import pytest

from cdkguard.agents import log
from cdkguard.agents.nouns import Action, Decision, ParsedLine, Request, ToolCall

LINE = ParsedLine((Action("deploy", "cdk", "deploy", stacks=("Shop",), via=("npm run release",)),))


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    return tmp_path


def request_in(folder, command="npx cdk deploy Shop"):
    return Request(ToolCall("claude", "shell", "Bash", command, directory=str(folder), session="s1"), LINE)


def lines(folder):
    path = folder / ".cdkguard" / "agents.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_line_says_who_asked_what_and_what_was_answered(repository):
    (repository / "infra").mkdir()
    log.write_entry(request_in(repository / "infra"), Decision("deny", "the table goes", "prod", "t1"), 1.234, True)
    [line] = lines(repository)
    assert line["time"].endswith("Z") and line.pop("time") and line.pop("version")
    assert line == {
        "host": "claude", "session": "s1", "event": "shell", "tool": "Bash", "directory": str(repository / "infra"),
        "command": "npx cdk deploy Shop", "paths": [], "answer": "deny", "reason": "the table goes", "environment": "prod",
        "actions": [{"kind": "deploy", "tool": "cdk", "verb": "deploy", "stacks": ["Shop"], "via": ["npm run release"]}],
        "token": "t1", "failure": None, "kept": False, "seconds": 1.23,
    }  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_reads_it_and_git_does_not_see_it(repository):
    log.write_entry(request_in(repository), Decision("deny", "x"), 0, True)
    folder = repository / ".cdkguard"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "agents.jsonl").stat().st_mode) == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("DB_PASSWORD=hunter2 cdk deploy", "DB_PASSWORD=(hidden) cdk deploy"),
        ("cdk deploy --parameters DbPassword='a b'", "cdk deploy --parameters DbPassword=(hidden)"),
        ("aws x --secret-string \"a b\" --region y", "aws x --secret-string (hidden) --region y"),
        ("aws x --password hunter2", "aws x --password (hidden)"),
        ("export AWS_SECRET_ACCESS_KEY=$KEY; cdk deploy", "export AWS_SECRET_ACCESS_KEY=$KEY; cdk deploy"),
        ("cdk deploy -c table=orders", "cdk deploy -c table=orders"),
    ],
)  # fmt: skip
def test_secrets_are_left_out(command, shown, repository):
    log.write_entry(request_in(repository, command), Decision("ask", command), 0, True)
    [line] = lines(repository)
    assert (line["command"], line["reason"]) == (shown, shown)


def test_credentials_by_their_shape_are_left_out(repository):
    key = "AKIA" + "Z7QX3MNB5KLP2WRT"
    log.write_entry(
        request_in(repository, f"cdk deploy -c id={key} https://u:p4ss@host/x"), Decision("ask", "x"), 0, True
    )
    [line] = lines(repository)
    assert key not in line["command"] and "p4ss" not in line["command"]


def test_it_is_switched_off_by_the_configuration(repository):
    log.write_entry(request_in(repository), Decision("deny", "x", evidence={"log": False}), 0, True)
    assert not (repository / ".cdkguard").exists()


def test_without_a_repository_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "find_repository", lambda _directory: None)
    log.write_entry(request_in(tmp_path), Decision("deny", "x"), 0, True)
    assert not list(tmp_path.iterdir())


def test_it_is_rotated_once(repository, monkeypatch):
    monkeypatch.setattr(log, "LARGEST", 300)
    for number in range(6):
        log.write_entry(request_in(repository, f"cdk deploy {number}"), Decision("deny", "x"), 0, True)
    folder = repository / ".cdkguard"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "agents.1.jsonl", "agents.jsonl"]
    assert lines(repository)[-1]["command"] == "cdk deploy 5"


@pytest.mark.skipif(os.name != "posix", reason="links")
@pytest.mark.parametrize("place", [".cdkguard", ".cdkguard/agents.jsonl", ".cdkguard/.gitignore"])
def test_no_link_is_followed(place, repository, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    target = elsewhere / "target"
    link = repository / place
    if place != ".cdkguard":
        link.parent.mkdir()
        target.write_text("")
    else:
        target.mkdir()
    link.symlink_to(target)
    log.write_entry(request_in(repository), Decision("deny", "x"), 0, True)
    assert not list(target.iterdir()) if target.is_dir() else target.read_text() == ""


@pytest.mark.parametrize("problem", [OSError(28, "disk full"), PermissionError(13, "no"), ValueError("x")])
def test_a_log_that_cannot_be_written_changes_nothing(problem, repository, monkeypatch):
    def fail(*_arguments, **_options):
        raise problem

    monkeypatch.setattr(log, "_append", fail)
    log.write_entry(request_in(repository), Decision("deny", "x"), 0, True)


def test_a_line_is_bounded(repository):
    log.write_entry(request_in(repository, "cdk deploy " + "x" * 100_000), Decision("deny", "x"), 0, True)
    assert (repository / ".cdkguard" / "agents.jsonl").stat().st_size < 6000
