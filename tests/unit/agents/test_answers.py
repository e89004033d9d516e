"""The judge's decision as each host can carry it out; what is handed back after an edit, and how often."""

import json

import pytest

from cdkguard.agents import answers, hook
from cdkguard.agents.hosts.host import SILENCE
from cdkguard.agents.hosts.table import NAMES, load_host
from cdkguard.agents.nouns import Decision, ToolCall
from tests.support.hook_process import load_payload

FOUND = Decision("ask", "2 new findings: data-retention at lib/stack.ts:7")
ENDS = {"claude": "Stop", "codex": "Stop", "copilot": "", "vscode": "Stop", "gemini": "AfterAgent", "cursor": "stop", "antigravity": "Stop", "devin": "Stop"}  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "cache"))


def ended(host, session="s1"):
    return ToolCall(host, "finished", "Stop", session=session)


@pytest.mark.parametrize("name", NAMES)
def test_findings_after_an_edit_are_handed_back_once(name):
    host = load_host(name)
    replies = [answers.shape_reply(host, ENDS.get(name, "Stop"), ended(name), FOUND)[1] for _ in range(3)]
    if name not in ENDS:
        assert replies == [SILENCE] * 3  # nothing that it says then reaches anybody
        return
    assert replies[1:] == [SILENCE] * 2 and replies[0].status == 0
    assert "data-retention" in json.dumps(json.loads(replies[0].out))
    other = answers.shape_reply(host, ENDS[name], ended(name, "s2"), FOUND)[1]
    assert other == replies[0]


@pytest.mark.parametrize("decision", [Decision("silent"), Decision("deny", "x", evidence={"failure": "judge"})])
def test_without_findings_the_agent_ends(decision):
    assert answers.shape_reply(load_host("claude"), "Stop", ended("claude"), decision)[1] == SILENCE


def test_findings_that_cannot_be_remembered_are_not_handed_back(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "file"))
    assert answers.shape_reply(load_host("antigravity"), "", ended("antigravity"), FOUND)[1] == SILENCE


def test_an_agent_that_has_finished_may_end_whatever_fails(monkeypatch):
    def fail(_caller, _call):
        raise RuntimeError

    written = []
    text = json.dumps({**load_payload("claude/stop"), "cwd": "/nowhere"})
    monkeypatch.setattr(hook, "read_payload", lambda: (text.encode(), True))
    monkeypatch.setattr(hook, "_raise_on_signals", lambda: None)
    monkeypatch.setattr(hook, "answer_call", fail)
    monkeypatch.setattr(hook, "write_reply", lambda reply: written.append(reply) or reply.status)
    assert hook.run(["--host", "claude"]) == 0 and written == [SILENCE]


@pytest.mark.parametrize("name", NAMES)
def test_ask_is_deny_where_nobody_can_be_asked(name):
    host, call = load_host(name), ToolCall(name, "shell", "Bash", "cdk deploy")
    decision, reply = answers.shape_reply(host, "PreToolUse", call, Decision("ask", "why"))
    assert decision.answer == ("ask" if host.ask else "deny")
    assert reply == (host.ask or host.deny)("PreToolUse", "why")
