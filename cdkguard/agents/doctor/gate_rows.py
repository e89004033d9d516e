"""What else runs before a deployment: the chain in cdk.json, a pre-commit hook, the CI service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from subprocess import PIPE, TimeoutExpired

from cdkguard.agents.doctor.rows import GATES, Row
from cdkguard.errors import CdkguardError
from cdkguard.inputs.app import read_json_settings
from cdkguard.system import files, processes

SECONDS = 10.0
_CI_FILES = (
    ".gitlab-ci.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "buildspec.yml", "Jenkinsfile", ".circleci/config.yml",
    ".travis.yml", ".buildkite/pipeline.yml", ".drone.yml",
)  # fmt: skip
_CI_FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows")
_HOOK_FILES = (".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".husky/pre-commit", ".husky/pre-push")


def examine_gates(directory: str, root: str) -> Iterator[Row]:
    """The rows in the order of the table."""
    yield examine_chain(directory)
    yield _examine_commit_hook(root)
    yield _examine_ci(root)


def examine_chain(directory: str) -> Row:
    """Whether `cdkguard check` runs behind each synthesis."""
    file = os.path.join(directory, "cdk.json")
    try:
        command = read_json_settings(file).get("app")
    except CdkguardError as problem:
        return Row(GATES, "cdk.json", "broken", str(problem))
    if isinstance(command, str) and "cdkguard check" in command:
        return Row(
            GATES, "cdk.json", "ok", "`cdkguard check` runs behind each synthesis: `cdk deploy` stops on findings"
        )
    text = "nothing runs behind a synthesis (an Aspect in the code is not looked for)"
    return Row(GATES, "cdk.json", "absent", text, "cdkguard init --chain, or the Aspect (docs/aspect.md)")


def _examine_commit_hook(root: str) -> Row:
    named = [name for name in _HOOK_FILES if "cdkguard" in _text_of(os.path.join(root, name))]
    if not named:
        return Row(GATES, "commit hook", "absent", "no pre-commit configuration names cdkguard", "see docs/ci.md")
    if named[0].startswith(".husky"):
        return Row(GATES, "commit hook", "ok", f"{named[0]} runs cdkguard")
    where = _hooks_folder(root)
    if where is None or not any(files.is_file(os.path.join(where, name)) for name in ("pre-commit", "pre-push")):
        program = "lefthook" if "lefthook" in named[0] else "pre-commit"
        text = f"{named[0]} names cdkguard, and git has no such hook in this clone"
        return Row(GATES, "commit hook", "broken", text, f"{program} install")
    return Row(GATES, "commit hook", "ok", f"{named[0]} names cdkguard, and git calls it in this clone")


def _hooks_folder(root: str) -> str | None:
    """Where git looks for hooks in this clone; asking runs none of them."""
    try:
        done = processes.run(["git", "rev-parse", "--git-path", "hooks"], root, timeout=SECONDS, stderr=PIPE)
    except (OSError, TimeoutExpired):
        return None
    return os.path.join(root, done.out.strip()) if done.status == 0 else None


def _examine_ci(root: str) -> Row:
    present = [name for name in _CI_FILES if os.path.isfile(os.path.join(root, name))]
    for folder in _CI_FOLDERS:
        where = os.path.join(root, folder)
        if os.path.isdir(where):
            present += [f"{folder}/{name}" for name in sorted(os.listdir(where)) if name.endswith((".yml", ".yaml"))]
    calling = [
        name for name in present if "cdkguard" in _text_of(os.path.join(root, name)) and "copilot-setup" not in name
    ]
    if calling:
        return Row(GATES, "CI", "ok", f"{', '.join(calling[:3])} names cdkguard")
    if present:
        return Row(GATES, "CI", "absent", f"none of {len(present)} files of CI names cdkguard", "see docs/ci.md")
    return Row(GATES, "CI", "unknown", "no file of a CI service is here", "see docs/ci.md")


def _text_of(path: str) -> str:
    """The text of a file of the repository; empty where there is none."""
    try:
        return files.read_bytes(path, 1_000_000).decode("utf-8", "replace") if files.is_file(path) else ""
    except OSError:
        return ""
