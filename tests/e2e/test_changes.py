"""The change of a real app, judged against a git revision, a snapshot in it, and what a CloudFormation stub says runs."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.aws_stub import Answer, Stub
from tests.support.paths import ROOT

EXAMPLES = ROOT / "examples"
TASK_API = EXAMPLES / "task-api"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not (TASK_API / "node_modules").is_dir(), reason="`make examples` installs what it needs"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]
RENAME = ("new dynamodb.Table(this, 'Tasks'", "new dynamodb.Table(this, 'TaskStore'")
GUARDED = ("-c", "env=prod", "-c", "variant=guarded")


def run(folder, *arguments, **environment):
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    own = {"NO_COLOR": "1", "PATH": path}
    return subprocess.run(
        [sys.executable, "-m", "cdkguard", *arguments],
        cwd=folder,
        env={**os.environ, **own, **environment},
        capture_output=True,
        text=True,
    )


def report(done, *statuses):
    assert done.returncode in statuses, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def cache(own_cache):
    """For the programs that are started, too."""


def committed(tmp_path, example):
    """A repository of its own that holds the example, with its dependencies beside it as a user's would be."""
    folder = tmp_path / "repository"
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("node_modules", "cdk.out", "__pycache__"))
    (folder / ".gitignore").write_text("node_modules\ncdk.out\n__pycache__\n")
    if (example / "node_modules").is_dir():
        os.symlink(example / "node_modules", folder / "node_modules")
        (folder / ".gitignore").write_text("/node_modules\ncdk.out\n__pycache__\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder, message):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def edit(file, *pairs):
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def changes(found):
    return {(f["ruleId"], f["constructPath"]) for f in found["findings"] if f["impact"] and f["outcome"] == "fail"}


def test_task_api_against_git(tmp_path):
    folder = committed(tmp_path, TASK_API)
    git(folder, "switch", "-q", "-c", "feature")
    stack = folder / "lib/task-api-stack.ts"
    edit(stack, RENAME, ("pointInTimeRecoveryEnabled: this.settings.protect", "pointInTimeRecoveryEnabled: false"))
    edit(folder / "cdkguard.yaml", ("environments:", "skip: [data-renamed]\nenvironments:"))
    commit(folder, "rename")
    before = git(folder, "status", "--porcelain=v1")
    found = report(run(folder, "check", "--against", "git", *GUARDED, "--format", "json"), 1)
    assert found["against"].startswith("git ")
    assert ("guardrail-weakened", None) in {(f["ruleId"], f["logicalId"]) for f in found["findings"]}
    edit(folder / "cdkguard.yaml", ("skip: [data-renamed]\n", ""))
    commit(folder, "judge it again")
    found = report(run(folder, "check", "--against", "git", *GUARDED, "--format", "json"), 1)
    assert ("data-renamed", "TaskApi-prod/Tasks/Resource") in changes(found)
    (renamed,) = [f for f in found["findings"] if f["ruleId"] == "data-renamed"]
    assert "TaskApi-prod/TaskStore" in renamed["message"] and renamed["source"]["file"].endswith("stack.ts")
    assert git(folder, "status", "--porcelain=v1") == before and "worktree" not in git(folder, "worktree", "list")


def test_an_unchanged_app_has_no_change(tmp_path):
    folder = committed(tmp_path, TASK_API)
    done = run(folder, "diff", "--against", "git:HEAD", *GUARDED, "--format", "json")
    assert report(done, 0)["changes"] == []


def test_orders_against_git(tmp_path):
    folder = committed(tmp_path, EXAMPLES / "orders")
    edit(
        folder / "orders/data.py",
        ("retention=cdk.Duration.days(14)", "retention=cdk.Duration.days(7)"),
        ("cdk.RemovalPolicy.SNAPSHOT if self.protect", "cdk.RemovalPolicy.DESTROY if self.protect"),
    )
    found = report(run(folder, "check", "--against", "git", "--format", "json"), 1)
    rules = {rule for rule, _path in changes(found)}
    assert {"retention-shortened", "deletion-policy-weakened"} <= rules
    assert all(f["source"] for f in found["findings"] if f["ruleId"] == "deletion-policy-weakened")


def test_a_committed_snapshot_and_an_approval(tmp_path):
    folder = committed(tmp_path, TASK_API)
    assert run(folder, "snapshot", *GUARDED).returncode == 0
    commit(folder, "snapshot")
    against = ("--against", "cdkguard.snapshot", *GUARDED)
    clean = report(run(folder, "check", *against, "--format", "json"), 0)
    assert clean["against"] == "cdkguard.snapshot" and not changes(clean)
    edit(folder / "lib/task-api-stack.ts", RENAME)
    found = report(run(folder, "check", *against, "--format", "json"), 1)
    assert {rule for rule, _ in changes(found)} == {"data-renamed"}
    said = run(folder, "approve", *against, "--change", "*Tasks/Resource", "--reason", "empty", "--owner", "us")
    assert said.returncode == 0 and "data-renamed" in said.stdout
    assert report(run(folder, "check", *against, "--format", "json"), 0)["summary"]["suppressed"] == 1
    edit(folder / "lib/task-api-stack.ts", ("'TaskStore'", "'Tasks'"))
    landed = report(run(folder, "check", *against, "--format", "json"), 0)
    assert any("meets no change" in notice["message"] for notice in landed["notices"])


def test_what_is_deployed(tmp_path):
    pytest.importorskip("boto3")
    folder = committed(tmp_path, TASK_API)
    assert run(folder, "snapshot", *GUARDED, "--out", str(tmp_path / "now")).returncode == 0
    template = json.loads(next((tmp_path / "now").glob("*.template.json")).read_text())
    (stack,) = json.loads((tmp_path / "now/stacks.json").read_text())["stacks"]
    for logical_id, path in stack["constructPaths"].items():  # as CDK deploys them
        if logical_id in template["Resources"]:
            template["Resources"][logical_id].setdefault("Metadata", {})["aws:cdk:path"] = path
    aws = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "AWS_SESSION_TOKEN": "c"}
    with Stub() as stub:
        stub.stack("TaskApi-prod", template, EnableTerminationProtection=True)
        aws["AWS_ENDPOINT_URL"] = stub.url
        check = ("check", "--against", "deployed", *GUARDED, "--format", "json")
        same = report(run(folder, *check, **aws), 0, 1)
        assert not changes(same)
        edit(folder / "lib/task-api-stack.ts", RENAME)
        found = report(run(folder, *check, **aws), 1)
        assert ("data-renamed", "TaskApi-prod/Tasks/Resource") in changes(found)
        assert found["against"] == "what is deployed"
        assert set(stub.actions()) <= {
            "GetTemplate",
            "DescribeStacks",
            "ListStackResources",
            "GetCallerIdentity",
            "AssumeRole",
        }
        stub.fault = lambda action, parameters, count: (
            Answer(403, "AccessDenied", "not allowed") if action == "GetTemplate" else None
        )
        refused = run(folder, *check, **aws)
        assert refused.returncode == 3 and "TaskApi-prod" in refused.stderr and not refused.stdout
