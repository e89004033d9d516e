"""`cdkguard report`: many apps side by side, from the JSON reports that their own runs wrote."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import JUDGED, OUTPUT, add_outputs
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(JUDGED).add_argument(
        "reports", nargs="+", metavar="REPORT", help="a file that `cdkguard check --output json=FILE` wrote"
    )
    add_outputs(parser, "fleet")
    parser.group(OUTPUT).add_argument(
        "--fail", action="store_true", help="exit 1 where a report fails; otherwise that is only shown"
    )


def run(options: argparse.Namespace) -> int:
    """Read the reports, write the outputs, and return the exit status; a report that cannot be read is none."""
    from cdkguard import __version__
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.fleet.read import read_fleet

    outputs = asked_outputs(options, "fleet")
    fleet = read_fleet(options.reports, __version__)
    write_outputs(outputs, "fleet", fleet, color=options.color)
    return int(ExitCode.FINDINGS if options.fail and fleet.failing else ExitCode.OK)
