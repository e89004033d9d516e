"""Git repositories with an app whose cloud assembly lies there already, so that a judgement runs no program but git."""

import json
from pathlib import Path
from typing import Any

from cdkguard.agents.judge.decide import decide
from cdkguard.agents.nouns import Action, Decision, ParsedLine, Request, ToolCall
from tests.support.git_projects import git

Json = Any
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Delete",
    "Metadata": {"aws:cdk:path": "Shop/Orders/Resource"},
    "Properties": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
}
QUEUE = {"Type": "AWS::SNS::Topic", "Metadata": {"aws:cdk:path": "Shop/Topic/Resource"}}


def write_stacks(folder: Path, **stacks: Json) -> None:
    """The cloud assembly `cdk.out`: stack name -> resources, or (resources, the manifest's properties, dependencies)."""
    out = folder / "cdk.out"
    out.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, given in stacks.items():
        resources, properties, needs = given if isinstance(given, tuple) else (given, {}, [])
        (out / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": name,
            "dependencies": needs, "properties": {"templateFile": f"{name}.template.json", "stackName": name, **properties},
        }  # fmt: skip
    (out / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))


def repository(folder: Path, settings: str = "against: git\n", **stacks: Json) -> Path:
    """A repository whose main branch has the settings and the stacks; what follows is on the branch `topic`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cdk.json").write_text(json.dumps({"app": "cdk.out"}))
    if settings:
        (folder / "cdkguard.yaml").write_text(settings)
    write_stacks(folder, **(stacks or {"Shop-dev": {"Orders": TABLE, "Topic": QUEUE}}))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "x")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "another")
    git(folder, "switch", "--quiet", "-c", "topic")
    return folder


def action(kind: Any, line: str, folder: Path, **fields: Any) -> Action:
    """An action as a line's reader would give it: behind a launcher, its tool is the first word, its verb the second."""
    words = line.split()
    tool, *more = words[1:] if words[0] == "npx" else words
    return Action(kind, tool, more[0] if more else "", tuple(words), str(folder), **fields)


def ask(
    *actions: Action, may_ask: bool = True, seconds: float = 100.0, problems: tuple[str, ...] = (), **variables: str
) -> Decision:
    """The decision about a line with these actions."""
    call = ToolCall("claude", "shell", "Bash", "line", directory=actions[0].directory if actions else "")
    return decide(Request(call, ParsedLine(tuple(actions), (), problems), seconds, may_ask), variables)


def edit(folder: Path, path: str, content: str = "x") -> Decision:
    """The decision about a file that a tool would write."""
    call = ToolCall("claude", "write", "Write", directory=str(folder), paths=(path,) if path else (), content=content)
    return decide(Request(call, may_ask=True), {})
