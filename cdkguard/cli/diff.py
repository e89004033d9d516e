"""`cdkguard diff`: show a change, without rules."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import add_against, add_input_options, add_install, add_outputs
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser, judges=False)
    add_against(parser)
    add_outputs(parser, "difference")
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Compare both sides and write the difference; the exit status says nothing of it."""
    from cdkguard.check.difference import find_difference
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import load_sides

    outputs = asked_outputs(options, "difference")
    old_path, config = load_sides(options)
    write_outputs(outputs, "difference", find_difference(config, old_path, sys.stderr), color=options.color)
    return int(ExitCode.OK)
