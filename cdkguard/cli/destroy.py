"""`cdkguard destroy --plan`, the older form of `cdkguard plan --destroy`: shows the same change, without rules."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import AGAINST, CHANGE, add_against, add_input_options, add_install, add_outputs
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser, judges=False)
    parser.group(CHANGE).add_argument(
        "--plan", action="store_true", required=True, help="show it; there is nothing else"
    )
    add_against(parser, f"judge by what this holds: {AGAINST}")
    add_outputs(parser, "difference")
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Write what would be destroyed; destroys nothing."""
    from cdkguard.check.difference import compare_destruction
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import load_config

    outputs = asked_outputs(options, "difference")
    write_outputs(outputs, "difference", compare_destruction(load_config(options), sys.stderr), color=options.color)
    return int(ExitCode.OK)
