"""`cdkguard audit show`: a finished audit again, in any format."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import JUDGED, OUTPUT, add_outputs

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser

RESULT = "a folder, or s3://BUCKET/PREFIX, that `cdkguard audit run --out` wrote"


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(JUDGED).add_argument("result", metavar="RESULT", help=RESULT)
    add_outputs(parser, "audit")
    add_verdict(parser, None, "what the audit was made with")


def add_verdict(parser: Parser, gate: str | None, default: str) -> None:
    """Add --fail-on and --gate, which say when the exit status is 1."""
    from cdkguard.cli.options import FAIL_ON
    from cdkguard.model import GATES

    add = parser.group(OUTPUT).add_argument
    add(
        "--fail-on",
        choices=FAIL_ON,
        metavar="SEVERITY",
        help=f"exit 1 from this severity on: {', '.join(FAIL_ON)}; default: what the audit was made with",
    )
    add(
        "--gate",
        choices=GATES,
        default=gate,
        metavar="WHICH",
        help=f"which findings count: {', '.join(GATES)}; default: {default}",
    )


def run(options: argparse.Namespace) -> int:
    """Read the result, write the outputs, and return the exit status that the audit itself had."""
    from cdkguard.audit.results.result import open_result
    from cdkguard.cli.audit_output import KIND, write_audit
    from cdkguard.cli.output import asked_outputs

    outputs = asked_outputs(options, KIND)
    result = open_result(options.result)
    return write_audit(outputs, result.audit(fail_on=options.fail_on, gate=options.gate), options.color)
