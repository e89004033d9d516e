"""`cdkguard explain`: why a rule exists, and what to write instead."""

from __future__ import annotations

import argparse

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import RULES, add_outputs
from cdkguard.cli.rules import add_packs
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(RULES).add_argument(
        "rule",
        metavar="RULE",
        help="a rule's id or a glob of ids, or the id of a rule of checkov, cdk-nag ... (CKV_AWS_28)",
    )
    add_packs(parser)
    add_outputs(parser, "explanation")


def run(options: argparse.Namespace) -> int:
    """Write the explanation of a rule, or of each rule that a glob or a peer's id names."""
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.data.loader import peer_ids
    from cdkguard.outputs.explanation import Explanation
    from cdkguard.packs.load import load_packs
    from cdkguard.packs.search import find_asked

    outputs = asked_outputs(options, "explanation")
    asked = find_asked(options.rule, load_packs(options.packs).rules, peer_ids())
    write_outputs(outputs, "explanation", Explanation(*asked), color=options.color)
    return int(ExitCode.OK)
