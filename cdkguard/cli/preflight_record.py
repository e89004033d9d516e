"""`cdkguard preflight record`: somebody's word that an environment works, bound to a commit and its templates."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import JUDGED, add_input_options
from cdkguard.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group(JUDGED).add_argument("verified", metavar="ENV", help="the environment that was verified: staging")
    add_input_options(parser)
    add = parser.group("output").add_argument
    add("--by", metavar="WHO", required=True, help="who has verified it, and answers for that")
    add("--expires", metavar="DATE", required=True, help="the last day on which the record counts")
    add("--note", metavar="TEXT", default="", help="what was tried")


def run(options: argparse.Namespace) -> int:
    """Write the record; it counts when it has landed on the main branch. Raises ConfigError."""
    import time

    from cdkguard.cli.settings import load_config
    from cdkguard.preflight.record_environment import record_environment
    from cdkguard.text import escape
    from cdkguard.text.dates import is_date

    if not is_date(options.expires) or options.expires < time.strftime("%Y-%m-%d"):
        raise ConfigError(f"--expires is a day to come, such as 2030-01-31, not '{options.expires}'")
    config = load_config(options)
    file = record_environment(config, options.verified, options.by, options.expires, options.note, sys.stderr)
    print(
        f"{escape.terminal(file)}: {escape.terminal(options.verified)} recorded; have it reviewed, and land it on the main branch: it counts from there"
    )
    return int(ExitCode.OK)
