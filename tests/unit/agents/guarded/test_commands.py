"""Commands that touch the guard: cdkguard's own, git's on the main branch, and those on guarded files."""

from __future__ import annotations

import pytest

from tests.support.agent_projects import action, ask, repository
from tests.support.git_projects import isolate


@pytest.fixture
def folder(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    made = repository(tmp_path / "repo", "against: git\nagents: {protected_branches: [main, 'release/*']}\n")
    (made / ".claude").mkdir()
    (made / ".claude/settings.json").write_text('{"hooks": "cdkguard agents hook"}')
    (made / ".codex").mkdir()
    (made / ".codex/hooks.json").write_text("{}")
    return made


TABLE = [
    ("cdkguard approve --change x --reason y --owner z", {}, "deny"),
    ("cdkguard approve --change=x", {}, "deny"),
    ("cdkguard approve", {}, "silent"),
    ("cdkguard accept", {}, "deny"),
    ("cdkguard preflight record staging", {"verb": "preflight record"}, "deny"),
    ("cdkguard snapshot", {}, "ask"),
    ("cdkguard init --force", {}, "ask"),
    ("cdkguard agents install claude --remove", {"verb": "agents install"}, "ask"),
    ("cdkguard check --skip data-destroyed", {}, "ask"),
    ("git branch -f main HEAD", {"branch": "main"}, "deny"),
    ("git update-ref refs/heads/main HEAD", {"branch": "refs/heads/main"}, "deny"),
    ("git push . HEAD:release/1", {"branch": "release/1"}, "deny"),
    ("git fetch . topic:refs/remotes/origin/main", {"branch": "refs/remotes/origin/main"}, "deny"),
    ("git branch -f mine HEAD", {"branch": "mine"}, "silent"),
    ("git update-ref --stdin", {}, "ask"),
    ("rm cdkguard.approvals.yaml", {"paths": ("cdkguard.approvals.yaml",)}, "deny"),
    ("rm cdkguard.yaml", {"paths": ("cdkguard.yaml",)}, "ask"),
    ("rm .claude/settings.json", {"paths": (".claude/settings.json",)}, "deny"),
    ("rm .codex/hooks.json", {"paths": (".codex/hooks.json",)}, "silent"),
    ("rm -rf .claude", {"paths": (".claude",)}, "deny"),
    ("rm -rf .codex", {"paths": (".codex",)}, "silent"),
    ("rm -rf .git", {"paths": (".git",)}, "deny"),
    ("tee .venv/lib/python3.11/site-packages/cdkguard/agents/hook.py", {"paths": (".venv/lib/python3.11/site-packages/cdkguard/agents/hook.py",)}, "deny"),
    ("tee .git/config", {"paths": (".git/config",)}, "deny"),
    ("sed -i s/x/y/ other", {"paths": ("other",)}, "ask"),
    ("something odd", {}, "ask"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "fields", "answer"), TABLE, ids=[row[0] for row in TABLE])
def test_a_command_on_the_guard(folder, line, fields, answer):
    done = action("guard", line, folder)
    found = ask(done._replace(**fields))
    assert found.answer == answer, found.reason
