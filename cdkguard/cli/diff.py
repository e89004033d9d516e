"""`cdkguard diff`: show a change, without rules."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import add_against, add_fail_on_change, add_input_options, add_install, add_outputs

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser, judges=False)
    add_against(parser)
    add_outputs(parser, "difference")
    add_fail_on_change(parser)
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Compare both sides and write the difference; the exit status is 0 unless --fail-on asks for more."""
    from cdkguard.check.difference import find_difference
    from cdkguard.cli.exit_status import status_of_change
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import load_sides

    outputs = asked_outputs(options, "difference")
    fail_on, options.fail_on = options.fail_on, None  # That of `check`, in the configuration, is another one.
    old_path, config = load_sides(options)
    found = find_difference(config, old_path, sys.stderr)
    write_outputs(outputs, "difference", found, color=options.color)
    return status_of_change(found.changes, fail_on)
