"""`cdkguard accept`: accept today's findings, so that a check fails on new ones only."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import RULES, add_accepted, add_input_options
from cdkguard.config.settings import ACCEPTED as FILE
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    add_accepted(parser, f"the file to write; default: that of cdkguard.yaml, else {FILE}")
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
    from cdkguard.outputs.summary import plural
    from cdkguard.text import escape

    today = time.strftime("%Y-%m-%d")
    config = load_config(options)
    path = config.accepted or FILE
    report = check(config._replace(accepted=None), progress=sys.stderr)
    if report.errors:
        for problem in report.errors:
            write_error(f"cdkguard: {problem.message}")
        return int(ExitCode.INPUT)

    file = escape.terminal(path)
    if options.rewrite:
        from cdkguard.config.accepted_rewrite import rewrite_accepted

        kept, dropped = rewrite_accepted(path, report.active)
        left = f"; {dropped} dropped that name none of today's findings, or several of them" if dropped else ""
        print(f"{file}: {kept} entries rewritten with their dates{left}")
        return int(ExitCode.OK)

    accepted.write_accepted(path, report.active, today)
    accepted_now = plural(len(report.active), "finding")
    if config.accepted and not options.accepted:
        print(f"{file}: {accepted_now} accepted; commit it, and `cdkguard check` fails on new ones only")
    else:
        print(
            f"{file}: {accepted_now} accepted; commit it, and name it in cdkguard.yaml (`accepted: {file}`): then "
            f"`cdkguard check` fails on new ones only, as `cdkguard check --accepted {file}` does"
        )
    return int(ExitCode.OK)
