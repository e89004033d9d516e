"""The plugins in agents/ and the marketplace files at the root are made from the tables of the installer."""

import json
import re
import runpy

import yaml

from cdkguard import __version__
from tests.support.paths import ROOT

FILES = runpy.run_path(str(ROOT / "tools/agents/make_bundles.py"))["make_files"]()
ROOTS = ("agents", ".claude-plugin", ".agents", ".cursor-plugin")


def test_every_file_is_current_and_there_is_no_other():
    found = {path.relative_to(ROOT).as_posix() for root in ROOTS for path in (ROOT / root).rglob("*") if path.is_file()}
    assert found == set(FILES)
    stale = [name for name, text in FILES.items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert not stale, f"run tools/agents/make_bundles.py: {stale}"


def test_each_marketplace_names_a_plugin_that_is_there():
    for name in (".claude-plugin", ".cursor-plugin", ".agents/plugins"):
        for plugin in json.loads(FILES[f"{name}/marketplace.json"])["plugins"]:
            source = plugin["source"]["path"] if isinstance(plugin["source"], dict) else plugin["source"]
            manifest = f"{source.removeprefix('./')}/.{source.rpartition('/')[2]}-plugin/plugin.json"
            assert json.loads(FILES[manifest])["version"] == __version__


def test_every_hook_blocks_where_it_cannot_be_started():
    claude, codex = (json.loads(FILES[f"agents/{name}/hooks/hooks.json"])["hooks"]["PreToolUse"] for name in ("claude", "codex"))  # fmt: skip
    assert claude[0]["hooks"][0]["onFailure"] == "block"
    assert all(group["hooks"][0]["command"].endswith("|| exit 2") for group in (*claude, *codex))
    cursor = json.loads(FILES["agents/cursor/hooks/hooks.json"])["hooks"]
    assert all(hook["failClosed"] for event, hooks in cursor.items() if event != "stop" for hook in hooks)


def test_the_power_has_its_front_matter_and_no_hook():
    front = yaml.safe_load(FILES["agents/kiro/POWER.md"].split("---\n")[1])
    assert set(front) == {"name", "displayName", "description", "keywords", "author"}
    assert not [name for name in FILES if name.startswith("agents/kiro/") and "hook" in name]


def test_each_front_matter_is_yaml():
    for name, text in FILES.items():
        if name.endswith((".md", ".mdc")) and text.startswith("---"):
            assert isinstance(yaml.safe_load(re.match(r"---\n(.*?)---\n", text, re.DOTALL)[1]), dict), name
