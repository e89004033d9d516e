"""`cdkguard explain`: why a rule exists, and what to write instead."""

from __future__ import annotations

import argparse

from cdkguard.cli.rules import add_packs, find_rule
from cdkguard.errors import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("rule")
    add_packs(parser)


def run(options: argparse.Namespace) -> int:
    """Write the explanation of a rule."""
    from cdkguard.cli.output import write_text
    from cdkguard.outputs import explanation

    write_text(explanation.render_text(find_rule(options.rule, options.packs)))
    return int(ExitCode.OK)
