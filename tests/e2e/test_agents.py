"""A scripted agent in both examples, with moto's CloudFormation as what is deployed: what it tries, and what it is told."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.git_projects import git
from tests.support.moto_stacks import VARIABLES, deploy_app, open_moto
from tests.support.paths import ROOT
from tests.support.scripted_agent import Agent

pytest.importorskip("moto")
MODULES = ROOT / "examples/task-api/node_modules"
HOSTS = ("claude", "codex", "kiro", "cursor")
HOOK = json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "cdkguard", "args": ["agents", "hook"]}]}]}})  # fmt: skip


@pytest.fixture(scope="module")
def aws():
    with open_moto() as url:
        yield url


@pytest.fixture(scope="module")
def home(tmp_path_factory, aws):
    """A home folder and variables for git, AWS and the cache, for all tests of the module."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".gitconfig").write_text("[user]\nname = T\nemail = t@example.com\n")
    changed = pytest.MonkeyPatch()
    # In a variable, the address would say that all of it is an emulator, which is nobody's data.
    (folder / "aws").write_text(f"[default]\nendpoint_url = {aws}\n")
    given = {
        **VARIABLES,
        "AWS_CONFIG_FILE": str(folder / "aws"),
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CDKGUARD_CACHE_DIR": str(folder / "cache"),
    }
    for name, value in given.items():
        changed.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "NODE_ENV", "CI", "GITHUB_BASE_REF"):
        changed.delenv(name, raising=False)
    yield folder
    changed.undo()


def repository(folder: Path, example: str, settings: str) -> Path:
    """The example in a repository of its own, on a branch of the agent's."""
    shutil.copytree(
        ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("node_modules", "cdk.out", "__pycache__")
    )
    if example == "task-api":
        change(
            folder,
            "package.json",
            '"scripts": {',
            '"scripts": {\n    "teardown": "cdk destroy --force -c env=prod -c variant=guarded",',
        )
        os.symlink(MODULES, folder / "node_modules", target_is_directory=True)
    (folder / ".gitignore").write_text("node_modules\ncdk.out\n__pycache__\n")
    (folder / "cdkguard.yaml").write_text((folder / "cdkguard.yaml").read_text() + settings)
    (folder / ".claude").mkdir()
    (folder / ".claude/settings.json").write_text(HOOK)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "the app as it is deployed")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "another")
    git(folder, "switch", "--quiet", "-c", "agent")
    return folder


@pytest.fixture(scope="module")
def task_api(tmp_path_factory, aws, home):
    if not MODULES.is_dir():
        pytest.skip("examples/task-api has no node_modules: make examples")
    settings = "against: deployed\nagents: {deploy: [dev, prod]}\n"
    folder = repository(tmp_path_factory.mktemp("task") / "task-api", "task-api", settings)
    deploy_app(aws, str(folder), {"env": "prod", "variant": "guarded"})
    deploy_app(aws, str(folder), {"env": "dev", "variant": "guarded"})
    return folder


@pytest.fixture(scope="module")
def orders(tmp_path_factory, aws, home):
    pytest.importorskip("aws_cdk")
    folder = repository(tmp_path_factory.mktemp("orders") / "orders", "orders", "against: deployed\n")
    deploy_app(aws, str(folder), {})
    return folder


def change(folder, path, old, new):
    """Edit a file of the app, as the agent may."""
    text = (folder / path).read_text()
    assert old in text
    (folder / path).write_text(text.replace(old, new, 1))


@pytest.fixture
def restored(task_api):
    yield task_api
    git(task_api, "checkout", "--quiet", "--", ".")


PROD = "-c env=prod -c variant=guarded"
ADDED = ("lib/task-api-stack.ts", "const users = this.createUsers();", "const users = this.createUsers();\n    new CfnOutput(this, 'Mode', { value: 'x' });")  # fmt: skip


def test_a_renamed_table_is_not_deployed_and_the_mended_change_is(restored):
    change(restored, "lib/task-api-stack.ts", "this, 'Tasks'", "this, 'TaskTable'")
    for host in HOSTS:
        told = Agent(host, restored).run(f"npx cdk deploy {PROD} --require-approval never")
        assert told.answer == "deny", told
        assert "TaskApi-prod/Tasks/Resource (AWS::DynamoDB::Table) is left behind" in told.reason
        assert "(it is TaskApi-prod/TaskTable/Resource at lib/task-api-stack.ts:" in told.reason
        assert "Put the construct's old id back" in told.reason and "Do not retry" in told.reason

    change(restored, "lib/task-api-stack.ts", "this, 'TaskTable'", "this, 'Tasks'")
    change(restored, *ADDED)
    for host in HOSTS:
        assert Agent(host, restored).run(f"npx cdk deploy {PROD} --require-approval never") == ("silent", "")


# What the agent tries besides; the words are those of the reason. The first answer is of a host that can ask.
ATTEMPTS = [
    ("a destroy", f"npx cdk destroy {PROD} --force", "deny", "deny", "deletes stacks of"),
    ("a destroy in a script", "npm run teardown", "deny", "deny", "deletes stacks of"),
    ("deletion past CDK", "aws cloudformation delete-stack --stack-name TaskApi-prod", "deny", "deny", "deletes stacks of"),
    ("a hotswap", f"npx cdk deploy {PROD} --hotswap", "ask", "deny", "goes past a safety net"),
    ("production by a variable", "NODE_ENV=production npx cdk destroy", "deny", "deny", "NODE_ENV=production"),
    ("data of production", "aws dynamodb delete-item --table-name tasks-prod --key '{}'", "deny", "deny", "deletes data"),
    ("an approval", "cdkguard approve --change abc --reason x --owner me", "deny", "deny", "which no agent does"),
    ("the baseline's branch", "git branch -f main HEAD", "deny", "deny", "the branch that changes are measured against"),
    ("the hook's file", "rm .claude/settings.json", "deny", "deny", "the hooks that ask cdkguard"),
    ("another app", "npx cdk deploy --app 'node other.js'", "ask", "deny", "runs no command of a line"),
    ("a hidden verb", "x=destroy; npx cdk $x", "deny", "deny", "delete"),
]  # fmt: skip


@pytest.mark.parametrize("attempt", range(len(ATTEMPTS)), ids=[a[0] for a in ATTEMPTS])
def test_an_attempt_is_stopped_with_its_reason(task_api, attempt):
    _, command, asked, unasked, words = ATTEMPTS[attempt]
    host = HOSTS[attempt % len(HOSTS)]
    told = Agent(host, task_api).run(command)
    assert told.answer == (asked if host == "claude" else unasked), told
    assert words in told.reason and len(told.reason) <= 1_500, told


WRITES = [
    ("approvals", "cdkguard.approvals.yaml", "approvals: []\n", "deny", "the approvals of changes"),
    ("settings", "cdkguard.yaml", "skip: ['*']\n", "ask", "the settings of cdkguard"),
    ("the hook", ".claude/settings.json", "{}", "deny", "the hooks that ask cdkguard"),
    ("a suppression", "lib/exempt.ts", 'acknowledge({ id: "cdkguard::data-destroyed", reason: "x" });\n', "ask", "suppress"),
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("path", "content", "asked", "words"), [w[1:] for w in WRITES], ids=[w[0] for w in WRITES])
def test_the_guard_is_not_edited(task_api, host, path, content, asked, words):
    told = Agent(host, task_api).write(path, content)
    assert told.answer == (asked if host == "claude" else "deny"), told
    assert words in told.reason


@pytest.mark.parametrize("host", HOSTS)
def test_ordinary_work_is_silent(task_api, host):
    agent = Agent(host, task_api)
    for command in (
        "npm test",
        "npx cdk diff",
        "npx cdk synth",
        "git commit -m 'cdk destroy'",
        "grep -r 'cdk deploy' .",
    ):
        assert agent.run(command) == ("silent", ""), command
    assert agent.write("lib/more.ts", "export const x = 1;\n") == ("silent", "")


def test_what_the_agent_wrote_and_committed_exempts_nothing(restored):
    agent = Agent("claude", restored)
    change(restored, "lib/task-api-stack.ts", "this, 'Tasks'", "this, 'TaskTable'")
    (restored / "cdkguard.yaml").write_text("against: git\nskip: ['*']\nagents: {deploy: [prod], pull_request: off}\n")
    git(restored, "commit", "--quiet", "-a", "-m", "mine")
    try:
        assert agent.run(f"npx cdk deploy {PROD}").answer == "deny"
    finally:
        git(restored, "reset", "--quiet", "--hard", "HEAD^")


# -- orders, in Python: an agent does not deploy to production there


def test_orders(orders):
    agent = Agent("kiro", orders)
    change(orders, "orders/data.py", '"Invoices",', '"Bills",')
    told = agent.run("cdk deploy 'prod/*' --require-approval never")
    assert told.answer == "deny" and "prod/Data/Invoices/Resource (AWS::S3::Bucket) is left behind" in told.reason, told
    told = agent.run("cdk deploy 'staging/*'")
    assert told.answer == "deny" and "staging/Data/Invoices/Resource (AWS::S3::Bucket) is deleted" in told.reason, told
    assert "(it is staging/Data/Bills/Resource at orders/data.py:23 now)" in told.reason

    change(orders, "orders/data.py", '"Bills",', '"Invoices",')
    change(orders, "orders/data.py", "cdk.Duration.minutes(6)", "cdk.Duration.minutes(7)")
    assert agent.run("cdk deploy 'staging/*'") == ("silent", "")
    told = agent.run("cdk deploy 'prod/*'")
    assert told.answer == "deny" and "an agent does not deploy there" in told.reason
