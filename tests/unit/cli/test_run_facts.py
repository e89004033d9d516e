"""What an output says of its run: the app, the commit, the time."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from cdkguard.cli.run_facts import add_run_facts, current_time
from cdkguard.config.settings import Config
from cdkguard.outputs.render import Options

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder, *words):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def facts(folder, name="html", **config):
    return add_run_facts(Options(), name, Config(directory=str(folder), **config))


@needs_git
def test_an_app_is_named_by_its_folder_in_the_repository(repository):
    assert facts(repository / "infra").app == "infra"
    assert facts(repository).app == repository.name


@needs_git
def test_a_page_names_the_commit_and_that_files_differ(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert facts(repository / "infra").commit == head
    (repository / "infra" / "app.py").write_text("x")
    assert facts(repository / "infra").commit == f"{head} with uncommitted changes"


@needs_git
def test_git_is_not_asked_by_a_run_that_runs_nothing(repository):
    assert facts(repository, runs_no_code=True).commit == ""
    assert facts(repository, name="json").commit == "" and facts(repository, name="json").app


def test_without_a_repository_there_is_no_commit(tmp_path):
    assert facts(tmp_path).commit == "" and facts(tmp_path).app == tmp_path.name


def test_the_commit_of_a_ci_service_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", "1f3c")
    assert facts(tmp_path).commit == facts(tmp_path, name="json", runs_no_code=True).commit == "1f3c"
    assert facts(tmp_path, name="text") == Options()


def test_the_time_is_that_of_utc():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", current_time())
