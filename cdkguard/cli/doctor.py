"""`cdkguard doctor`: examine the whole set-up, and prove that each hook answers."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import JUDGED, OUTPUT
from cdkguard.errors import ExitCode, InputError

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

FORMATS = ("text", "json")


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(JUDGED).add_argument("directory", nargs="?", default=".", metavar="DIR", help="the folder with cdk.json; default: here")  # fmt: skip
    output = parser.group(OUTPUT).add_argument
    output("--output", default="text", choices=FORMATS, metavar="FORMAT", help="text (default) or json")
    output("--color", default="auto", choices=("auto", "always", "never"), metavar="WHEN", help="auto (default), always, never")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit status is 1 where something is broken."""
    from cdkguard.agents.doctor.examine import examine
    from cdkguard.agents.doctor.lay_out import render_json, render_text
    from cdkguard.cli.output import terminal_options
    from cdkguard.cli.settings import refuse_missing_folder
    from cdkguard.system import files

    refuse_missing_folder()
    if not files.is_folder(options.directory):
        raise InputError(f"{options.directory}: no such folder")
    rows = examine(options.directory, _tell)
    _tell("")
    is_json = options.output == "json"
    sys.stdout.write(render_json(rows) if is_json else render_text(rows, terminal_options("text", color=options.color)))
    sys.stdout.flush()
    return int(ExitCode.FINDINGS if any(row.state == "broken" for row in rows) else ExitCode.OK)


def _tell(text: str) -> None:
    """Show what takes time in one line of a terminal, which the next one replaces."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
