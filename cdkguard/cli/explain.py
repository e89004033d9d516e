"""`cdkguard explain`: why a rule exists, and what to write instead."""

from __future__ import annotations

import argparse

from cdkguard.cli.options import add_outputs
from cdkguard.cli.rules import add_packs, find_rule
from cdkguard.errors import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("rule")
    add_packs(parser)
    add_outputs(parser, "explanation")


def run(options: argparse.Namespace) -> int:
    """Write the explanation of a rule."""
    from cdkguard.cli.output import asked_outputs, write_outputs

    outputs = asked_outputs(options, "explanation")
    write_outputs(outputs, "explanation", find_rule(options.rule, options.packs))
    return int(ExitCode.OK)
