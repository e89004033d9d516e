"""What an agent may write: not the files that hold it back, whatever it calls them."""

from __future__ import annotations

import json
import os

import pytest

from cdkguard.agents.guarded.paths import added_lines, comparable, paths_in_patch
from tests.support.agent_projects import edit, repository
from tests.support.git_projects import isolate

HOOKS = json.dumps(
    {"hooks": {"PreToolUse": [{"hooks": [{"command": "cdkguard", "args": ["agents", "hook"]}]}], "Stop": []}}
)
ACKNOWLEDGED = 'Validations.of(table).acknowledge({ id: "cdkguard::data-retention", reason: "x" });'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    settings = "against: base.json\napprovals: ok/agreed.yaml\naccepted: ok/old.json\npacks: [./own-rules]\nhonour: [cdk-nag]\n"
    made = repository(tmp_path / "repo", settings)
    for name in (".claude", ".cursor", "lib", "own-rules"):
        (made / name).mkdir()
    (made / ".claude/settings.json").write_text(HOOKS)
    (made / ".cursor/hooks.json").write_text('{"version": 1}')
    (made / "cdk.json").write_text(json.dumps({"app": "node app.js && cdkguard check"}))
    (made / "lib/stack.ts").write_text(ACKNOWLEDGED)
    os.symlink(made / "cdkguard.yaml", made / "harmless.txt")
    return made


TABLE = [
    ("cdkguard.yaml", "x", "ask"),
    ("./lib/../cdkguard.yaml", "x", "ask"),
    ("CDKGUARD.YAML", "x", "ask"),
    ("cdk\u200bguard.yaml", "x", "ask"),
    ("ｃdkguard.yaml", "x", "ask"),
    ("cdkguard.yaml. ", "x", "ask"),
    ("cdkguard.yaml::$DATA", "x", "ask"),
    ("harmless.txt", "x", "ask"),
    ("'cdkguard.yaml'", "x", "ask"),
    ("lib\\..\\cdkguard.yaml", "x", "ask"),
    ("cdkguard.approvals.yaml", "x", "deny"),
    ("ok/agreed.yaml", "x", "deny"),
    ("ok/old.json", "x", "deny"),
    (".cdkguard-baseline.json", "x", "deny"),
    (".cdkguard/agents.jsonl", "", "deny"),
    (".git/refs/heads/main", "0" * 40, "deny"),
    (".git/hooks/pre-push", "x", "deny"),
    ("own-rules/mine.yaml", "x", "ask"),
    ("base.json", "{}", "ask"),
    ("cdkguard.snapshot/Shop.template.json", "{}", "ask"),
    ("pyproject.toml", "[tool.cdkguard]\nskip = ['*']", "ask"),
    ("pyproject.toml", "[project]\nname = 'x'", "silent"),
    (".claude/settings.json", "{}", "deny"),
    (".claude/settings.json", HOOKS, "silent"),
    (".claude/settings.json", json.dumps({**json.loads(HOOKS), "model": "x"}), "silent"),
    (".claude/settings.json", json.dumps({**json.loads(HOOKS), "disableAllHooks": True}), "deny"),
    (".claude/settings.json", HOOKS.replace("agents", "agent"), "deny"),
    (".claude/settings.json", '"model": "opus"', "ask"),
    (".claude/settings.json", "", "deny"),
    (".claude/settings.local.json", '{"disableAllHooks": true}', "ask"),
    (".claude/settings.local.json", '{"model": "x"}', "silent"),
    (".cursor/hooks.json", '{"version": 1, "hooks": {}}', "silent"),
    (".env", "CDKGUARD_CACHE_DIR=/tmp/x", "ask"),
    (".env", "export PYTHONPATH=/tmp/evil", "ask"),
    (".env", "STRIPE=1\nTABLE=x", "silent"),
    ("cdk.json", '{"app": "node app.js"}', "ask"),
    ("cdk.json", '{"app": "node app.js && cdkguard check", "context": {"a": 1}}', "silent"),
    ("lib/other.ts", ACKNOWLEDGED, "ask"),
    ("lib/stack.ts", ACKNOWLEDGED + "\nconst x = 1;", "silent"),
    ("lib/stack.ts", ACKNOWLEDGED.replace("retention", "destroyed"), "ask"),
    ("lib/stack.py", 'table.node.add_metadata("cdkguard", {"suppress": [{"rule": "x"}]})', "ask"),
    ("lib/stack.ts", "cfn.addMetadata('cdkguard', { suppress: [] })", "ask"),
    ("template.yaml", "Metadata:\n  cdkguard:\n    suppress:\n      - rule: x\n", "ask"),
    ("lib/nag.ts", "NagSuppressions.addResourceSuppressions(x, [])", "ask"),
    ("lib/skip.ts", "// checkov:skip=CKV_1", "silent"),
    ("README.md", ACKNOWLEDGED, "silent"),
    ("lib/plain.ts", "new Table(this, 'Orders')", "silent"),
    ("notes.txt", "run cdkguard approve", "silent"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "content", "answer"), TABLE, ids=[f"{n}-{row[0]}" for n, row in enumerate(TABLE)])
def test_what_is_written(folder, path, content, answer):
    found = edit(folder, path, content)
    assert found.answer == answer, found.reason
    assert (found.reason == "") == (answer == "silent")


def test_absolute_paths_and_uris(folder):
    assert edit(folder, str(folder / "cdkguard.yaml")).answer == "ask"
    assert edit(folder / "lib", "../cdkguard.yaml").answer == "ask"
    assert edit(folder, f"file://{folder}/cdkguard%2Eyaml").answer == "ask"
    os.environ["HERE"] = str(folder)
    try:
        assert edit(folder, "$HERE/cdkguard.yaml").answer == "ask"
    finally:
        del os.environ["HERE"]


PATCH = """*** Begin Patch
*** Update File: lib/stack.ts
@@
-const old = "cdkguard::a";
+const x = 1;
*** Add File: cdkguard.approvals.yaml
+approvals: []
*** End Patch
"""


def test_a_patch_names_its_files(folder):
    assert paths_in_patch(PATCH) == ("lib/stack.ts", "cdkguard.approvals.yaml")
    assert added_lines(PATCH) == "const x = 1;\napprovals: []"
    assert edit(folder, "", PATCH).answer == "deny"
    assert edit(folder, "lib/stack.ts", PATCH.split("*** Add")[0]).answer == "silent"


def test_the_names_hold_without_a_repository_too(tmp_path):
    assert edit(tmp_path, "cdkguard.approvals.yaml").answer == "deny"
    (tmp_path / "cdkguard.yaml").write_text("nonsense: [")
    assert edit(tmp_path, "cdkguard.yaml").answer == "ask"


def test_one_spelling_for_what_is_one_file():
    assert comparable("A\\B/ＣDK\u200b.yaml. ") == "a/b/cdk.yaml"
