"""`cdkguard agents hook`: answer a coding agent's host, which calls this before each command."""

from __future__ import annotations

import argparse

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.hosts.table import NAMES

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group("what to judge").add_argument
    add("--host", metavar="NAME", choices=NAMES, help="the host that calls; default: the one whose payload it is")
    add("--deadline", metavar="SECONDS", help="answer within this time, judged or not; default: by host, at most 100")


def run(options: argparse.Namespace) -> int:
    """Read the payload on standard input and answer it in the host's own way; the status is 0 or 2, as hosts ask for.

    `__main__` does so without coming here; this is for who calls `main` himself.
    """
    from cdkguard.agents import hook

    words = [f"--host={options.host}"] if options.host else []
    return hook.run([*words, f"--deadline={options.deadline}"] if options.deadline else words)
