"""A scripted agent: payloads of real hosts through the real `cdkguard agents hook`, and what each of them is told."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.paths import ROOT

Json = Any


class Told(NamedTuple):
    """What a host makes of the answer."""

    answer: str  # "silent", "ask", "deny"
    reason: str


class Agent:
    """An agent in a host, which works in a folder."""

    def __init__(self, host: str, folder: Path, **variables: str) -> None:
        self.host, self.folder = host, folder
        self.variables = variables

    def run(self, command: str) -> Told:
        """What the agent is told that wants to run a command."""
        match self.host:
            case "claude" | "codex":
                return self._tell({**self._tool("Bash"), "tool_input": {"command": command}})
            case "kiro":
                return self._tell({**self._tool("execute_bash"), "tool_input": {"command": command}})
            case "cursor":
                return self._tell({"hook_event_name": "beforeShellExecution", "conversation_id": "s", "command": command,
                                   "cwd": str(self.folder), "workspace_roots": [str(self.folder)]})  # fmt: skip
        raise AssertionError(self.host)

    def write(self, path: str, content: str) -> Told:
        """What the agent is told that wants to write a file."""
        match self.host:
            case "claude":
                return self._tell(
                    {**self._tool("Write"), "tool_input": {"file_path": str(self.folder / path), "content": content}}
                )
            case "codex":
                lines = "".join(f"+{line}\n" for line in content.splitlines())
                patch = f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n"
                return self._tell({**self._tool("apply_patch"), "tool_input": {"command": patch}})
            case "kiro":
                given = {"command": "create", "path": path, "file_text": content}
                return self._tell({**self._tool("fs_write"), "tool_input": given})
            case "cursor":
                given = {"file_path": str(self.folder / path), "content": content}
                return self._tell({**self._tool("Write", "preToolUse"), "tool_input": given})
        raise AssertionError(self.host)

    def stop(self) -> Told:
        """What the agent is told that has finished."""
        status, out, err = self._ask(
            {"hook_event_name": "Stop", "session_id": "s", "cwd": str(self.folder), "stop_hook_active": False}
        )
        found = json.loads(out) if out.strip() else {}
        return Told("deny" if found else "silent", found.get("reason", "") + err)

    def _tool(self, name: str, event: str = "PreToolUse") -> dict[str, Json]:
        return {"hook_event_name": event, "session_id": "s", "cwd": str(self.folder), "tool_name": name}

    def _ask(self, payload: dict[str, Json]) -> tuple[int, str, str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.variables}
        done = subprocess.run(
            [sys.executable, "-m", "cdkguard", "agents", "hook", "--host", self.host],
            input=json.dumps(payload), capture_output=True, text=True, cwd=self.folder, env=environment, timeout=240,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def _tell(self, payload: dict[str, Json]) -> Told:
        """The answer as the host reads it: status 2 with a reason, or its own JSON, or nothing."""
        status, out, err = self._ask(payload)
        if status == 2:
            assert err.strip(), "a host does not block without a reason"
            return Told("deny", err.strip())
        assert status == 0, (status, out, err)
        if not out.strip():
            return Told("silent", err.strip())
        found = json.loads(out)
        if self.host == "cursor":
            return Told({"allow": "silent", "deny": "deny"}[found["permission"]], found.get("user_message", ""))
        own = found["hookSpecificOutput"]
        return Told(own["permissionDecision"], own["permissionDecisionReason"])
