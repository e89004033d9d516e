"""Running an app: tiny ones that write a manifest, and every way in which one can fail."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdkguard.errors import ConfigError, InputError, SynthError
from cdkguard.inputs import synth
from cdkguard.inputs.app import App, existing_assembly, find_app
from tests.support.programs import started, wait_for_file

WRITE = """
import json, os
out = os.environ["CDK_OUTDIR"]
os.makedirs(out, exist_ok=True)
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
if "CONTEXT_OVERFLOW_LOCATION_ENV" in os.environ:
    context |= json.load(open(os.environ["CONTEXT_OVERFLOW_LOCATION_ENV"]))
json.dump({"version": "1", "context": context, "env": dict(os.environ)}, open(os.path.join(out, "manifest.json"), "w"))
print("hello from the app")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    folder = tmp_path / "my app"
    folder.mkdir()
    (folder / "app.py").write_text(WRITE)
    settings(folder, app=f'"{sys.executable}" app.py')
    return folder


def settings(folder, **keys):
    (folder / "cdk.json").write_text(json.dumps(keys))


def given(project, **options):
    context = options.pop("context", {})
    with synth.open_synthesized_app(find_app(str(project), None, context), **options) as out:
        return json.loads(Path(out, "manifest.json").read_text()), out


def test_the_app_gets_what_the_cli_gives_it(project, capfd):
    manifest, out = given(project)
    assert manifest["context"]["aws:cdk:enable-path-metadata"] is True
    assert manifest["context"]["aws:cdk:bundling-stacks"] == []
    assert manifest["env"]["CDK_VALIDATION"] == "false" and manifest["env"]["TS_NODE_TRANSPILE_ONLY"] == "true"
    assert manifest["env"]["CDK_DEFAULT_REGION"] and "--stack-trace-limit=50" in manifest["env"]["NODE_OPTIONS"]
    assert not os.path.exists(out), "the temporary folder is gone"
    printed = capfd.readouterr()
    assert printed.out == "" and "hello from the app" in printed.err


def test_full_synthesis_is_the_clis_way(project):
    manifest, _ = given(project, full=True)
    assert manifest["context"]["aws:cdk:bundling-stacks"] == ["**"]
    assert "CDK_VALIDATION" not in manifest["env"]


def test_context_merges_weakest_first(project):
    home = project.parent / "home" / ".cdk.json"
    home.write_text(json.dumps({"context": {"d": {"x": 1, "y": 1}, "a": 1}}))
    (project / "cdk.context.json").write_text(json.dumps({"d": {"y": 2}, "a": 2, "b": [1]}))
    settings(project, app=f'"{sys.executable}" app.py', context={"b": [2], "c": 3})
    manifest, _ = given(project, context={"c": "4"})
    assert {k: manifest["context"][k] for k in "abcd"} == {"a": 2, "b": [2], "c": "4", "d": {"x": 1, "y": 2}}


def test_a_context_too_large_for_the_environment_goes_through_a_file(project):
    settings(project, app=f'"{sys.executable}" app.py', context={"big": "x" * 200_000})
    manifest, _ = given(project)
    assert len(manifest["context"]["big"]) == 200_000
    assert not os.path.exists(manifest["env"]["CONTEXT_OVERFLOW_LOCATION_ENV"])


def test_the_build_command_runs_first(project):
    settings(project, app=f'"{sys.executable}" app.py', build="echo built > built.txt")
    given(project)
    assert (project / "built.txt").exists()
    settings(project, app=f'"{sys.executable}" app.py', build="exit 3")
    with pytest.raises(SynthError, match="the build command ended with exit status 3"):
        given(project)


def test_javascript_files_are_run_by_node(tmp_path):
    (tmp_path / "app.js").write_text("")
    assert synth.add_interpreter("app.js --x", str(tmp_path)) == "node app.js --x"
    assert synth.add_interpreter("npx ts-node app.ts", str(tmp_path)) == "npx ts-node app.ts"


@pytest.mark.parametrize(
    "code, words",
    [
        ("import sys; print('boom', file=sys.stderr); sys.exit(7)", "exit status 7.*\n.*boom"),
        ("pass", "wrote no cloud assembly"),
        ("import os; os.kill(os.getpid(), 9)", "ended (by signal 9|with exit status 137)"),
    ],
)
def test_an_app_that_fails(project, code, words):
    (project / "app.py").write_text(code)
    with pytest.raises(SynthError, match=f"(?s){words}"):
        given(project)


def test_a_missing_command_is_named(project):
    settings(project, app="no-such-command-here app.py")
    with pytest.raises(SynthError, match="no-such-command-here"):
        given(project)


def test_a_slow_app_is_stopped_with_all_its_children(project):
    (project / "app.py").write_text(
        "import subprocess, sys; subprocess.run([sys.executable, '-c', \"import time; open('alive', 'w').close(); time.sleep(60)\"])"
    )
    began = time.monotonic()
    with pytest.raises(SynthError, match="--timeout"):
        given(project, timeout=1)
    assert time.monotonic() - began < 8
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "open('alive', 'w')" not in running


def end_check(project, number, temporary):
    """The status of a check that is ended while its app runs, and what it says on standard error."""
    temporary.mkdir()
    command = [sys.executable, "-m", "cdkguard", "check", str(project)]
    with started(command, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(temporary)}) as child:
        wait_for_file(project / "alive", child)
        child.send_signal(number)
        said = child.communicate(timeout=15)[1]
    return child.returncode, said


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_stops_the_app_too(project, number, status, tmp_path):
    (project / "app.py").write_text("import time; open('alive', 'w').close(); time.sleep(61.5)")
    temporary = tmp_path / "tmp"
    assert end_check(project, number, temporary)[0] == status
    assert "time.sleep(61.5)" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert list(temporary.iterdir()) == []


# As jsii does, whose folder has 2 MB; a program that SIGTERM ends removes nothing.
MAKES_A_FOLDER = """
import tempfile, time
with tempfile.TemporaryDirectory() as folder:
    open("alive", "w").close()
    time.sleep(61.5)
"""


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_app_that_is_ended_removes_its_own_files(project, number, status, tmp_path):
    (project / "app.py").write_text(MAKES_A_FOLDER)
    temporary = tmp_path / "tmp"
    ended, said = end_check(project, number, temporary)
    assert ended == status and list(temporary.iterdir()) == []
    assert "Traceback" not in str(said)


def test_what_is_wrong_with_a_project_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match="no cdk.json in"):
        find_app(str(tmp_path), None, {})
    with pytest.raises(InputError, match="no such folder"):
        find_app(str(tmp_path / "none"), None, {})
    (tmp_path / "cdk.json").write_text("{")
    with pytest.raises(InputError, match="cdk.json:1: not JSON"):
        find_app(str(tmp_path), None, {})
    (tmp_path / "cdk.json").write_text("{}")
    with pytest.raises(InputError, match="has no 'app'"):
        find_app(str(tmp_path), None, {})
    with pytest.raises(ConfigError, match="CDK's own"):
        find_app(str(tmp_path), "x", {"aws:cdk:x": "1"})
    (tmp_path / ".cdk.json").write_text('{"build": "x"}')
    with pytest.raises(ConfigError, match="build"):
        find_app(str(tmp_path), "x", {})


def test_an_app_that_is_a_folder_is_an_assembly(project):
    (project / "cdk.out").mkdir()
    assert existing_assembly(find_app(str(project), "cdk.out", {})) == os.path.join(str(project), "cdk.out")
    assert existing_assembly(find_app(str(project), None, {})) is None


@pytest.mark.parametrize("file", ["cdk.json", "cdk.context.json", "../home/.cdk.json"])
@pytest.mark.parametrize("content", ["[1]", "{", '{"a": '])
def test_settings_that_cannot_be_read_are_named(project, file, content):
    (project / file).write_text(content)
    with pytest.raises(InputError, match=os.path.basename(file)):
        find_app(str(project), "x", {})


def test_context_that_is_no_mapping_is_said(project):
    settings(project, app="x", context=["a"])
    with pytest.raises(InputError, match="cdk.json: 'context' is not a JSON object"):
        find_app(str(project), None, {})
    settings(project, app="x", context={"default-region": "x"})
    with pytest.raises(ConfigError, match="default-region"):
        find_app(str(project), None, {})


@pytest.mark.parametrize("command", ["true && no-such-node bin/app.js", "env no-such-node app.js"])
def test_the_command_that_is_missing_is_the_one_named(project, command):
    settings(project, app=command)
    with pytest.raises(SynthError, match="is no-such-node installed"):
        given(project)


def test_an_app_that_speaks_of_something_not_found_was_still_run(project):
    (project / "app.py").write_text("import sys; sys.exit('table: not found')")
    with pytest.raises(SynthError, match=r"(?s)exit status 1.*table: not found"):
        given(project)


def test_the_tail_of_the_output_is_told_and_jsiis_banner_is_not(project, capfd):
    (project / "app.py").write_text(
        "print('!' * 60)\nprint('!!  Node is old  !!')\nfor i in range(50): print('line', i)\nexit(1)"
    )
    with pytest.raises(SynthError) as stop:
        given(project)
    assert "line 49" in str(stop.value) and "line 29" not in str(stop.value)
    printed = capfd.readouterr().err
    assert "line 0\n" in printed and "Node is old" not in printed


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_progress_line_on_a_terminal_is_erased(project):
    (project / "app.py").write_text("import time; time.sleep(0.8)\n" + WRITE)
    terminal, pipe = Terminal(), io.StringIO()
    given(project, progress=terminal)
    given(project, progress=pipe)
    assert "synthesizing: " in terminal.getvalue() and terminal.getvalue().endswith("\r\x1b[K")
    assert pipe.getvalue() == ""


def test_the_colours_of_an_app_are_no_part_of_the_error(tmp_path):
    command = r"printf '\033[31mred\033[0m and\033[2J more\n'; exit 3"
    with pytest.raises(SynthError) as stop:
        synth.synthesize(App(command, str(tmp_path), {}), str(tmp_path / "out"))
    assert "  | red and\x1b[2J more" in str(stop.value)  # the program escapes the rest where it prints it
