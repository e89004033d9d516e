"""`cdkguard agents hook`: answer a coding agent's host, which calls this before each command."""

from __future__ import annotations

import argparse

from cdkguard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group("what to judge").add_argument
    add("--host", metavar="NAME", help="the host that calls; default: the one whose payload it is")
    add("--deadline", type=float, metavar="SECONDS", help="answer within this time, judged or not; default: 100")


def run(options: argparse.Namespace) -> int:
    """Read the payload on standard input and answer it in the host's own way; the status is 0 or 2, as hosts ask for."""
    from cdkguard.agents.hook import answer_payload

    return answer_payload()
