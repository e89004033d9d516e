"""`cdkguard accept`: accept today's findings, so that a check fails on new ones only."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import RULES, add_accepted, add_input_options
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

FILE = ".cdkguard-baseline.json"


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    add_accepted(parser, f"the file to write; default: {FILE}", FILE)
    parser.group(RULES).add_argument(
        "--rewrite",
        action="store_true",
        help="rewrite a file of an older cdkguard: entries that still name exactly one finding stay",
    )


def run(options: argparse.Namespace) -> int:
    """Judge, and write every finding that nobody suppressed into the file of accepted findings."""
    import time

    from cdkguard.check.run import check
    from cdkguard.cli.output import write_error
    from cdkguard.cli.settings import load_config
    from cdkguard.config import accepted
    from cdkguard.text import escape

    today = time.strftime("%Y-%m-%d")
    report = check(load_config(options)._replace(accepted=None), progress=sys.stderr)
    if report.errors:
        for problem in report.errors:
            write_error(f"cdkguard: {problem.message}")
        return int(ExitCode.INPUT)

    file = escape.terminal(options.accepted)
    if options.rewrite:
        from cdkguard.config.accepted_rewrite import rewrite_accepted

        kept, dropped = rewrite_accepted(options.accepted, report.active)
        left = f"; {dropped} dropped that name none of today's findings, or several of them" if dropped else ""
        print(f"{file}: {kept} entries rewritten with their dates{left}")
        return int(ExitCode.OK)

    accepted.write_accepted(options.accepted, report.active, today)
    print(
        f"{file}: {len(report.active)} findings accepted; commit it, and "
        f"`cdkguard check --accepted {file}` fails on new ones only"
    )
    return int(ExitCode.OK)
