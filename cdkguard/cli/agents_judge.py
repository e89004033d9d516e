"""`cdkguard agents judge`: the half of the hook that loads the engine, a process of its own, so that it can be stopped."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options: none, as all stands on standard input."""


def run(options: argparse.Namespace) -> int:
    """Read a request on standard input and write the decision, the last line of standard output."""
    from cdkguard.agents.exchange import read_request, write_decision
    from cdkguard.system.interrupts import exit_on_termination

    decide = import_module("cdkguard.agents.judge.decide").decide
    request = read_request(sys.stdin.buffer.read().decode("utf-8", "replace"))
    answers = os.dup(1)
    os.dup2(2, 1)  # What the judged app prints is no decision.
    with exit_on_termination():
        decision = decide(request)
    with open(answers, "w", encoding="utf-8") as out:
        out.write(write_decision(decision) + "\n")
    return int(ExitCode.OK)
