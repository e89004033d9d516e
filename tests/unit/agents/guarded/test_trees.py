"""Commands of git that change many files at once: asked about where a guarded one is among them, silent elsewhere."""

from __future__ import annotations

import pytest

from cdkguard.agents.concern import find_concern
from cdkguard.agents.judge.decide import decide
from cdkguard.agents.nouns import Request, ToolCall
from tests.support.agent_projects import repository
from tests.support.git_projects import git, isolate

HOOK = '{"hooks": {"PreToolUse": [{"hooks": [{"command": "cdkguard agents hook"}]}]}}'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A branch whose last commit changes code, and the one before the settings and the hook."""
    isolate(tmp_path, monkeypatch)
    made = repository(tmp_path / "repo")
    (made / ".claude").mkdir()
    (made / ".claude/settings.json").write_text(HOOK)
    (made / "cdkguard.yaml").write_text("against: git\nfail_on: low\n")
    git(made, "add", "-A")
    git(made, "commit", "--quiet", "-m", "guard")
    (made / "code.ts").write_text("// one\n")
    git(made, "add", "-A")
    git(made, "commit", "--quiet", "-m", "code")
    return made


def answer(line, folder):
    call = ToolCall("claude", "shell", "Bash", line, "posix", str(folder))
    found = find_concern(call)
    if found is None:
        return "silent", ""
    decision = decide(Request(call, found, 60.0, True))
    return decision.answer, decision.reason


@pytest.mark.parametrize(("line", "expected"), [
    ("git reset --hard HEAD~1", "silent"),
    ("git reset --hard HEAD~2", "deny"),
    ("git reset --hard HEAD", "silent"),
    ("git revert HEAD --no-edit", "silent"),
    ("git revert HEAD~1 --no-edit", "deny"),
    ("git revert HEAD~1..HEAD", "silent"),
    ("git checkout HEAD~2 -- .", "deny"),
    ("git checkout HEAD~1 -- .", "silent"),
    ("git checkout main -- code.ts", "silent"),
    ("git checkout main", "silent"),
    ("git switch main && git pull", "silent"),
    ("git switch main && git merge topic", "ask"),
    ("git merge main", "silent"),
    ("git clean -fdx", "silent"),
    ("git stash -u", "silent"),
    ("git reset --hard nowhere", "ask"),
    ("git remote set-url origin /tmp/x", "ask"),
    ("git symbolic-ref HEAD refs/heads/main", "deny"),
    ("git push origin HEAD", "silent"),
    ("git push origin topic", "silent"),
    ("git push origin main:production", "ask"),
    ("git push origin topic:products", "silent"),
    ("chmod -x $(which cdkguard)", "deny"),
    ("rm -rf .git/hooks", "deny"),
    ("rm -rf .", "ask"),
    ("find . -name '*.yaml' -exec sed -i s/low/high/ {} +", "ask"),
    ("find . -name 'cdkguard*' -delete", "ask"),
    ("git update-index --assume-unchanged cdkguard.yaml", "ask"),
    ("aider --message 'deploy it'", "ask"),
    ("claude -p 'say hello'", "silent"),
    ("codex exec 'say hello'", "ask"),
])  # fmt: skip
def test_a_line(folder, line, expected):
    found, reason = answer(line, folder)
    assert found == expected, reason


def test_an_untracked_hook_is_not_cleaned_away(folder):
    git(folder, "rm", "--quiet", "--cached", ".claude/settings.json")
    git(folder, "commit", "--quiet", "-m", "untracked")
    for line in ("git clean -fd", "git stash --include-untracked"):
        assert answer(line, folder)[0] == "deny"
    (folder / ".git/info/exclude").write_text(".claude\n")
    assert answer("git clean -fd", folder)[0] == "silent" and answer("git clean -fdx", folder)[0] == "deny"


def test_what_becomes_as_it_is_on_the_main_branch_is_no_loss(folder):
    (folder / ".claude/settings.json").write_text("{}")
    assert answer("git reset --hard main", folder)[0] == "silent"
    assert answer("git checkout main -- .", folder)[0] == "silent"


def test_a_remote_main_branch_is_not_moved_by_a_local_merge(folder):
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    assert answer("git switch main && git merge topic", folder)[0] == "silent"
