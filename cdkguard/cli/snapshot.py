"""`cdkguard snapshot`: write a baseline to commit."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import OUTPUT, add_input_options
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

FOLDER = "cdkguard.snapshot"


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser, judges=False)
    parser.group(OUTPUT).add_argument(
        "--out", default=FOLDER, metavar="DIR", help=f"the folder to write; default: {FOLDER}"
    )


def run(options: argparse.Namespace) -> int:
    """Write the snapshot, and name each of its files that holds a credential."""
    from cdkguard.check.snapshot import find_credentials, write_snapshot
    from cdkguard.cli.output import write_error
    from cdkguard.cli.settings import load_config
    from cdkguard.text import escape

    written = write_snapshot(load_config(options), options.out, sys.stderr)
    for path, kind in find_credentials(written):
        write_error(
            f"cdkguard: {path}: holds a credential in plain text ({kind}): take it out of the app before you commit"
        )
    out = escape.terminal(options.out)
    print(f"{out}: {len(written)} files written; commit them, and check with --against {out}")
    return int(ExitCode.OK)
