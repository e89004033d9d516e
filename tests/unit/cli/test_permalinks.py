"""Links to committed lines: only where the service has the commit, and the commit has the line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cdkguard.cli.permalinks import make_permalink
from tests.support.git_projects import git, isolate

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/shop"}
VARIABLES = (*GITHUB, "GITHUB_SHA", "GITHUB_EVENT_PATH", "CI_PROJECT_URL", "CI_COMMIT_SHA")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pull request that is merged for the CI, as actions/checkout leaves it; the app is in a subfolder."""
    isolate(tmp_path, monkeypatch)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "shop"
    (folder / "infra/lib").mkdir(parents=True)
    for name in ("data.ts", "two words.ts"):
        (folder / "infra/lib" / name).write_text("one\ntwo\n")
    git(folder, "init")
    (folder / ".gitignore").write_text("out\n")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "base")
    git(folder, "checkout", "-b", "feature")
    (folder / "infra/lib/new.ts").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "feature")
    git(folder, "checkout", "main")
    (folder / "infra/lib/data.ts").write_text("zero\none\ntwo\n")
    git(folder, "commit", "-am", "main goes on")
    git(folder, "checkout", "--detach")
    git(folder, "merge", "-m", "merge", "feature")
    return folder


def sha(folder: Path, name: str) -> str:
    return git(folder, "rev-parse", name).strip()


def on_github(folder: Path, monkeypatch: pytest.MonkeyPatch, commit: str, head: str | None = None) -> None:
    for name, value in {**GITHUB, "GITHUB_SHA": commit}.items():
        monkeypatch.setenv(name, value)
    if head:
        event = folder.parent / "event.json"
        event.write_text(json.dumps({"pull_request": {"head": {"sha": head}}}))
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))


def test_a_line_that_the_author_pushed_leads_to_his_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head, merge = sha(repository, "feature"), sha(repository, "HEAD")
    on_github(repository, monkeypatch, merge, head)
    link = make_permalink(str(repository / "infra"))
    assert link("lib/new.ts", 1) == f"https://github.com/acme/shop/blob/{head}/infra/lib/new.ts#L1"
    assert link("lib/two words.ts", 2).endswith(f"/{head}/infra/lib/two%20words.ts#L2")
    # The base moved the lines of this one, so that they are those of the merge alone.
    assert link("lib/data.ts", 3) == f"https://github.com/acme/shop/blob/{merge}/infra/lib/data.ts#L3"


def test_a_head_that_was_not_fetched_is_not_linked_to(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merge = sha(repository, "HEAD")
    on_github(repository, monkeypatch, merge, "a" * 40)
    assert f"/blob/{merge}/" in make_permalink(str(repository))("infra/lib/new.ts", 1)


def test_no_link_to_what_the_commit_does_not_have(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_github(repository, monkeypatch, sha(repository, "HEAD"))
    (repository / "infra/lib/data.ts").write_text("changed\n")
    (repository / "infra/lib/untracked.ts").write_text("x\n")
    link = make_permalink(str(repository / "infra"))
    for file in ("lib/data.ts", "lib/untracked.ts", "lib/none.ts", "../../etc/passwd", "lib"):
        assert link(file, 1) == "", file
    assert link("../.gitignore", 1).endswith("/.gitignore#L1")


def test_no_link_where_the_service_has_another_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_github(repository, monkeypatch, sha(repository, "main"))
    assert make_permalink(str(repository))("infra/lib/new.ts", 1) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_SERVER_URL", "javascript:alert(1)"),
        ("GITHUB_SERVER_URL", "https://evil.example/)x["),
        ("GITHUB_REPOSITORY", "acme/shop) [x](https://evil.example"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_SHA", "main"),
        ("GITHUB_EVENT_PATH", "/nonexistent"),
    ],
)
def test_hostile_or_missing_variables(repository: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    on_github(repository, monkeypatch, sha(repository, "HEAD"))
    monkeypatch.setenv(name, value)
    address = make_permalink(str(repository))("infra/lib/new.ts", 1)
    assert (address == "") is (name != "GITHUB_EVENT_PATH")
    assert re.fullmatch(r"[A-Za-z0-9:/._%#-]*", address)


@pytest.mark.parametrize("text", ["", "[]", '{"pull_request": null}', '{"pull_request": {"head": {"sha": 5}}}', "\xff"])
def test_an_event_of_another_kind(repository: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    merge = sha(repository, "HEAD")
    on_github(repository, monkeypatch, merge, merge)
    (repository.parent / "event.json").write_text(text, encoding="latin-1")
    assert f"/blob/{merge}/" in make_permalink(str(repository))("infra/lib/new.ts", 1)


def test_gitlab(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = sha(repository, "HEAD")
    monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.example:8443/group/sub/shop")
    monkeypatch.setenv("CI_COMMIT_SHA", commit)
    address = make_permalink(str(repository))("infra/lib/new.ts", 1)
    assert address == f"https://gitlab.example:8443/group/sub/shop/-/blob/{commit}/infra/lib/new.ts#L1"


def test_no_service_and_no_repository(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make_permalink(str(repository))("infra/lib/new.ts", 1) == ""
    on_github(repository, monkeypatch, sha(repository, "HEAD"))
    (tmp_path / "elsewhere").mkdir()
    assert make_permalink(str(tmp_path / "elsewhere"))("app.ts", 1) == ""
