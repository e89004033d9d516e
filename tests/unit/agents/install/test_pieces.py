"""Pieces are put into files once, kept current, and taken out without a trace."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.agents.install import marked_text
from cdkguard.agents.install.entries import Hook, Member, Patterns, Words
from cdkguard.agents.install.hosts import HOSTS
from cdkguard.agents.install.pieces import Block, JsonFile, OwnFile, Refused, launcher_of, put_piece, take_piece

ALL_PIECES = sorted({repr(p): p for host in HOSTS for p in (*host.pieces, *host.user_pieces, *host.mcp)}.items())
JSON_PIECES = [piece for _name, piece in ALL_PIECES if isinstance(piece, JsonFile)]
THEIRS = {
    "version": 1,
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "their-guard"}]}],
        "preToolUse": [{"type": "command", "bash": "their-guard"}],
        "BeforeTool": [{"hooks": [{"type": "command", "command": "their-guard"}]}],
        "beforeShellExecution": [{"command": "their-guard"}],
    },
    "permissions": {"allow": ["Bash(npm test)"], "deny": ["Bash(rm -rf:*)"]},
    "permission": {"bash": {"*": "ask", "git *": "allow"}},
    "mcpServers": {"theirs": {"command": "x"}},
}


def put(piece, text, launcher=None, after_edit=None):
    return put_piece(piece, text, launcher, after_edit)


@pytest.mark.parametrize("piece", [p for _n, p in ALL_PIECES], ids=lambda p: p.path)
@pytest.mark.parametrize("after_edit", [True, False])
def test_a_new_file_is_written_once_and_removed_whole(piece, after_edit):
    text = put(piece, None, after_edit=after_edit)
    assert put(piece, text, after_edit=after_edit) == text == put(piece, text)
    assert take_piece(piece, text) is None


@pytest.mark.parametrize("piece", JSON_PIECES, ids=lambda p: p.path)
@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("after_edit", [True, False])
def test_what_is_there_keeps_its_bytes(piece, indent, after_edit):
    is_list = any(entry.path[:1] == ("hooks",) and len(entry.path) == 1 for entry in piece.entries)
    theirs = {**THEIRS, "hooks": [{"name": "theirs", "trigger": "Stop"}], "version": "v1"} if is_list else THEIRS
    theirs = {key: value for key, value in theirs.items() if key != "version"} | dict(piece.frame)
    text = json.dumps(theirs, indent=indent)
    with_ours = put(piece, text, after_edit=after_edit)
    assert with_ours != text and put(piece, with_ours, after_edit=after_edit) == with_ours
    assert take_piece(piece, with_ours) == text


@given(st.text(max_size=60), st.sampled_from(["\n", "\r\n"]))
def test_a_block_leaves_any_text_as_it_was(text, newline):
    text = text.replace("\r", "").replace("\n", newline)
    with_block = put(Block("AGENTS.md", "rules\nmore"), text)
    assert put(Block("AGENTS.md", "rules\nmore"), with_block) == with_block
    assert take_piece(Block("AGENTS.md", ""), with_block) == text
    other = put(Block("AGENTS.md", "other"), with_block)
    assert marked_text.has_block(other, "other") and take_piece(Block("AGENTS.md", ""), other) == text


def test_a_block_is_left_out_where_the_text_says_it_already():
    block = Block("CLAUDE.md", "@AGENTS.md", unless="@AGENTS.md")
    assert put(block, "See @AGENTS.md\n") == "See @AGENTS.md\n"
    assert put(block, "Ours\n").count("@AGENTS.md") == 1 == put(block, put(block, "Ours\n")).count("@AGENTS.md")


def test_a_whole_file_that_somebody_changed_is_left():
    piece = OwnFile("a/SKILL.md", "text\n")
    written = put(piece, None)
    assert marked_text.is_untouched(written) and not marked_text.is_untouched(written + "x")
    assert put(OwnFile("a/SKILL.md", "newer\n"), written) == put(OwnFile("a/SKILL.md", "newer\n"), None)
    with pytest.raises(Refused, match="not as"):
        put(piece, written.replace("text", "mine"))
    with pytest.raises(Refused, match="changed since"):
        take_piece(piece, written.replace("text", "mine"))
    with pytest.raises(Refused):
        put(piece, "somebody else's\n")


HOOK = JsonFile("h.json", (Hook(("hooks", "PreToolUse"), {"matcher": "Bash", "hooks": [{"command": "cdkguard agents hook --host claude || exit 2"}]}),))  # fmt: skip


def test_an_older_call_is_replaced_in_its_place():
    old = '{"hooks": {"PreToolUse": [{"matcher": "A", "hooks": [{"command": "cdkguard agents hook"}]}, {"matcher": "B"}]}}'
    groups = json.loads(put(HOOK, old))["hooks"]["PreToolUse"]
    assert [group["matcher"] for group in groups] == ["Bash", "B"]


def test_a_call_beside_a_hook_of_theirs_moves_to_a_group_of_its_own():
    shared = '{"hooks": {"PreToolUse": [{"matcher": "A", "hooks": [{"command": "theirs"}, {"command": "cdkguard agents hook"}]}]}}'
    theirs = '{"hooks": {"PreToolUse": [{"matcher": "A", "hooks": [{"command": "theirs"}]}]}}'
    groups = json.loads(put(HOOK, shared))["hooks"]["PreToolUse"]
    assert [len(group["hooks"]) for group in groups] == [1, 1] and groups[0]["hooks"] == [{"command": "theirs"}]
    assert take_piece(HOOK, shared) == theirs


def test_two_calls_become_one():
    twice = '{"hooks": {"PreToolUse": [{"command": "cdkguard agents hook"}, {"x": 1}, {"command": "cdkguard agents hook"}]}}'
    assert len(json.loads(put(HOOK, twice))["hooks"]["PreToolUse"]) == 2
    assert json.loads(take_piece(HOOK, twice))["hooks"]["PreToolUse"] == [{"x": 1}]


@pytest.mark.parametrize("piece", JSON_PIECES, ids=lambda p: p.path)
def test_a_launcher_of_the_team_s_stays(piece):
    text = put(piece, None, "uv run cdkguard")
    if launcher_of(text):
        assert launcher_of(text) == "uv run cdkguard"
        assert put(piece, text) == text != put(piece, text, "cdkguard")


def test_a_hook_after_edits_stays_as_it_is_unless_it_is_asked_for():
    piece = next(piece for piece in JSON_PIECES if piece.path == ".claude/settings.json")
    with_it, without = put(piece, None, after_edit=True), put(piece, None)
    assert "Stop" in with_it and "Stop" not in without
    assert put(piece, with_it) == with_it and put(piece, without) == without
    assert json.loads(put(piece, with_it, after_edit=False)) == json.loads(without)


def test_words_of_theirs_stay_theirs():
    piece = JsonFile("s.json", (Words(("permissions", "deny"), ("a", "b")),))
    assert put(piece, '{"permissions": {"deny": ["b", "x", "a"]}}') == '{"permissions": {"deny": ["b", "x", "a"]}}'
    some = '{"permissions": {"deny": ["b", "x"]}}'
    assert json.loads(put(piece, some))["permissions"]["deny"] == ["b", "x", "a", "b"]
    assert take_piece(piece, put(piece, some)) == some


def test_patterns_of_theirs_keep_their_meaning():
    piece = JsonFile("o.json", (Patterns(("permission", "bash"), (("cdk destroy*", "deny"), ("x*", "ask"))),))
    theirs = '{"permission": {"bash": {"cdk destroy*": "ask"}}}'
    assert json.loads(put(piece, theirs))["permission"]["bash"] == {"cdk destroy*": "ask", "x*": "ask"}
    assert take_piece(piece, put(piece, theirs)) == theirs


@pytest.mark.parametrize("text", ["{", "[]", '{"hooks": 1}', "not json"])
def test_what_cannot_be_merged_is_refused_with_what_to_paste(text):
    with pytest.raises(Refused) as refused:
        put(HOOK, text)
    assert "cdkguard agents hook --host claude" in refused.value.snippet
    json.loads(refused.value.snippet)


def test_an_empty_file_is_a_new_one():
    assert put(HOOK, "") == put(HOOK, " \n") == put(HOOK, None)


def test_a_member_that_is_not_current_is_replaced():
    piece = JsonFile("m.json", (Member(("mcpServers",), "cdkguard", {"command": "cdkguard", "args": ["mcp"]}),))
    old = '{"mcpServers": {"cdkguard": {"command": "old"}, "z": {}}}'
    assert json.loads(put(piece, old)) == {
        "mcpServers": {"cdkguard": {"command": "cdkguard", "args": ["mcp"]}, "z": {}}
    }
    assert json.loads(put(piece, None, "uv run cdkguard"))["mcpServers"]["cdkguard"] == {"command": "uv", "args": ["run", "cdkguard", "mcp"]}  # fmt: skip
