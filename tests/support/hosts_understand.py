"""What each host makes of a hook's end, restated from the host's own code or documents: the oracle of the table of answers.

Codex: openai/codex, codex-rs/hooks/src/engine/output_parser.rs and events/pre_tool_use.rs. Gemini: @google/gemini-cli,
hookRunner and DefaultHookOutput. Copilot: docs.github.com/en/copilot/reference/hooks-reference, fail-closed since 1.0.57.
Claude Code: types of @anthropic-ai/claude-agent-sdk, code.claude.com/docs/en/hooks. Kiro: awslabs/aidlc-workflows,
docs/reference/kiro-ide-hook-payload.md. Cursor, Antigravity: griddynamics/rosetta, docs/hooks. The first four were also run
with the hosts themselves (tools/agents/check_hosts.py).
"""

from __future__ import annotations

import json

from cdkguard._typing import Any


def understand(host: str, out: str, err: str, status: int) -> tuple[str, str]:
    """(runs, asks or blocked; what the model reads)"""
    return _READERS[host](out, err, status)


def _object(out: str) -> dict[str, Any] | None:
    try:
        found = json.loads(out)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _by_status(out: str, err: str, status: int) -> tuple[str, str]:
    """Kiro, Windsurf, Devin: status 2 and what stands on standard error; standard output reaches nobody."""
    return ("blocked", err.strip()) if status == 2 and err.strip() else ("runs", "")


def _claude(out: str, err: str, status: int) -> tuple[str, str]:
    if status == 2:
        return "blocked", err.strip()
    if status or not out.strip():
        return "runs", ""
    found = _object(out)
    if found is None or not found.keys() <= {"continue", "suppressOutput", "stopReason", "decision", "systemMessage", "reason", "hookSpecificOutput"}:  # fmt: skip
        return "runs", ""
    inner = found.get("hookSpecificOutput", {})
    if inner.get("hookEventName") != "PreToolUse":
        return "runs", ""
    words = {"deny": "blocked", "ask": "asks"}.get(str(inner.get("permissionDecision")), "runs")
    return words, inner.get("permissionDecisionReason", "")


def _vscode(out: str, err: str, status: int) -> tuple[str, str]:
    if status == 2:
        return "blocked", err.strip()
    inner = (_object(out) or {}).get("hookSpecificOutput", {}) if status == 0 else {}
    words = {"deny": "blocked", "ask": "asks"}.get(str(inner.get("permissionDecision")), "runs")
    return words, inner.get("permissionDecisionReason", "")


def _codex(out: str, err: str, status: int) -> tuple[str, str]:
    if status == 2:
        return ("blocked", err.strip()) if err.strip() else ("runs", "")
    if status or not out.strip():
        return "runs", ""
    found = _object(out) or {}
    inner = found.get("hookSpecificOutput") or {}
    known = {"continue", "stopReason", "suppressOutput", "systemMessage", "decision", "reason", "hookSpecificOutput"}
    reason = inner.get("permissionDecisionReason", "").strip()
    if not found.keys() <= known or inner.get("permissionDecision") != "deny" or not reason:
        return "runs", ""  # `ask` is "unsupported": the hook has failed, and the command runs
    return "blocked", reason


def _copilot(out: str, err: str, status: int) -> tuple[str, str]:
    if status:
        return "blocked", err.strip()
    found = _object(out) or {}
    words = {"deny": "blocked", "ask": "asks"}.get(found.get("permissionDecision", ""), "runs")
    return words, found.get("permissionDecisionReason", "")


def _gemini(out: str, err: str, status: int) -> tuple[str, str]:
    if status == 2:
        return "blocked", err.strip()
    found = _object(out) or {} if status == 0 else {}
    words = {"deny": "blocked", "block": "blocked", "ask": "asks"}.get(found.get("decision", ""), "runs")
    return words, found.get("reason", "")


def _antigravity(out: str, err: str, status: int) -> tuple[str, str]:
    found = (_object(out) or {}) if status == 0 else {}
    if not found.keys() <= {"decision", "reason", "permissionOverrides"}:  # a strict schema
        return "runs", ""
    words = {"deny": "blocked", "ask": "asks", "force_ask": "asks"}.get(found.get("decision", ""), "runs")
    return words, found.get("reason", "")


def _cursor(out: str, err: str, status: int) -> tuple[str, str]:
    """With `failClosed`, as it is installed; `ask` behaves as `deny`, and text beside status 2 is shown as it is."""
    if status == 2:
        return "blocked", out
    found = _object(out)
    if status or found is None or "permission" not in found:
        return "blocked", ""
    if found["permission"] == "allow":
        return "runs", ""
    return "blocked", found.get("user_message", "")


_READERS = {
    "claude": _claude,
    "vscode": _vscode,
    "codex": _codex,
    "copilot": _copilot,
    "gemini": _gemini,
    "antigravity": _antigravity,
    "cursor": _cursor,
    "kiro": _by_status,
    "kiro-cli": _by_status,
    "windsurf": _by_status,
    "devin": _by_status,
}
