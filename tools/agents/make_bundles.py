"""Makes `agents/` and the marketplace files at the root from the tables that `cdkguard agents install` writes from.

    python tools/agents/make_bundles.py

Claude Code, Codex and Cursor look for a marketplace file at the root of a repository: `.claude-plugin/marketplace.json`,
`.agents/plugins/marketplace.json`, `.cursor-plugin/marketplace.json`. Each names its plugin's folder below `agents/`.
"""

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from cdkguard import __version__  # noqa: E402
from cdkguard.agents.install.host_files import CLAUDE_HOOKS, CODEX_HOOKS, CURSOR_HOOKS, KIRO_STEERING, server_file  # noqa: E402
from cdkguard.agents.install.package_texts import read_text  # noqa: E402
from cdkguard.agents.install.pieces import JsonFile, put_piece  # noqa: E402

DESCRIPTION = (
    "Judges AWS CDK and CloudFormation changes before an agent deploys them: what they delete, replace, open or weaken"
)
SITE = "https://github.com/cdkguard/cdkguard"
KEYWORDS = ["aws", "cdk", "cloudformation", "deploy", "destroy", "stack", "removal policy", "guardrail"]
ABOUT = {
    "name": "cdkguard",
    "version": __version__,
    "description": DESCRIPTION,
    "author": {"name": "cdkguard", "url": SITE},
    "homepage": SITE,
    "repository": SITE,
    "license": "Apache-2.0",
    "keywords": KEYWORDS,
}
INTERFACE = {
    "displayName": "cdkguard",
    "shortDescription": "What would this deploy delete?",
    "longDescription": DESCRIPTION + ".",
    "developerName": "cdkguard",
    "category": "Developer Tools",
    "capabilities": ["Read"],
    "websiteURL": SITE,
    "defaultPrompt": ["What would a deployment of this branch delete?"],
}


def to_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def hooks_of(*entries: object) -> str:
    return put_piece(JsonFile("hooks.json", entries), None, None, False)


def server_of(path: str) -> str:
    return put_piece(server_file(path), None, None, None)


def marketplace(source: object, **more: object) -> dict[str, object]:
    return {"name": "cdkguard", "owner": {"name": "cdkguard"}, "plugins": [{"name": "cdkguard", "source": source, "description": DESCRIPTION, **more}]}  # fmt: skip


def make_files() -> dict[str, str]:
    """Path below the root -> text, of every file that is made."""
    skill, steering = read_text("SKILL.md"), KIRO_STEERING
    rule = f"---\ndescription: {json.dumps(DESCRIPTION)}\nalwaysApply: true\n---\n\n{read_text('production-guardrails.md')}"
    power = (Path(__file__).parent / "POWER.md").read_text(encoding="utf-8")
    codex_entry = {
        "name": "cdkguard",
        "source": {"source": "local", "path": "./agents/codex"},
        "policy": {"installation": "AVAILABLE", "authentication": "ON_INSTALL"},
        "category": "Developer Tools",
    }
    return {
        ".claude-plugin/marketplace.json": to_json({**marketplace("./agents/claude"), "description": DESCRIPTION}),
        ".agents/plugins/marketplace.json": to_json({"name": "cdkguard", "interface": {"displayName": "cdkguard"}, "plugins": [codex_entry]}),
        ".cursor-plugin/marketplace.json": to_json({**marketplace("agents/cursor"), "metadata": {"description": DESCRIPTION}}),
        "agents/claude/.claude-plugin/plugin.json": to_json(ABOUT),
        "agents/claude/hooks/hooks.json": hooks_of(*CLAUDE_HOOKS),
        "agents/claude/skills/cdkguard/SKILL.md": skill,
        "agents/claude/.mcp.json": server_of(".mcp.json"),
        "agents/codex/.codex-plugin/plugin.json": to_json({**ABOUT, "skills": "./skills/", "mcpServers": "./.mcp.json", "interface": INTERFACE}),
        "agents/codex/hooks/hooks.json": hooks_of(*CODEX_HOOKS),
        "agents/codex/skills/cdkguard/SKILL.md": skill,
        "agents/codex/.mcp.json": server_of(".mcp.json"),
        "agents/cursor/.cursor-plugin/plugin.json": to_json({**ABOUT, "author": {"name": "cdkguard"}}),
        "agents/cursor/hooks/hooks.json": put_piece(JsonFile("hooks.json", CURSOR_HOOKS, (("version", 1),)), None, None, False),
        "agents/cursor/rules/cdkguard.mdc": rule,
        "agents/cursor/skills/cdkguard/SKILL.md": skill,
        "agents/cursor/mcp.json": server_of("mcp.json"),
        "agents/kiro/POWER.md": power,
        "agents/kiro/mcp.json": server_of("mcp.json"),
        "agents/kiro/steering/production-guardrails.md": steering,
        "agents/README.md": (Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    }  # fmt: skip


def main() -> None:
    shutil.rmtree(ROOT / "agents", ignore_errors=True)
    for name, text in make_files().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
