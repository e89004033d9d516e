"""The shell of the pages on CI, run with the real cdkguard in the clone of a pull request; CDK Pipelines synthesized."""

import json
import os
import re
import subprocess
import sys

import junitparser
import pytest

from tests.support import git_projects
from tests.support.ci_pages import commands_of, interpolate, read_snippets
from tests.support.git_projects import git
from tests.support.paths import ROOT

SNIPPETS = list(read_snippets())
TEMPLATE = (ROOT / "templates/check/template.yml").read_text()

_STUBS = {
    "npm": '#!/bin/sh\necho "npm $*" >>"$NOTES"\n',
    "pip": '#!/bin/sh\necho "pip $*" >>"$NOTES"\n',
    "pipx": '#!/bin/sh\n[ "$1" = run ] && shift\nexec "$@"\n',
    "cdkguard": f'#!/bin/sh\nexec "{sys.executable}" -P -m cdkguard "$@"\n',
}


@pytest.fixture
def pull_request(tmp_path, monkeypatch):
    """A clone with the branch of a pull request checked out, in which each command finds cdkguard."""
    git_projects.isolate(tmp_path, monkeypatch)
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git_projects.project(origin)
    (origin / "resources.json").write_text('{"T": {"Type": "AWS::SNS::Topic"}}')
    (origin / ".gitignore").write_text("cdk.out/\n*.xml\n*.json.out\n")
    git(origin, "init", "-q")
    git(origin, "add", "-A")
    git(origin, "commit", "-qm", "one")
    git(origin, "checkout", "-qb", "topic")
    git(origin, "commit", "-q", "--allow-empty", "-m", "two")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in _STUBS.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    for name, value in {
        "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "NOTES": str(tmp_path / "notes"), "CI": "true",
        "CI_PROJECT_DIR": str(clone), "WORKSPACE_TMP": str(tmp_path / "tmp"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return clone


def run(commands, folder, **environment):
    script = "set -eu\n" + "\n".join(commands)
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


DATA_GOES = '{"T": {"Type": "AWS::SNS::Topic"}, "D": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}}'
# Jenkins installs into a virtual environment of its own, which the test has no wheel for.
_RUN = [
    it
    for it in SNIPPETS
    if it.service in ("github-steps", "codebuild", "azure", "bitbucket", "gitlab") and "check --against git" in it.text
]


@pytest.mark.parametrize(
    ("snippet", "resources", "status"),
    [
        *(pytest.param(it, DATA_GOES, 1, id=f"{it.page}-{number}") for number, it in enumerate(_RUN)),
        pytest.param(_RUN[0], "", 0, id="passes"),
        pytest.param(_RUN[0], "{", 3, id="not judged"),
    ],
)
def test_its_commands_judge_the_pull_request(snippet, resources, status, pull_request):
    if resources:
        (pull_request / "resources.json").write_text(resources)
    done = run(commands_of(snippet), pull_request)
    assert done.returncode == status, done.stdout + done.stderr
    if status == 3:
        return
    for file in re.findall(r"junit=(\S+)", snippet.text):
        junitparser.JUnitXml.fromfile(str(pull_request / file))
    for file in re.findall(r"(?:gitlab|sarif)=(\S+)", snippet.text):
        json.loads((pull_request / file).read_text())
    for file in re.findall(r"html=(\S+)", snippet.text):
        assert "<html" in (pull_request / file).read_text()


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"directory": "infra", "setup": ["cd infra", "npm ci"], "gate": "new", "fail-on": "low", "environment": "prod"},
    ],
)
def test_the_component_judges_the_merge_request(inputs, pull_request):
    job = interpolate(TEMPLATE, **inputs)["cdkguard"]
    folder = inputs.get("directory", ".")
    if folder != ".":
        for name in ("app.py", "cdk.json", "resources.json"):
            (pull_request / folder).mkdir(exist_ok=True)
            git(pull_request, "mv", name, f"{folder}/{name}")
        git(pull_request, "commit", "-qm", "three")
    (pull_request / folder / "resources.json").write_text(DATA_GOES)
    variables = {name: value["value"] if isinstance(value, dict) else value for name, value in job["variables"].items()}
    done = run([*job["before_script"], *job["script"]], pull_request, **variables)
    assert done.returncode == 1, done.stdout + done.stderr
    findings = json.loads((pull_request / job["artifacts"]["reports"]["codequality"]).read_text())
    places = {finding["location"]["path"] for finding in findings}
    assert places and all((pull_request / place).exists() for place in places)  # as GitLab looks them up: from the root
    junitparser.JUnitXml.fromfile(str(pull_request / job["artifacts"]["reports"]["junit"]))
    assert [(pull_request / path).exists() for path in job["artifacts"]["paths"]] == [True]


# CDK Pipelines

_PYTHON = """
from aws_cdk import App, Environment, Stack, aws_codecommit as codecommit, aws_dynamodb as dynamodb


class Shop(Stage):
    def __init__(self, scope, name, **settings):
        super().__init__(scope, name, **settings)
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        dynamodb.Table(Stack(self, "Data"), "Orders", partition_key=key)


app = App()
there = Environment(account="123456789012", region="eu-west-1")
stack = Stack(app, "Pipeline", env=there)
repository = codecommit.Repository.from_repository_name(stack, "Repository", "shop")
source = pipelines.CodePipelineSource.code_commit(repository, "main")
synth = pipelines.ShellStep("Synth", input=source, commands=["npx cdk synth"])
pipeline = pipelines.CodePipeline(stack, "Line", synth=synth)
production = Shop(stack, "Production", env=there)
pipeline.add_stage(production, pre=[guard(synth, production)])
app.synth()
"""
_TYPESCRIPT = """
import { App, aws_dynamodb as dynamodb } from 'aws-cdk-lib';

class Shop extends Stage {
  constructor(scope: Construct, name: string, props: StackProps) {
    super(scope, name, props);
    new dynamodb.Table(new Stack(this, 'Data'), 'Orders', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } });
  }
}

const app = new App();
const env = { account: '123456789012', region: 'eu-west-1' };
const stack = new Stack(app, 'Pipeline', { env });
const repository = codecommit.Repository.fromRepositoryName(stack, 'Repository', 'shop');
const source = pipelines.CodePipelineSource.codeCommit(repository, 'main');
const synth = new pipelines.ShellStep('Synth', { input: source, commands: ['npx cdk synth'] });
const pipeline = new pipelines.CodePipeline(stack, 'Line', { synth });
const production = new Shop(stack, 'Production', { env });
pipeline.addStage(production, { pre: [guard(synth, production)] });
app.synth();
"""


def _synthesize(language, folder):
    (snippet,) = (it.text for it in SNIPPETS if it.language == language and "CodeBuildStep" in it.text)
    if language == "python":
        pytest.importorskip("aws_cdk")
        (folder / "app.py").write_text(snippet + _PYTHON)
        command = [sys.executable, "app.py"]
    else:
        if not (ROOT / "examples/task-api/node_modules").exists():
            pytest.skip("needs `make examples`")
        (folder / "app.ts").write_text(snippet + _TYPESCRIPT)
        (folder / "node_modules").symlink_to(ROOT / "examples/task-api/node_modules")
        (folder / "tsconfig.json").write_text(
            '{"compilerOptions": {"module": "commonjs", "target": "es2022", "strict": true, "types": ["node"], "skipLibCheck": true}}'
        )
        command = ["node", "node_modules/ts-node/dist/bin.js", "app.ts"]  # which checks the types, too
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"CDK_OUTDIR": str(folder / "cdk.out")},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "cdk.out"


@pytest.mark.e2e
@pytest.mark.parametrize("language", ["python", "typescript"])
def test_a_pipeline_judges_the_stage_before_it_deploys_it(language, tmp_path, monkeypatch):
    pytest.importorskip("moto")
    from tests.support.moto_stacks import VARIABLES, open_moto

    out = _synthesize(language, tmp_path)
    resources = json.loads((out / "Pipeline.template.json").read_text())["Resources"].values()
    (line,) = (it["Properties"] for it in resources if it["Type"] == "AWS::CodePipeline::Pipeline")
    (stage,) = (it for it in line["Stages"] if it["Name"] == "Production")
    order = {
        action["Name"]: (action["RunOrder"], [it["Name"] for it in action.get("InputArtifacts", [])])
        for action in stage["Actions"]
    }
    assert order["GuardProduction"] == (1, ["Synth_Output"])
    assert all(run_order > 1 for name, (run_order, _) in order.items() if name != "GuardProduction")
    specs = [it["Properties"]["Source"]["BuildSpec"] for it in resources if it["Type"] == "AWS::CodeBuild::Project"]
    (spec,) = (json.loads(it) for it in specs if "cdkguard" in it)
    assert spec["reports"] == {"cdkguard": {"files": ["cdkguard.xml"], "file-format": "JUNITXML"}}
    allowed = [
        statement
        for it in resources
        if it["Type"] == "AWS::IAM::Policy"
        for statement in it["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "sts:AssumeRole" and "lookup-role" in str(statement["Resource"])
    ]
    assert [statement["Resource"] for statement in allowed] == ["arn:aws:iam::*:role/cdk-hnb659fds-lookup-role-*"]

    # The step's own commands, in the folder that CodeBuild unpacks the artifact to, beside an AWS that has no such stack.
    with open_moto() as address:
        for name, value in VARIABLES.items():
            monkeypatch.setenv(name, value)
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "cdkguard").write_text(_STUBS["cdkguard"])
        (programs / "cdkguard").chmod(0o755)
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL": address}
        done = run(spec["phases"]["build"]["commands"], out, **environment)
    assert done.returncode == 1 and "Production" in done.stdout, done.stdout + done.stderr
    assert "data-retention" in (out / "cdkguard.xml").read_text() or "point-in-time" in done.stdout
    junitparser.JUnitXml.fromfile(str(out / "cdkguard.xml"))
