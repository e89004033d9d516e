"""`cdkguard preflight`: the checklist before a deployment."""

from __future__ import annotations

import argparse
import sys

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli.options import JUDGED, add_against, add_input_options, add_install, add_outputs

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser
    from cdkguard.config.settings import Config


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    environment = next(action for action in parser._actions if action.dest == "environment")
    environment.help = "the environment that is about to be deployed; default: the strict ones"
    add = parser.group(JUDGED).add_argument
    many: dict[str, Any] = {"action": "append", "default": [], "metavar": "ROW"}
    add("--only", **many, help="ask this row alone (again for more); the report tells which were left out")
    add("--without", **many, help="leave this row out, which the report tells")
    add_against(parser)
    add_install(parser)
    add_outputs(parser, "preflight")


def run(options: argparse.Namespace) -> int:
    """Ask the rows, write the checklist, and return the exit status: 0 where each of them is done."""
    from cdkguard.cli.output import asked_outputs, write_outputs
    from cdkguard.cli.settings import split_lists
    from cdkguard.preflight.run import run_preflight

    outputs = asked_outputs(options, "preflight")
    config = load_preflight_config(options)
    only = split_lists(options.only)
    found = run_preflight(config, only or None, split_lists(options.without), progress=sys.stderr)
    write_outputs(outputs, "preflight", found, color=options.color, config=config)
    return found.exit_status


def load_preflight_config(options: argparse.Namespace) -> Config:
    """The configuration, in which --environment names what is deployed instead of what every stack is judged as."""
    from cdkguard.cli.settings import load_config
    from cdkguard.config.preflight import PreflightSettings

    target, options.environment = options.environment, None
    config = load_config(options)
    settings = config.preflight or PreflightSettings()
    return config._replace(preflight=settings._replace(environment=target or settings.environment))
