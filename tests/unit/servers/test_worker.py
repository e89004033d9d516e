"""The child process: its errors are sentences, and it never outlives its server."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cdkguard.errors import InputError
from cdkguard.servers import child, jobs, worker
from cdkguard.servers.requests import Request, read_request
from tests.support.git_projects import isolate, project


def answer(monkeypatch, job):
    monkeypatch.setitem(jobs.JOBS, "check", job)
    return worker._answer(Request("check")._asdict(), sys.stderr)


def raising(problem):
    def job(_request, _progress):
        raise problem

    return job


def test_a_request_is_read_as_it_was_written():
    request = Request("plan", "/a", ("/a", "/b"), True, False, {"k": "v"}, None, "git", ("S",), cursor="x")
    assert read_request(json.loads(json.dumps(request._asdict()))) == request


def test_an_error_is_a_sentence_with_its_details(monkeypatch):
    found = answer(monkeypatch, raising(InputError("the app ended with exit status 1: x\n  | a\n  | b")))
    assert found == {"error": "the app ended with exit status 1: x", "details": "  | a\n  | b", "exitStatus": 3}


@pytest.mark.parametrize(
    "problem, status",
    [(OSError(28, "No space left on device", "x"), 3), (MemoryError(), 3), (SystemExit(0), 3), (KeyError("x"), 4)],
)
def test_no_failure_is_an_answer(monkeypatch, capsys, problem, status):
    found = answer(monkeypatch, raising(problem))
    assert found["exitStatus"] == status
    assert "answer" not in found and "Traceback" not in found["error"]
    assert ("Traceback" in capsys.readouterr().err) == (status == 4)


def test_a_signal_is_no_error_of_the_app(monkeypatch):
    with pytest.raises(SystemExit):
        answer(monkeypatch, raising(SystemExit(143)))


def test_progress_is_an_event_for_each_new_line():
    class Sent(list):
        write = list.append

        def flush(self):
            pass

    sent = Sent()
    events = worker._Events(sent)
    for text in (
        "\r\x1b[Ksynthesizing: x 1 s",
        "\r\x1b[Ksynthesizing: x 1 s",
        "\r\x1b[K",
        "\r\x1b[Ksynthesizing: x 2 s",
    ):
        events.write(text)
    assert [json.loads(line) for line in sent] == [
        {"progress": "synthesizing: x 1 s"},
        {"progress": "synthesizing: x 2 s"},
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.parametrize("end", ["close", signal.SIGTERM])
def test_the_child_ends_with_its_server_and_so_does_the_app(tmp_path, monkeypatch, end):
    isolate(tmp_path, monkeypatch)
    folder = project(tmp_path / "app")
    (folder / "app.py").write_text(
        "import os, time\nopen(os.environ['RUNS'], 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    request = Request("check", str(folder), (str(tmp_path),), synthesize=True, is_trusted=True)
    command = [sys.executable, "-P", "-c", child._CODE, child._PACKAGES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        process.stdin.write(json.dumps(request._asdict()).encode() + b"\n")
        process.stdin.flush()
        file = tmp_path / "runs"
        deadline = time.monotonic() + 30
        while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = int(file.read_text())
        if end == "close":
            process.stdin.close()
        else:
            process.send_signal(end)
        assert process.wait(20) != 0
        assert b"Traceback" not in process.stderr.read()
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline + 10:
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.parametrize("line", [b"", b"{", b'{"job": "check"'])
def test_half_a_request_is_none(line):
    command = [sys.executable, "-P", "-c", child._CODE, child._PACKAGES]
    done = subprocess.run(command, input=line, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
