"""`cdkguard audit diff`: two finished audits, whatever they were compared with when they were made."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.audit_show import RESULT, add_verdict
from cdkguard.cli.options import CHANGE, add_outputs

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group(CHANGE).add_argument
    add("old", metavar="OLD", help=f"the earlier one: {RESULT}")
    add("new", metavar="NEW", help="the later one")
    add_outputs(parser, "audit")
    add_verdict(parser, "new", "new, those that OLD does not have")


def run(options: argparse.Namespace) -> int:
    """Compare, write the outputs, and return 3 where NEW did not read something, 1 for findings that count, else 0."""
    from cdkguard.audit.results.result import diff_results, open_result
    from cdkguard.cli.audit_output import KIND, write_audit
    from cdkguard.cli.output import asked_outputs, write_error

    outputs = asked_outputs(options, KIND)
    old, new = open_result(options.old), open_result(options.new)
    if new.run.header.started < old.run.header.started:
        write_error(f"cdkguard audit diff: {options.new} is the earlier one of the two: OLD comes first")
    fail_on = options.fail_on or new.run.header.fail_on
    return write_audit(outputs, diff_results(old, new, fail_on, options.gate), options.color)
