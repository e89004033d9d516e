"""Commands end with all that they started, and addresses are asked as they stand."""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cdkguard.config.preflight import ShellCommand, UrlCheck
from cdkguard.preflight.commands import TAIL, run_command
from cdkguard.preflight.project_tests import find_test_commands
from cdkguard.preflight.urls import ask_url

posix = pytest.mark.skipif(os.name != "posix", reason="signals and groups of POSIX")


def is_gone(process):
    """Whether it has ended; where nobody collects orphans, what is left of it has the state Z."""
    for _try in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        stat = f"/proc/{process}/stat"
        if os.path.exists(stat) and Path(stat).read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def run(text, folder=".", timeout=30.0):
    return run_command(ShellCommand(text, str(folder), timeout))


def test_status_and_tail(tmp_path):
    done = run("pwd; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo line $i; done; echo err >&2; exit 3", tmp_path)
    assert (
        done.status == 3 and len(done.tail) == TAIL and done.tail[-1] == "err" and "exit status 3 after" in done.words
    )
    assert run("true").status == 0 and run('test "$CI" = true').status == 0


def test_colours_and_credentials_are_not_shown():
    (line,) = run("printf '\\033[31mkey AKIA" + "A" * 16 + "\\033[0m\\n'").tail
    assert "AKIA" not in line and "\x1b" not in line


def test_input_is_empty():
    assert run("cat").status == 0


@posix
def test_what_takes_too_long_is_ended_with_its_children(tmp_path):
    began = time.monotonic()
    done = run(f"(sleep 60; touch {tmp_path / 'late'}) & echo $! > {tmp_path / 'pid'}; sleep 60", timeout=0.5)
    assert done.status is None and done.words == "stopped after 0.5 s, its `timeout`" and time.monotonic() - began < 10
    assert is_gone(int((tmp_path / "pid").read_text()))


@posix
def test_what_stays_behind_is_ended_too(tmp_path):
    done = run(f"(sleep 60) & echo $! > {tmp_path / 'pid'}; exit 0")
    assert done.status == 0
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_line_without_an_end_is_bounded():
    done = run(f'"{sys.executable}" -c "print(\'x\' * 3_000_000)"')
    assert done.status == 0 and max(map(len, done.tail)) <= 400


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError):
        run("true", tmp_path / "none")


# -- the project's own command


def found(folder):
    (folder / ".git").mkdir(exist_ok=True)
    return [(one.command.run, one.origin) for one in find_test_commands(str(folder))]


def test_package_json(tmp_path):
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": "jest"}}))
    assert found(tmp_path) == [("npm test", "`test` in package.json")]
    (tmp_path / "pnpm-lock.yaml").write_text("")
    assert found(tmp_path)[0][0] == "pnpm test"


@pytest.mark.parametrize("test", ['echo "Error: no test specified" && exit 1', "", None, 3])
def test_a_placeholder_is_no_command(tmp_path, test):
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": test}}))
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]"), ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = []"), ("setup.cfg", "[tool:pytest]"),
        ("tox.ini", "[pytest]"),
    ],
)  # fmt: skip
def test_pytest_where_it_is_configured(tmp_path, name, text, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / name).write_text(text)
    ((command, origin),) = found(tmp_path)
    assert command.endswith("-m pytest -q") and origin == name
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    assert found(tmp_path)[0][0] == ".venv/bin/python -m pytest -q"


def test_the_folders_above_count_up_to_the_first_project(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]")
    inner = tmp_path / "infra" / "cdk"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert [one.origin for one in find_test_commands(str(inner))] == ["pytest.ini"]
    (tmp_path / "infra" / "requirements.txt").write_text("aws-cdk-lib")
    assert not list(find_test_commands(str(inner)))


# -- addresses


@pytest.fixture
def server():
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            self.send_response(int(self.path.strip("/") or 200))
            self.send_header("Location", "/200")
            self.end_headers()

        def log_message(self, *_args):
            pass

    running = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", asked
    running.shutdown()
    running.server_close()


def test_addresses(server):
    url, asked = server
    assert ask_url(UrlCheck(url + "/200")) == (True, "status 200")
    assert ask_url(UrlCheck(url + "/503")) == (False, "status 503 instead of 200")
    assert ask_url(UrlCheck(url + "/404", 404)) == (True, "status 404")
    assert ask_url(UrlCheck(url + "/301", 301)) == (True, "status 301")  # and is not followed
    assert [path for path, _headers in asked] == ["/200", "/503", "/404", "/301"]
    assert not any("Authorization" in headers or "Cookie" in headers for _path, headers in asked)


def test_no_answer():
    good, words = ask_url(UrlCheck("http://127.0.0.1:1/"))
    assert not good and words.startswith("no answer: ")
