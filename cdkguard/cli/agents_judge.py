"""`cdkguard agents judge`: the half of the hook that loads the engine, a process of its own, so that it can be stopped."""

from __future__ import annotations

import os
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import CdkguardError, ExitCode

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options: none, as all stands on standard input."""


def run(options: argparse.Namespace) -> int:
    """Read a request on standard input and write the decision, the last line of standard output."""
    from cdkguard.agents.exchange import read_request, write_decision
    from cdkguard.agents.judge.decide import decide
    from cdkguard.system.interrupts import exit_on_termination

    request = read_request(sys.stdin.buffer.read().decode("utf-8", "replace"))
    answers = os.dup(1)
    os.dup2(2, 1)  # What the judged app prints is no decision.
    with exit_on_termination():
        decision = decide(request)
        if not _keeps_log(request.call.directory):
            decision = decision._replace(evidence={**decision.evidence, "log": False})
    with open(answers, "w", encoding="utf-8") as out:
        out.write(write_decision(decision) + "\n")
    return int(ExitCode.OK)


def _keeps_log(directory: str) -> bool:
    """Whether the team wants the log, by the configuration of the main branch."""
    from cdkguard.agents.judge.trusted import open_trusted

    try:
        with open_trusted(directory) as trusted:
            return trusted.settings.log
    except CdkguardError:
        return True
