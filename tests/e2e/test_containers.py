"""Apps whose constructs build images while they are made: judged without Docker, with the templates that Docker leads to."""

import json
import os
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cdkguard.check.run import check
from cdkguard.config.load import load_config
from cdkguard.errors import SynthError
from tests.support.paths import ROOT

MODULES = ROOT / "examples/task-api/node_modules"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="the stand-in is a script"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]
needs_library = pytest.mark.skipif(not MODULES.is_dir(), reason="`make examples` installs aws-cdk-lib")
needs_python = pytest.mark.skipif(
    find_spec("aws_cdk") is None or find_spec("aws_cdk.aws_lambda_python_alpha") is None,
    reason="`make examples` installs aws-cdk-lib and the construct for Python functions",
)

TYPESCRIPT = """
const cdk = require('aws-cdk-lib');
const { aws_lambda: lambda, aws_lambda_nodejs: nodejs, aws_dynamodb: dynamodb } = cdk;
const stack = new cdk.Stack(new cdk.App(), 'Shop');
new dynamodb.Table(stack, 'Orders', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, removalPolicy: cdk.RemovalPolicy.DESTROY });
const runtime = lambda.Runtime.NODEJS_22_X;
new nodejs.NodejsFunction(stack, 'Plain', { entry: 'code/index.js', depsLockFilePath: 'package-lock.json', runtime });
new nodejs.NodejsFunction(stack, 'Forced', { entry: 'code/index.js', depsLockFilePath: 'package-lock.json', runtime, bundling: { forceDockerBundling: true } });
new lambda.Function(stack, 'Built', { runtime, handler: 'x.y', code: lambda.Code.fromDockerBuild('code') });
new lambda.Function(stack, 'Copied', { runtime, handler: 'x.y', code: lambda.Code.fromAsset(cdk.DockerImage.fromBuild('code').cp('/out', 'made/here')) });
new lambda.Function(stack, 'Bundled', { runtime, handler: 'x.y', code: lambda.Code.fromAsset('code', {
  bundling: { image: cdk.DockerImage.fromRegistry('public.ecr.aws/x'), command: ['true'] } }) });
"""
PYTHON = """
from aws_cdk import App, DockerImage, RemovalPolicy, Stack, aws_dynamodb as dynamodb, aws_lambda as lambda_
from aws_cdk.aws_lambda_python_alpha import BundlingOptions, PythonFunction, PythonLayerVersion

app = App()
stack = Stack(app, "Shop")
dynamodb.Table(stack, "Orders", partition_key={"name": "id", "type": dynamodb.AttributeType.STRING}, removal_policy=RemovalPolicy.DESTROY)
PythonFunction(stack, "Plain", entry="code", runtime=lambda_.Runtime.PYTHON_3_13)
PythonFunction(stack, "Own", entry="code", runtime=lambda_.Runtime.PYTHON_3_13, bundling=BundlingOptions(image=DockerImage.from_build("code")))
PythonLayerVersion(stack, "Layer", entry="code")
app.synth()
"""
# Does what Docker would: an image is built, and a container writes to the folder that is mounted as its output.
DOCKER = """#!/bin/sh
[ "$1 $2" = "image inspect" ] && exit 1
[ "$1" = create ] && echo 0123456789abcdef
if [ "$1" = cp ]; then for target do :; done; mkdir -p "$target"; echo made > "$target/made"; fi
if [ "$1" = run ]; then
  for word do case $word in *:/asset-output*) echo made > "${word%%:/asset-output*}/index.js" ;; esac; done
fi
exit 0
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A folder with code for functions; whatever Docker this machine has is not found."""
    (tmp_path / "code").mkdir()
    for name, text in {
        "code/index.js": "exports.handler = 1;", "code/index.py": "", "code/requirements.txt": "x", "code/Dockerfile": "FROM x",
        "package.json": "{}", "package-lock.json": "{}",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text("#!/bin/sh\necho no daemon >&2; exit 1\n")
    (tmp_path / "bin/docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CDK_VALIDATION", "false")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(app, language):
    if language == "typescript":
        os.symlink(MODULES, app / "node_modules")
        (app / "app.js").write_text(TYPESCRIPT)
        (app / "cdk.json").write_text('{"app": "node app.js"}')
    else:
        (app / "app.py").write_text(PYTHON)
        (app / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py'}))


def judged(**more):
    config = load_config(".", None)
    return check(config._replace(paths=(".",), fail_on="never", **more))


def told(report):
    return [p.message for p in report.problems if "container" in p.message]


@pytest.mark.parametrize(
    "language, calls",
    [
        pytest.param("typescript", "docker build (4 times), docker cp (2 times)", marks=needs_library),
        pytest.param("python", "docker build", marks=needs_python),
    ],
)
def test_an_app_is_judged_without_docker_and_it_is_said(app, language, calls):
    written(app, language)
    report = judged()
    assert any(f.rule_id == "data-retention" and f.construct_path == "Shop/Orders/Resource" for f in report.findings)
    (said,) = told(report)
    assert said.startswith(f"no container was started: {calls}") and "--full-synth makes them" in said
    assert not (app / "made").exists(), "the folder to copy to is gone"
    assert (app / "cdk.json").exists()


@pytest.mark.parametrize(
    "language", [pytest.param("typescript", marks=needs_library), pytest.param("python", marks=needs_python)]
)
def test_the_templates_are_those_of_docker_but_for_the_assets(app, language):
    from cdkguard.inputs.app import find_app
    from cdkguard.inputs.synth import synthesize

    written(app, language)
    (app / "bin/docker").write_text(DOCKER)

    def template(full):
        out = app / f"out-{full}"
        out.mkdir()
        synthesize(find_app(".", None, {}), str(out), full=full)
        text = Path(out, "Shop.template.json").read_text()
        return re.sub(r'("(?:S3Key|aws:asset:path|aws:asset:is-bundled)": )("[^"]*"|true|false)', r"\1null", text)

    assert template(False) == template(True)


@needs_library
def test_the_containers_of_a_full_synthesis_are_the_users(app):
    written(app, "typescript")
    with pytest.raises(SynthError, match="without `--full-synth` no container is needed"):
        judged(full_synth=True)


def test_an_app_that_reads_what_a_container_would_make_says_why_it_fails(app):
    code = "require('child_process').execFileSync(process.env.CDK_DOCKER, ['run', 'x']); require('fs').readFileSync('made.json')"
    (app / "app.js").write_text(code)
    (app / "cdk.json").write_text('{"app": "node app.js"}')
    with pytest.raises(SynthError, match="no container was started: docker run made nothing: if the app needs"):
        judged()
