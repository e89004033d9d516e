"""`cdkguard plan`: a change with the rules' verdict on it."""

from __future__ import annotations

import argparse
import os
import sys

from cdkguard.cli.options import add_against, add_input_options, add_install


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    add_against(parser)
    parser.add_argument(
        "--json", action="store_true", help="the only form there is; said for those who read the command"
    )
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Judge the change, write it with the verdict, and return the exit status of `cdkguard check`."""
    from cdkguard.check.run import check
    from cdkguard.cli.exit_status import status_of
    from cdkguard.cli.settings import load_sides
    from cdkguard.outputs.diff import plan
    from cdkguard.outputs.render import Options
    from cdkguard.text import escape

    old_path, config = load_sides(options)
    report = check(config._replace(against=old_path or config.against), progress=sys.stderr)
    sys.stdout.write(escape.json_text(plan.document(report, Options(os.getcwd()))) + "\n")
    return status_of(report)
