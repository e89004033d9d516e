"""The hosts by name. Each is loaded when it is asked for: the hook is started before every command of an agent."""

from __future__ import annotations

from cdkguard.agents.hosts.host import Host

NAMES = (
    "claude", "copilot", "vscode", "codex", "gemini", "antigravity", "cursor", "kiro", "kiro-cli", "windsurf", "devin",
)  # fmt: skip


def load_host(name: str) -> Host:
    """The host of a name of NAMES."""
    module = __import__(f"cdkguard.agents.hosts.{name.replace('-', '_')}", fromlist=["HOST"])
    host: Host = module.HOST
    return host
