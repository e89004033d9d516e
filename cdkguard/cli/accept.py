"""`cdkguard baseline`: accept today's findings, so that a check fails on new ones only."""

from __future__ import annotations

import argparse
import sys

from cdkguard.cli.options import add_input_options
from cdkguard.errors import ExitCode

FILE = ".cdkguard-baseline.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    parser.add_argument("--baseline", default=FILE, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Judge, and write every finding that nobody suppressed into the file of accepted findings."""
    import time

    from cdkguard.check.run import check
    from cdkguard.cli.output import write_error
    from cdkguard.cli.settings import load_config
    from cdkguard.config import accepted

    today = time.strftime("%Y-%m-%d")
    report = check(load_config(options)._replace(baseline=None), progress=sys.stderr)
    if report.errors:
        for problem in report.errors:
            write_error(f"cdkguard: {problem.message}")
        return int(ExitCode.INPUT)

    accepted.write(options.baseline, report.active, today)
    print(
        f"{options.baseline}: {len(report.active)} findings accepted; commit it, and `cdkguard check --baseline` fails on new ones only"
    )
    return int(ExitCode.OK)
