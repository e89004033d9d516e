"""The variables that make an app record lines, by its command and the aws-cdk-lib that is installed."""

import json
import shutil
import subprocess

import pytest

from cdkguard.inputs import stack_traces
from cdkguard.inputs.app import App
from cdkguard.inputs.stack_traces import is_older, library_version, stack_trace_variables


def install(folder, version):
    package = folder / "node_modules" / "aws-cdk-lib" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text(json.dumps({"version": version}), encoding="utf-8")


def variables(folder, command, **environment):
    return stack_trace_variables(App(command, str(folder), {}), environment)


@pytest.mark.parametrize("version, debug", [("2.100.0", "on"), ("2.250.0", "on"), ("2.251.0", None), ("3.0.0", None)])
@pytest.mark.parametrize("command", ["npx ts-node bin/app.ts", "node dist/app.js", "bun run bin/app.ts", "yarn -s app"])
def test_an_old_library_is_asked_to_record_traces(tmp_path, command, version, debug):
    install(tmp_path, version)
    (tmp_path / "infra").mkdir()
    found = variables(tmp_path / "infra", command)
    assert found.get("CDK_DEBUG") == debug and ("--require" in found["NODE_OPTIONS"]) == (debug is not None)


def test_bun_is_told_how_long_a_trace_may_be(tmp_path):
    found = variables(tmp_path, "bun run bin/app.ts", BUN_OPTIONS="--smol")
    assert found["BUN_OPTIONS"].startswith("--smol --preload=") and found["BUN_OPTIONS"].endswith("bun_frames.cjs")
    assert "BUN_OPTIONS" not in variables(tmp_path, "npx tsx bin/bun.ts")


@pytest.mark.parametrize(
    "command", ["python3 app.py", "uv run app.py", "mvn -e -q compile exec:java", ".venv/bin/python app.py"]
)
def test_apps_behind_jsii_hand_their_frames_over(tmp_path, command):
    install(tmp_path, "2.100.0")  # of something else in the repository: jsii brings its own
    found = variables(tmp_path, command)
    assert found["JSII_HOST_STACK_TRACES"] == "1" and "CDK_DEBUG" not in found
    assert found["NODE_OPTIONS"].startswith("--stack-trace-limit=50 --require=")


def test_the_users_own_settings_win(tmp_path):
    given = {"JSII_HOST_STACK_TRACES": "0", "NODE_OPTIONS": "--stack-trace-limit=9", "CDK_DEBUG": "0"}
    install(tmp_path, "2.100.0")
    found = variables(tmp_path, "node app.js", **given)
    assert found.pop("NODE_OPTIONS").startswith("--stack-trace-limit=9 --require=")
    assert found == {name: given[name] for name in ("JSII_HOST_STACK_TRACES", "CDK_DEBUG")}


def test_a_folder_with_spaces(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_traces, "_FOLDER", '/opt/a "b"/c\\d')
    options = variables(tmp_path, "python3 app.py")["NODE_OPTIONS"]
    assert options.partition("--require=")[2] == '"/opt/a \\"b\\"/c\\\\d/library_traces.cjs"'


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "{}"])
def test_a_library_that_says_no_version(tmp_path, text):
    install(tmp_path, "2.1.0")
    (tmp_path / "node_modules/aws-cdk-lib/package.json").write_text(text, encoding="utf-8")
    assert library_version(str(tmp_path)) is None
    assert not is_older(None, (2, 251)) and not is_older("next", (2, 251))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_frames_of_the_host_are_appended_for_a_library_that_does_not_know_them(tmp_path):
    """With a stand-in for the library, as jsii loads it; errors keep their own stack."""
    lib = tmp_path / "aws-cdk-lib" / "core" / "lib"
    lib.mkdir(parents=True)
    (lib / "stack-trace.js").write_text("")
    (lib / "cfn-element.js").write_text("x = { stackTrace:(0,debug_1().debugModeEnabled)() }")
    (tmp_path / "app.js").write_text(
        f"globalThis.debug_1 = () => 0; require({str(lib / 'stack-trace.js')!r}); require({str(lib / 'cfn-element.js')!r});\n"
        "globalThis[Symbol.for('jsii.context.hostStackTrace')] = [['/app/main.py', 7, 0, '__init__'], ['/app/app.py', 3, 0, '<module>']];\n"
        "const plain = { stack: '' }, error = new Error('x'); Error.captureStackTrace(plain); Error.captureStackTrace(error);\n"
        "console.log(JSON.stringify([plain.stack, error.stack.includes('app.js'), process.env.CDK_DEBUG || null]));\n"
    )
    hook = f"--require={stack_traces._FOLDER}/library_traces.cjs"

    def run(**environment):
        done = subprocess.run(["node", hook, "app.js"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=True)  # fmt: skip
        return json.loads(done.stdout)

    frames = "Error\n    at __init__ (/app/main.py:7)\n    at <module> (/app/app.py:3)"
    assert run(JSII_AGENT="Python/3.12") == [frames, True, None]
    assert run(CDK_DEBUG="on")[1:] == [True, None] and "app.js" in run(CDK_DEBUG="on")[0]
    assert run(CDK_DEBUG="1")[2] == "1"  # the user's own
    (lib / "cfn-element.js").write_text("// written otherwise")
    assert run(JSII_AGENT="Python/3.12")[2] == "on" and run(CDK_DEBUG="1")[2] == "1"
    (lib / "stack-trace.js").write_text("// jsii.context.hostStackTrace")
    (lib / "cfn-element.js").write_text("// CREATION_STACK: debug_1")
    assert "app.js" in run(JSII_AGENT="Python/3.12")[0] and run(JSII_AGENT="Python/3.12")[2] is None
