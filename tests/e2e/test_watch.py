"""`cdkguard check --watch` at a terminal: a small app in shell, edited while it is watched."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from tests.support.paths import ROOT

APP = """\
#!/bin/sh
if grep -q broken app.txt; then echo "SyntaxError: app.txt" >&2; exit 1; fi
if grep -q slow app.txt; then echo $$ > ../slow.pid; sleep 60; fi
mkdir -p "$CDK_OUTDIR"
printf '{"version":"36.0.0","artifacts":{"Shop":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/eu-west-1","properties":{"templateFile":"Shop.template.json"}}}}' > "$CDK_OUTDIR/manifest.json"
printf '{"Resources":{%s}}' "$(cat app.txt)" > "$CDK_OUTDIR/Shop.template.json"
"""
KEPT = '"Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}'
LOST = '"Table": {"Type": "AWS::DynamoDB::Table"}'
STATUS = re.compile(r"^\d\d:\d\d:\d\d  (passed|failed|not judged): (.*)$", re.MULTILINE)


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "cdk.json").write_text('{"app": "sh app.sh"}')
    (folder / "app.sh").write_text(APP)
    (folder / "app.txt").write_text(KEPT)
    return folder


class Watching:
    """A watch at a pseudo-terminal, and what it has shown."""

    def __init__(self, folder, *options):
        self.folder, self.shown = folder, ""
        self.terminal, end = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb", "TMPDIR": str(folder.parent)}
        environment.pop("CDK_OUTDIR", None)
        command = [sys.executable, "-m", "cdkguard", "check", "--watch", "--rules", "data-retention", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=end, stdout=end, stderr=end, start_new_session=True
        )
        os.close(end)

    def read_until(self, done, seconds=60):
        """What is shown from now on, until `done` says of it that it is enough."""
        shown, end = "", time.monotonic() + seconds
        while not done(shown):
            assert time.monotonic() < end, self.shown + shown
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(self.terminal, 65536).decode().replace("\r\n", "\n")
                except OSError:  # the other end is closed
                    break
        self.shown += shown
        return shown

    def round(self):
        """(word, rest of the status line, all that was shown) of the next round."""
        shown = self.read_until(STATUS.search)
        word, rest = STATUS.search(shown).groups()
        return word, rest, shown

    def end(self, number=signal.SIGINT):
        os.kill(self.process.pid, number)
        self.read_until(lambda shown: self.process.poll() is not None)
        return self.process.wait(20)


@pytest.fixture
def watching(app):
    started = []

    def start(*options):
        started.append(Watching(app, *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
        os.close(each.terminal)


def write(folder, text):
    (folder / "app.txt").write_text(text)


def test_what_is_new_and_gone_is_told_after_each_save(app, watching):
    watch = watching()
    assert watch.round()[0] == "passed"
    write(app, LOST)
    word, rest, shown = watch.round()
    assert word == "failed" and rest.startswith("1 new · 1 ") and "changed: app.txt" in shown
    assert "data-retention" in shown
    write(app, KEPT)
    word, rest, shown = watch.round()
    assert word == "passed" and rest.startswith("1 gone") and "gone " in shown
    assert watch.end() == 130
    assert "interrupted" in watch.shown and "Traceback" not in watch.shown


def test_a_failed_synthesis_is_shown_and_watching_goes_on(app, watching):
    watch = watching("--format", "concise")
    watch.round()
    write(app, "broken")
    word, _rest, shown = watch.round()
    assert word == "not judged" and "SyntaxError: app.txt" in shown
    write(app, LOST)
    word, rest, shown = watch.round()
    assert word == "failed" and rest.startswith("1 new")
    assert re.search(r"^\S+: \w+ data-retention", shown, re.MULTILINE)
    watch.end()


def test_settings_and_own_rules_are_loaded_anew(app, watching):
    watch = watching()
    write(app, LOST)
    watch.round()
    (app / "cdkguard.yaml").write_text("fail_on: never\n")
    shown = watch.read_until(lambda shown: "fail-on never" in shown)
    assert STATUS.search(shown)
    (app / "cdkguard.yaml").write_text("fail_no: never\n")
    assert "no key 'fail_no'" in watch.read_until(lambda shown: "not judged" in shown)
    watch.end()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_in_the_middle_of_a_synthesis_leaves_nothing(app, watching, number, status):
    watch = watching()
    watch.round()
    write(app, "slow")
    end, note = time.monotonic() + 60, app.parent / "slow.pid"
    while not (note.exists() and note.read_text().strip()):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert watch.end(number) == status
    with pytest.raises(ProcessLookupError):
        os.killpg(int(note.read_text()), 0)
    assert not list(app.parent.glob("cdkguard-*"))


def test_without_a_terminal_it_is_refused(app):
    command = [sys.executable, "-m", "cdkguard", "check", "--watch"]
    done = subprocess.run(command, cwd=app, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 2 and "--watch is for a terminal" in done.stderr


@pytest.mark.parametrize("options", [("--format", "json"), ("--output", "text=a.txt"), ("--framework", "soc2")])
def test_what_speaks_of_one_report_is_refused(watching, options):
    watch = watching(*options)
    watch.read_until(lambda shown: watch.process.poll() is not None)
    assert watch.process.wait(20) == 2 and "--watch" in watch.shown
