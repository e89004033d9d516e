"""A decision is kept for ten seconds, for the same request in the same state, where nobody else can put one."""

import os
import time

import pytest

from cdkguard.agents import verdict_cache
from cdkguard.agents.nouns import Decision, ParsedLine, Request, ToolCall

DENIED = Decision("deny", "the table goes", "prod", "t", {"verdicts": []})


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "app" / ".git").mkdir(parents=True)
    (tmp_path / "app" / "lib").mkdir()
    (tmp_path / "app" / "lib" / "stack.ts").write_text("a")
    (tmp_path / "app" / ".git" / "HEAD").write_text("ref: refs/heads/main")
    return tmp_path / "app"


def asked(folder, command="cdk deploy", host="claude", tool="Bash", may_ask=True, seconds=90.0):
    return Request(ToolCall(host, "shell", tool, command, directory=str(folder)), ParsedLine(), seconds, may_ask)


def kept(folder, **options):
    return verdict_cache.read_decision(verdict_cache.key_of(asked(folder, **options)))


def test_the_same_command_of_another_host_finds_it(repository):
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    assert kept(repository, host="cursor", tool="Shell", seconds=3.0) == DENIED
    assert kept(repository, host="cursor", tool="Shell", may_ask=False) is None


CHANGES = {
    "another command": lambda folder, _patch: {"command": "cdk deploy Other"},
    "a file changed": lambda folder, _patch: (folder / "lib" / "stack.ts").write_text("ab"),
    "a file is new": lambda folder, _patch: (folder / "lib" / "new.ts").write_text(""),
    "a file is gone": lambda folder, _patch: (folder / "lib" / "stack.ts").unlink(),
    "a commit": lambda folder, _patch: (folder / ".git" / "HEAD").write_text("ref: refs/heads/other"),
    "a variable": lambda folder, patch: patch.setenv("AWS_PROFILE", "prod"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_change_the_decision_changes_the_key(change, repository, monkeypatch):
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    options = CHANGES[change](repository, monkeypatch)
    assert kept(repository, **(options if isinstance(options, dict) else {})) is None


def test_our_own_log_is_no_change(repository):
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    (repository / ".cdkguard").mkdir()
    (repository / ".cdkguard" / "agents.jsonl").write_text("{}")
    assert kept(repository) == DENIED


def entry(repository):
    [path] = (repository.parent / "cache" / "cdkguard" / "agents").iterdir()
    return path


def test_it_lasts_ten_seconds(repository):
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    for seconds, found in ((9, DENIED), (11, None), (-60, None)):
        os.utime(entry(repository), (time.time() - seconds,) * 2)
        assert kept(repository) == found


def test_a_failure_of_the_judge_is_not_kept(repository):
    key = verdict_cache.key_of(asked(repository))
    verdict_cache.write_decision(key, DENIED._replace(evidence={"failure": "timeout"}))
    assert verdict_cache.read_decision(key) is None


@pytest.mark.skipif(os.name != "posix", reason="modes and owners of files")
def test_nobody_else_can_read_or_forge_an_entry(repository):
    key = verdict_cache.key_of(asked(repository))
    verdict_cache.write_decision(key, DENIED)
    assert entry(repository).stat().st_mode & 0o777 == 0o600
    entry(repository).chmod(0o666)
    assert verdict_cache.read_decision(key) is None
    other = repository.parent / "forged"
    other.write_text(entry(repository).read_text())
    other.chmod(0o600)
    entry(repository).unlink()
    (repository.parent / "cache" / "cdkguard" / "agents" / key).symlink_to(other)
    assert verdict_cache.read_decision(key) is None


def test_a_cache_below_the_repository_is_not_used(repository, monkeypatch):
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(repository / "cache"))
    monkeypatch.chdir(repository)
    key = verdict_cache.key_of(asked(repository))
    verdict_cache.write_decision(key, DENIED)
    assert verdict_cache.read_decision(key) is None and not (repository / "cache").exists()


@pytest.mark.parametrize("text", ["", "{}", "no JSON", '{"answer": "silent"}'])
def test_a_damaged_entry_is_none(text, repository):
    key = verdict_cache.key_of(asked(repository))
    verdict_cache.write_decision(key, DENIED)
    entry(repository).write_text(text)
    assert verdict_cache.read_decision(key) is None


def test_old_entries_are_removed(repository):
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    os.utime(entry(repository), (time.time() - 60,) * 2)
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository, command="x")), DENIED)
    assert len(list(entry(repository).parent.iterdir())) == 1


def test_nothing_is_kept_for_a_very_large_repository(repository, monkeypatch):
    monkeypatch.setattr(verdict_cache, "MOST_FILES", 1)
    assert verdict_cache.key_of(asked(repository)) is None
    verdict_cache.write_decision(None, DENIED)
    assert verdict_cache.read_decision(None) is None


def test_an_index_that_git_wrote_anew_is_no_change_and_one_with_more_in_it_is(repository):
    index = repository / ".git" / "index"
    index.write_bytes(b"1234")
    verdict_cache.write_decision(verdict_cache.key_of(asked(repository)), DENIED)
    os.utime(index, (1, 1))
    assert kept(repository) == DENIED
    index.write_bytes(b"12345")
    assert kept(repository) is None
