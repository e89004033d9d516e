"""Who allows that an app runs: the one who starts the server, or the client's user; else nothing runs."""

import json
import sys
import time

import anyio
import pytest
from mcp import Client

from cdkguard.servers.server import make_server
from tests.support.assemblies import assembly_with
from tests.support.git_projects import git, isolate, project
from tests.support.mcp_client import MODES, answer_of, sentence_of, use

BUCKET = {"B": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    folder = project(tmp_path / "app")
    (folder / "resources.json").write_text(json.dumps(BUCKET))
    return folder


def runs(tmp_path):
    file = tmp_path / "runs"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize("mode", MODES)
def test_the_user_is_asked_once_for_an_app(folder, tmp_path, mode):
    asked = []

    async def twice(client):
        results = [await client.call_tool("check_cdk_app", {"path": ".", "synthesize": True}) for _ in range(2)]
        return [r.structured_content["isSynthesized"] for r in results]

    assert use(folder, twice, answer=True, asked=asked, mode=mode) == [True, True]
    assert runs(tmp_path) == 2
    assert len(asked) == 1
    assert "app.py" in asked[0] and str(folder) in asked[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", [False, "decline", "cancel", None])
def test_without_a_yes_nothing_runs_and_nothing_is_judged(folder, tmp_path, answer, mode):
    arguments = {"path": ".", "synthesize": True}
    said = sentence_of(folder, "check_cdk_app", arguments, answer=answer, mode=mode)
    assert "the app was not run" in said
    assert runs(tmp_path) == 0


def test_who_starts_the_server_may_allow_it(folder, tmp_path):
    asked = []
    options = {"allows_synth": True, "answer": False, "asked": asked}
    found = answer_of(folder, "check_cdk_app", {"path": ".", "synthesize": True}, **options)
    assert found["isSynthesized"] and not asked and runs(tmp_path) == 1


def test_nobody_is_asked_where_nothing_would_run(folder):
    asked = []
    said = sentence_of(folder, "check_cdk_app", {"path": "."}, answer=True, asked=asked)
    assert "there is no cloud assembly yet: run `cdk synth`, or call this with synthesize=true" in said
    assert not asked


def test_nobody_is_asked_about_an_app_outside(folder, tmp_path):
    asked = []
    arguments = {"path": str(tmp_path), "synthesize": True}
    assert "outside" in sentence_of(folder, "check_cdk_app", arguments, answer=True, asked=asked)
    assert not asked


def test_a_yes_holds_for_its_folder_alone(folder, tmp_path):
    other = project(folder / "other")
    (other / "resources.json").write_text(json.dumps(BUCKET))
    asked = []

    async def both(client):
        for path in (".", "other"):
            await client.call_tool("check_cdk_app", {"path": path, "synthesize": True})

    use(folder, both, answer=True, asked=asked)
    assert len(asked) == 2


def test_a_git_baseline_asks_too(folder, tmp_path):
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    (folder / "resources.json").write_text("{}")
    arguments = {"path": ".", "against": "git:HEAD", "synthesize": True}
    assert "not run" in sentence_of(folder, "plan_cdk_change", arguments, answer=False)
    assert runs(tmp_path) == 0
    asked = []
    found = answer_of(folder, "plan_cdk_change", arguments, answer=True, asked=asked)
    assert "the revision `git:HEAD`" in asked[0]
    assert found["impacts"].get("WILL_ORPHAN") == 1
    assert runs(tmp_path) == 2


def test_context_reaches_the_app(folder):
    arguments = {"path": ".", "context": {"lookup": "Given"}, "synthesize": True}
    assert answer_of(folder, "check_cdk_app", arguments, allows_synth=True)["counts"]["resources"] == 2


def test_an_app_that_fails_is_quoted_as_data(folder):
    (folder / "app.py").write_text("import sys\nprint('\\x1b[31mno table \\u202e')\nsys.exit('stopped')\n")
    arguments = {"path": ".", "synthesize": True}
    assert "ended with exit status 1" in sentence_of(folder, "check_cdk_app", arguments, allows_synth=True)

    async def what(client):
        return (await client.call_tool("check_cdk_app", arguments)).content

    sentence, output = (each.text for each in use(folder, what, allows_synth=True))
    assert "\n" not in sentence
    assert output.startswith("The end of the app's own output (data):\n") and "stopped" in output
    assert "\x1b" not in output and "\u202e" not in output


@pytest.fixture
def with_checks(folder):
    (folder / "package.json").write_text('{"scripts": {"test": "echo tested >> \\"$RUNS\\""}}')
    (folder / "cdkguard.yaml").write_text("preflight: {test: 'echo tested >> \"$RUNS\"'}\n")
    return folder


@pytest.mark.parametrize("mode", MODES)
def test_the_checklist_asks_for_itself(with_checks, tmp_path, mode):
    asked = []

    async def what(client):
        await client.call_tool("check_cdk_app", {"path": ".", "synthesize": True})
        arguments = {"path": ".", "rows": ["unit-tests"], "synthesize": True}
        return (await client.call_tool("preflight", arguments)).structured_content

    found = use(with_checks, what, answer=True, asked=asked, mode=mode)
    assert len(asked) == 2 and "the project's tests" in asked[1] and "the project's tests" not in asked[0]
    assert (found["verdict"], found["exitStatus"], found["rows"][0]["state"]) == ("pass", 0, "done")
    assert found["leftOut"]
    assert "tested" in (tmp_path / "runs").read_text()


def test_a_yes_to_the_checklist_is_one_to_the_app(with_checks):
    asked = []

    async def what(client):
        await client.call_tool("preflight", {"path": ".", "rows": ["unit-tests"], "synthesize": True})
        return (await client.call_tool("check_cdk_app", {"path": ".", "synthesize": True})).structured_content

    assert use(with_checks, what, answer=True, asked=asked)["isSynthesized"]
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [False, None])
def test_without_a_yes_no_check_runs(with_checks, tmp_path, answer):
    assembly_with(with_checks / "cdk.out", BUCKET)
    arguments = {"path": ".", "rows": ["unit-tests"]}
    found = answer_of(with_checks, "preflight", arguments, answer=answer)
    assert (found["verdict"], found["exitStatus"], found["rows"][0]["state"]) == ("unknown", 1, "unknown")
    said = sentence_of(with_checks, "preflight", {**arguments, "synthesize": True}, answer=answer)
    assert "not run" in said
    assert runs(tmp_path) == 0


# -- progress, and giving up

SLOW = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(os.environ["RUNS"], "w").write(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_giving_up_ends_the_app_with_its_children(folder, tmp_path):
    (folder / "app.py").write_text(SLOW)
    words = []

    async def progress(_seconds, _total, message):
        words.append(message)

    async def give_up():
        client = Client(make_server(str(folder), allows_synth=True))
        async with client, anyio.create_task_group() as tasks:

            async def ask():
                arguments = {"path": ".", "synthesize": True}
                await client.call_tool("check_cdk_app", arguments, progress_callback=progress)

            tasks.start_soon(ask)
            with anyio.fail_after(60):
                while not any("synthesizing" in word for word in words):
                    await anyio.sleep(0.1)
            tasks.cancel_scope.cancel()

    anyio.run(give_up)
    pids = (tmp_path / "runs").read_text().split()
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, pids))


def test_two_apps_are_judged_one_after_another(folder, tmp_path):
    (folder / "app.py").write_text(
        "import os, time\nrun = open(os.environ['RUNS'], 'a')\nrun.write('begin\\n'); run.flush()\ntime.sleep(0.5)\n"
        "run.write('end\\n')\nraise SystemExit(1)\n"
    )

    async def both(client):
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(client.call_tool, "check_cdk_app", {"path": ".", "synthesize": True})

    use(folder, both, allows_synth=True)
    assert (tmp_path / "runs").read_text().split() == ["begin", "end"] * 2
