"""`cdkguard approve`: list the findings on a change, and approve those that are wanted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import CHANGE, add_against, add_input_options, add_install
from cdkguard.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser
    from cdkguard.model import Finding

DAYS = 14  # An approval counts that long unless --expires names a day.


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    add_against(parser)
    add = parser.group(CHANGE).add_argument
    add(
        "--change",
        action="append",
        default=[],
        metavar="WHAT",
        help="a change's token, construct path or logical id (globs)",
    )
    add("--reason", metavar="TEXT", help="why it is wanted")
    add("--owner", metavar="NAME", help="who answers for it")
    add("--expires", metavar="DATE", help=f"the last day on which it counts; default: in {DAYS} days")
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Write the findings on the change; with --change, --reason and --owner, approve those that --change names."""
    from cdkguard.check.approval import approve, select_findings
    from cdkguard.check.run import check
    from cdkguard.cli.settings import load_sides
    from cdkguard.outputs.summary import plural
    from cdkguard.text import escape

    expires = _last_day(options.expires)
    old_path, config = load_sides(options)
    report = check(config._replace(against=old_path or config.against), progress=sys.stderr)
    findings = select_findings(report, options.change)
    if not findings:
        raise ConfigError("no finding on a change is named, so there is nothing to approve")
    _print_findings(findings)
    if not (options.change and options.reason and options.owner):
        print("\nnothing was approved: say which with --change, and give --reason and --owner")
        return int(ExitCode.FINDINGS)

    file = approve(config, report, findings, options.reason, options.owner, expires)
    number = plural(len(findings), "finding")
    print(f"\n{escape.terminal(file)}: {number} approved; commit it with the change, and have it reviewed")
    return int(ExitCode.OK)


def _last_day(given: str | None) -> str:
    """The last day (ISO date) on which the approval counts. Raises ConfigError for one that is no date, or is past."""
    import time

    from cdkguard.text.dates import is_date

    if given is None:
        return time.strftime("%Y-%m-%d", time.gmtime(time.time() + DAYS * 86400))
    if not is_date(given) or given < time.strftime("%Y-%m-%d"):
        raise ConfigError(f"--expires is a day to come, such as 2030-01-31, not '{given}'")
    return given


def _print_findings(findings: Iterable[Finding]) -> None:
    from cdkguard.cli.output import terminal_options
    from cdkguard.outputs.styled_lines import wrap
    from cdkguard.text import escape

    width = terminal_options("text").width
    for finding in findings:
        name = escape.terminal(finding.construct_path or finding.logical_id or finding.stack)
        print(f"{finding.severity:8}  {finding.rule_id}  {name}  {finding.change}")
        for line in wrap(finding.message, width - 10):
            print(" " * 10 + escape.no_command(line) + line)
