"""What a host sends before a command, and a small app of its own that a sample command would destroy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from cdkguard._typing import Json
from cdkguard.system import files
from cdkguard.system.temporary_folders import temporary_folder

SESSION = "cdkguard-doctor"  # marks what an examination asks, also in the hook's log
HARMLESS = "ls"
DESTROYING = "cdk destroy --all --force"
TABLE = "Orders"
_TEMPLATE = {
    "Resources": {
        TABLE: {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
        }
    }
}
_MANIFEST = {
    "version": "36.0.0",
    "artifacts": {
        "Prod-Orders": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111111111111/eu-west-1",
            "properties": {"templateFile": "Prod-Orders.template.json", "stackName": "Prod-Orders"},
            "displayName": "Prod-Orders",
        }
    },
}


@contextmanager
def sample_app() -> Iterator[str]:
    """A folder with an app that is a cloud assembly already: one table, in production. Nothing of it is deployed."""
    with temporary_folder() as folder:
        real = os.path.realpath(folder)
        out = os.path.join(real, "cdk.out")
        os.mkdir(out)
        for path, value in (
            (os.path.join(real, "cdk.json"), {"app": "cdk.out"}),
            (os.path.join(out, "manifest.json"), _MANIFEST),
            (os.path.join(out, "Prod-Orders.template.json"), _TEMPLATE),
        ):
            files.write(path, json.dumps(value))
        files.write(os.path.join(real, "cdkguard.yaml"), "environments:\n  prod: {strict: true}\n")
        yield real


def payload_of(host: str, command: str, directory: str) -> str:
    """What that host sends on standard input before it runs the command; the forms are those of docs/agents.md."""
    return json.dumps(_payload(host, command, directory))


def _payload(host: str, command: str, directory: str) -> Json:
    more: dict[str, Json]
    called: dict[str, Json]
    common = {"session_id": SESSION, "cwd": directory, "hook_event_name": "PreToolUse"}
    bash = {"tool_name": "Bash", "tool_input": {"command": command}}
    match host:
        case "claude":
            return {**common, **bash, "transcript_path": "", "permission_mode": "default", "tool_use_id": SESSION}
        case "codex":
            more = {"transcript_path": None, "permission_mode": "default", "model": "", "tool_use_id": SESSION}
            return {**common, **bash, **more, "turn_id": SESSION}
        case "copilot" | "vscode":
            called = {"toolName": "bash", "toolArgs": {"command": command}}
            return {"sessionId": SESSION, "timestamp": 1_800_000_000_000, "cwd": directory, **called}
        case "gemini":
            called = {"tool_name": "run_shell_command", "tool_input": {"command": command}}
            more = {"hook_event_name": "BeforeTool", "timestamp": "2027-01-15T08:00:00.000Z", "transcript_path": ""}
            return {**common, **more, **called}
        case "antigravity":
            called = {"name": "run_command", "args": {"CommandLine": command, "Cwd": directory}}
            return {"conversationId": SESSION, "workspacePaths": [directory], "toolCall": called}
        case "cursor":
            more = {
                "hook_event_name": "beforeShellExecution",
                "cursor_version": "3.9.16",
                "workspace_roots": [directory],
            }
            return {"conversation_id": SESSION, "generation_id": SESSION, **more, "command": command, "cwd": directory}
        case "windsurf":
            info = {"command_line": command, "cwd": directory}
            ids = {"trajectory_id": SESSION, "execution_id": SESSION, "timestamp": "2027-01-15T08:00:00Z"}
            return {"agent_action_name": "pre_run_command", **ids, "tool_info": info}
        case "kiro-cli":
            called = {"tool_name": "execute_bash", "tool_input": {"command": command}}
            return {"hook_event_name": "preToolUse", "cwd": directory, **called}
        case "devin":
            return {**common, "tool_name": "exec", "tool_input": {"command": command}}
        case _:
            return {**common, "tool_name": "execute_bash", "tool_input": {"command": command}}
