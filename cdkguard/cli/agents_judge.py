"""`cdkguard agents judge`: the half of the hook that loads the engine, a process of its own, so that it can be stopped."""

from __future__ import annotations

import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import InputError

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options: none, as all stands on standard input."""


def run(options: argparse.Namespace) -> int:
    """Read a request on standard input and write the decision. Raises InputError where there is none."""
    from cdkguard.agents.exchange import read_request

    read_request(sys.stdin.buffer.read().decode("utf-8", "replace"))
    raise InputError("the judge is not there yet, so nothing is judged")
