"""`cdkguard destroy --plan`: show what `cdk destroy` would take, without rules."""

from __future__ import annotations

import argparse
import sys

from cdkguard.cli.diff import FORMATS
from cdkguard.cli.options import AGAINST, add_against, add_input_options, add_install
from cdkguard.errors import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    parser.add_argument("--plan", action="store_true", required=True, help="show it; there is nothing else")
    add_against(parser, f"judge by what this holds: {AGAINST}")
    parser.add_argument("--format", choices=FORMATS, default="text")
    add_install(parser)


def run(options: argparse.Namespace) -> int:
    """Write what would be destroyed; destroys nothing."""
    from cdkguard.check.difference import destruction
    from cdkguard.cli.output import write_difference
    from cdkguard.cli.settings import load_config

    write_difference(options.format, destruction(load_config(options), sys.stderr))
    return int(ExitCode.OK)
