"""Which calls are about something of ours, before anything heavy is loaded."""

import pytest

from cdkguard.agents.concern import find_concern, folders_above, wants_after_edit
from cdkguard.agents.nouns import Action, ParsedLine, ToolCall

PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: {}\n@@\n-a\n+b\n*** End Patch\nEOF"


def shell(command, folder="/nowhere"):
    return ToolCall("codex", "shell", "Bash", command, directory=folder)


def test_a_line_of_ours_and_one_that_is_not():
    found = find_concern(shell("npx cdk destroy"))
    assert found is not None and [action.kind for action in found.actions] == ["destroy"]
    assert find_concern(shell("ls -la")) is None


def test_a_patch_in_a_shell_is_read_as_a_write():
    found = find_concern(shell(PATCH.format("cdkguard.yaml")))
    assert Action("guard", "apply_patch", "write", paths=("cdkguard.yaml",)) in found.actions
    assert find_concern(shell(PATCH.format("lib/stack.ts"))) is None


@pytest.mark.parametrize(
    ("paths", "content", "is_ours"),
    [
        (["cdkguard.yaml"], "", True), (["/srv/app/.claude/settings.json"], "", True), (["pyproject.toml"], "", True),
        (["lib/stack.ts"], "new Bucket(this, 'B')", False), (["lib/stack.ts"], "// cdkguard: ignore data-retention", True),
        (["README.md"], "", False), ([], "", False),
    ],
)  # fmt: skip
def test_which_files_guard(paths, content, is_ours):
    call = ToolCall("claude", "write", "Write", directory="/srv/app", paths=tuple(paths), content=content)
    assert find_concern(call) == (ParsedLine() if is_ours else None)


@pytest.mark.parametrize(("text", "wanted"), [("agents: {after_edit: true}\n", True), ("agents: {log: true}\n", False), (None, False)])  # fmt: skip
def test_an_end_is_ours_where_the_configuration_may_say_so(text, wanted, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra").mkdir()
    if text:
        (tmp_path / "cdkguard.yaml").write_text(text)
    assert wants_after_edit(str(tmp_path / "infra")) is wanted
    call = ToolCall("claude", "finished", "Stop", directory=str(tmp_path / "infra"))
    assert (find_concern(call) is not None) is wanted


def test_folders_up_to_the_root():
    assert folders_above("/a/b") == ["/a/b", "/a", "/"]


def test_the_folder_of_the_call_is_the_one_that_the_shell_has(tmp_path, monkeypatch):
    (tmp_path / "down.sh").write_text("cdk destroy\n")
    monkeypatch.setenv("PWD", "/elsewhere")
    found = find_concern(shell("$PWD/down.sh", str(tmp_path)))
    assert found is not None and [action.kind for action in found.actions] == ["destroy"]
