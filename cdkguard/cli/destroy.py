"""`cdkguard destroy`, the older form of `cdkguard plan --destroy`: shows the same change, without rules."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import (
    AGAINST,
    CHANGE,
    add_against,
    add_fail_on_change,
    add_input_options,
    add_install,
    add_outputs,
)

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser, judges=False)
    parser.group(CHANGE).add_argument("--plan", action="store_true", help=argparse.SUPPRESS)  # There is nothing else.
    add_against(parser, f"judge by what this holds: {AGAINST}")
    add_outputs(parser, "difference")
    add_fail_on_change(parser)
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Write what would be destroyed; destroys nothing."""
    from cdkguard.check.difference import compare_destruction
    from cdkguard.cli.exit_status import status_of_change
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import load_config

    outputs = asked_outputs(options, "difference")
    fail_on, options.fail_on = options.fail_on, None  # That of `check`, in the configuration, is another one.
    found = compare_destruction(load_config(options), sys.stderr)
    write_outputs(outputs, "difference", found, color=options.color)
    return status_of_change(found.changes, fail_on)
