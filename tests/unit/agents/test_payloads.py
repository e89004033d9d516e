"""Each kept payload is read as the call that it is, with the host's own hint, with none, and with another host's."""

import json
import os

import pytest

from cdkguard.agents.hosts.recognise import recognise_host
from cdkguard.agents.hosts.table import NAMES, load_host
from tests.support.paths import ROOT

FOLDER = ROOT / "tests/fixtures/agents/payloads"
FILES = sorted(FOLDER.rglob("*.json"))
KEPT = {path.relative_to(FOLDER).as_posix(): json.loads(path.read_text(encoding="utf-8")) for path in FILES}
ENVIRONMENT = {}


@pytest.mark.parametrize("name", KEPT)
def test_a_payload_is_read_as_the_call_that_it_is(name):
    kept = KEPT[name]
    host = recognise_host(kept["payload"], kept["call"]["host"], ENVIRONMENT)
    assert host == kept["call"]["host"] == name.split("/")[0]
    call = load_host(host).read(kept["payload"])
    assert call is not None
    expected = {key: tuple(value) if isinstance(value, list) else value for key, value in kept["call"].items()}
    assert {key: getattr(call, key) for key in expected} == expected


@pytest.mark.parametrize("name", KEPT)
def test_a_payload_says_where_it_is_from(name):
    kept = KEPT[name]
    assert kept["kind"] in ("recorded", "documents") and len(kept["source"]) > 15
    assert set(kept) == {"kind", "source", "payload", "call"}


# In Claude Code's form, without anything of their own: only the hint can tell.
NEEDS_ITS_HINT = {"devin/stop.json"}


@pytest.mark.parametrize("name", sorted(set(KEPT) - NEEDS_ITS_HINT))
def test_a_host_is_recognised_without_a_hint(name):
    kept = KEPT[name]
    assert recognise_host(kept["payload"], "", ENVIRONMENT) == kept["call"]["host"]


# (host whose hook file is read, hosts that read it as well)
READ_BY_OTHERS = (("claude", ("cursor", "vscode", "copilot")), ("copilot", ("vscode",)), ("vscode", ("copilot",)))


@pytest.mark.parametrize(("hint", "others"), READ_BY_OTHERS)
def test_who_reads_the_hook_file_of_another_host_gets_its_own_answer(hint, others):
    for name, kept in KEPT.items():
        host = name.split("/")[0]
        if host in others and kept["call"]["event"] in ("shell", "aws", "write"):
            found = recognise_host(kept["payload"], hint, ENVIRONMENT)
            assert found == host or {found, host} == {"copilot", "vscode"}, name  # these two have one answer for both


def test_copilot_says_so_in_its_environment():
    payload = KEPT["vscode/terminal.json"]["payload"]
    assert recognise_host(payload, "", {"COPILOT_CLI": "1"}) == "copilot"


@pytest.mark.parametrize("payload", [{}, {"foo": 1}, {"tool_name": 3}, {"command": "cdk deploy"}])
def test_what_nobody_sends_is_of_no_host(payload):
    assert recognise_host(payload, "", ENVIRONMENT) == ""


def test_every_host_has_payloads_and_its_name():
    assert {name.split("/")[0] for name in KEPT} == set(NAMES)
    assert [load_host(name).name for name in NAMES] == list(NAMES)


def test_every_deadline_is_below_what_the_host_waits():
    limits = {"kiro": 60, "kiro-cli": 30}  # defaults; the others' hook files are installed with 180 seconds
    for name in NAMES:
        assert load_host(name).seconds < limits.get(name, 180)


def test_a_relative_folder_of_a_tool_is_below_the_host_s():
    read = load_host("gemini").read
    payload = KEPT["gemini/dir-path.json"]["payload"]
    absolute = {**payload, "tool_input": {"command": "cdk deploy", "dir_path": "/elsewhere"}}
    assert read(absolute).directory == "/elsewhere"
    home = {**payload, "tool_input": {"command": "cdk deploy", "dir_path": "~/x"}}
    assert read(home).directory == os.path.expanduser("~/x")
