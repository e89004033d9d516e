"""`cdkguard preflight` and `preflight record` at the command line."""

import json
import sys

import pytest

from cdkguard.cli.main import main
from tests.support.git_projects import commit, git, isolate, project


@pytest.fixture
def app(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    folder = project(tmp_path / "app")
    git(folder, "init", "--quiet")
    (folder / "cdkguard.yaml").write_text("environments: {staging: {stacks: [S]}, prod: {strict: true, stacks: [P]}}\n")
    commit(folder, resources={})
    monkeypatch.chdir(folder)
    return folder


def test_a_record_is_written_for_a_commit(app, capsys):
    argv = ["preflight", "record", "staging", "--by", "ana", "--expires", "2099-01-31", "--note", "by hand"]
    assert main(argv) == 0
    assert "cdkguard.preflight.yaml: staging recorded; have it reviewed" in capsys.readouterr().out
    text = (app / "cdkguard.preflight.yaml").read_text()
    assert "environment: staging" in text and git(app, "rev-parse", "HEAD") in text and "note: by hand" in text
    assert main(argv) == 0 and (app / "cdkguard.preflight.yaml").read_text().count("environment: staging") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["staging", "--by", "a", "--expires", "2001-01-01"], "--expires is a day to come"),
        (["stagin", "--by", "a", "--expires", "2099-01-01"], "no stack of 'stagin' is in what was synthesized"),
        (["staging", "--by", "a"], "--expires"),
    ],
)
def test_a_record_that_is_refused(app, capsys, words, said):
    assert main(["preflight", "record", *words]) == 2
    assert said in capsys.readouterr().err and not (app / "cdkguard.preflight.yaml").exists()


def test_what_is_not_committed_is_not_recorded(app, capsys):
    (app / "app.py").write_text((app / "app.py").read_text() + "# changed\n")
    assert main(["preflight", "record", "staging", "--by", "a", "--expires", "2099-01-01"]) == 2
    assert "app.py is not committed" in capsys.readouterr().err


def test_rows_and_environments_that_are_not_there(app, capsys):
    assert main(["preflight", "--only", "unit-test"]) == 2
    assert "did you mean 'unit-tests'" in capsys.readouterr().err
    assert main(["preflight", "--environment", "prodd", "--only", "unit-tests"]) == 2
    assert "did you mean 'prod'" in capsys.readouterr().err


def test_the_environment_that_is_deployed(app, capsys):
    (app / "cdkguard.yaml").write_text(
        "environments: {staging: {stacks: [S]}, prod: {strict: true, stacks: [P]}}\n"
        f"preflight: {{test: '\"{sys.executable}\" -V'}}\n"
    )
    assert (
        main(["preflight", "--environment", "staging", "--only", "data-retained,unit-tests", "--format", "json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["environments"] == ["staging"] and [row["state"] for row in found["rows"]] == ["done", "done"]
    assert len(found["leftOut"]) == 6
    assert main(["preflight", "--only", "data-retained"]) == 1  # of prod no stack was synthesized
    assert "no stack of prod is in what was synthesized: S" in capsys.readouterr().out
