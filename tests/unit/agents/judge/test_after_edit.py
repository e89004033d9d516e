"""After an edit: new findings are handed back once, and only where the settings of the main branch ask for it."""

from __future__ import annotations

import os

import pytest

from cdkguard.agents.judge.decide import decide
from cdkguard.agents.nouns import Request, ToolCall
from tests.support.agent_projects import QUEUE, TABLE, repository, write_stacks
from tests.support.git_projects import isolate

SETTINGS = "against: git\nagents: {after_edit: true}\n"
RENAMED = {"Sales": TABLE, "Topic": QUEUE}


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)


def finish(folder, session="s", content=""):
    call = ToolCall("claude", "finished", "Stop", directory=str(folder), session=session, content=content)
    return decide(Request(call), {})


def test_what_is_new_is_told_once_for_a_session(tmp_path):
    folder = repository(tmp_path / "repo", SETTINGS)
    assert finish(folder).answer == "silent"
    write_stacks(folder, **{"Shop-dev": RENAMED})
    told = finish(folder)
    assert told.answer == "deny" and "Shop/Orders/Resource (AWS::DynamoDB::Table) is deleted" in told.reason
    assert (
        told.reason.startswith("cdkguard: ")
        and told.reason.endswith("This is said once.")
        and len(told.reason) <= 1_500
    )
    assert finish(folder).answer == "silent" and finish(folder, "another").answer == "deny"
    write_stacks(folder, **{"Shop-dev": {"Topic": QUEUE}})
    assert finish(folder).answer == "deny"


def test_an_agent_that_was_sent_back_is_not_sent_back_again(tmp_path):
    folder = repository(tmp_path / "repo", SETTINGS)
    write_stacks(folder, **{"Shop-dev": RENAMED})
    assert finish(folder, content="stop_hook_active").answer == "silent"


def test_nothing_is_told_where_nobody_asked(tmp_path):
    folder = repository(tmp_path / "repo")
    write_stacks(folder, **{"Shop-dev": RENAMED})
    (folder / "cdkguard.yaml").write_text(SETTINGS)
    assert finish(folder).answer == "silent" and finish(tmp_path).answer == "silent"


def test_what_cannot_be_judged_or_remembered_is_not_told(tmp_path, monkeypatch):
    folder = repository(tmp_path / "repo", SETTINGS)
    write_stacks(folder, **{"Shop-dev": RENAMED})
    os.makedirs(tmp_path / "cache/cdkguard", exist_ok=True)
    os.chmod(tmp_path / "cache/cdkguard", 0o777)
    assert finish(folder).answer == "silent"
    (folder / "cdk.json").write_text("{")
    assert finish(folder).answer == "silent"
