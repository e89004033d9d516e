"""The bar of an audit: only for whoever watches, and true about what is left."""

import io
import sys

import pytest

from cdkguard.audit.progress import Progress
from cdkguard.cli.audit_progress import open_progress


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    for name in ("CI", "TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return monkeypatch


def watched(terminal):
    """What a progress writes there; pytest sets standard error anew after the fixtures."""
    terminal.setattr(sys, "stderr", Terminal())
    run(open_progress())
    return sys.stderr.getvalue()


def run(progress):
    progress.say("listing")
    progress.begin(2000, 80)
    progress.add(stacks=700, findings=9, refused=3, unread=2)
    progress.add(stacks=300)
    progress.say("comparing \x1b[2Jx [bold]")
    progress.end()
    progress.end()


def test_it_says_what_is_done_what_is_left_and_what_aws_refused(terminal):
    text = watched(terminal)
    assert "1,000/2,000" in text and "80 places" in text and "2 not read" in text and "slowed down 3 times" in text


def test_names_are_text_and_no_commands(terminal):
    assert "\\x1b[2Jx [bold]" in watched(terminal)


@pytest.mark.parametrize("name, value", [("CI", "true"), ("TERM", "dumb")])
def test_in_ci_and_on_a_dumb_terminal_it_is_silent(terminal, name, value):
    terminal.setenv(name, value)
    assert watched(terminal) == ""


def test_in_a_pipe_it_is_silent(monkeypatch, capsys):
    monkeypatch.delenv("CI", raising=False)
    progress = open_progress()
    assert type(progress) is Progress
    run(progress)
    assert capsys.readouterr().err == ""
