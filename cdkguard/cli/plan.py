"""`cdkguard plan`: what a deployment or `cdk destroy` would do, with the rules' verdict."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import CHANGE, FAIL_ON, OUTPUT, add_against, add_input_options, add_install, add_outputs

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser
    from cdkguard.config.settings import Config
    from cdkguard.model import Report


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    add_against(parser)
    parser.group(CHANGE).add_argument(
        "--destroy",
        action="store_true",
        help="what `cdk destroy` would do, by the policies of --against or, without it, of the app; destroys nothing",
    )
    add_outputs(parser, "plan")
    parser.group(OUTPUT).add_argument(
        "--fail-on",
        choices=("data", *FAIL_ON),
        metavar="WHAT",
        help=f"exit 1 where data goes or is replaced (data), or at or above a severity: {', '.join(FAIL_ON)}; default: high",
    )
    parser.group(OUTPUT).add_argument(
        "--json", action="store_true", help=argparse.SUPPRESS
    )  # the older form of --output json
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Judge the change, write the plan, and return the exit status that it has."""
    from cdkguard.check.exit_status import status_of
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.source_excerpts import make_excerpt
    from cdkguard.diff.at_stake import find_reason
    from cdkguard.errors import ExitCode
    from cdkguard.outputs.plan.record import Plan

    fails_on_data = options.fail_on == "data"
    if fails_on_data:
        options.fail_on = "never"  # Findings do not count then.
    outputs = asked_outputs(options, "plan")
    if options.json:
        outputs = (*outputs, ("json", None))
    config, report = _check_destruction(options) if options.destroy else _check_deployment(options)
    status = status_of(report)
    reason = find_reason(report.changes, "data") if fails_on_data else ""
    if reason and status == ExitCode.OK:
        status = int(ExitCode.FINDINGS)
    write_outputs(
        outputs,
        "plan",
        Plan(report, status, options.destroy, fails_on_data),
        make_excerpt(config.directory, report),
        color=options.color,
        config=config,
    )
    return status


def _check_deployment(options: argparse.Namespace) -> tuple[Config, Report]:
    from cdkguard.check.run import check
    from cdkguard.cli.settings import load_sides

    old_path, config = load_sides(options)
    return config, check(config._replace(against=old_path or config.against), progress=sys.stderr)


def _check_destruction(options: argparse.Namespace) -> tuple[Config, Report]:
    from cdkguard.check.destruction import check_destruction
    from cdkguard.cli.settings import load_config

    config = load_config(options)
    return config, check_destruction(config, progress=sys.stderr)
