"""`cdkguard agents explain`: what the hook sees in a command line, and what it would answer."""

from __future__ import annotations

import argparse
import json
import os
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import add_color
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

SHELLS = ("posix", "powershell", "cmd")


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add = parser.group("what to judge").add_argument
    add("command", metavar="COMMAND", help="the command line, in quotes")
    add("--shell", choices=SHELLS, default="posix", metavar="KIND", help=f"{', '.join(SHELLS)}; default: posix")
    add("--in", dest="directory", metavar="DIR", help="the folder in which it would run; default: here")
    add("--parse-only", "--no-plan", action="store_true", help="show what is seen, and judge nothing")
    add("--deadline", type=float, default=300.0, metavar="SECONDS", help="judge for no longer than this; default: 300")
    parser.group("output").add_argument(
        "--output", choices=("text", "json"), default="text", metavar="FORMAT", help="text, json; default: text"
    )
    add_color(parser)


def run(options: argparse.Namespace) -> int:
    """Write the explanation; the status says nothing of the answer."""
    from cdkguard.agents.concern import find_concern
    from cdkguard.agents.explanation import ExplainedLine, render_text, to_document
    from cdkguard.agents.judge_process import ask_judge
    from cdkguard.agents.nouns import Decision, ParsedLine, Request, ToolCall
    from cdkguard.agents.triggers import may_concern
    from cdkguard.cli.output import terminal_options

    directory = os.path.abspath(options.directory or os.getcwd())
    call = ToolCall("explain", "shell", "explain", options.command, options.shell, directory)
    line = find_concern(call) if may_concern(call.command) else None
    decision = None
    if line is not None and not options.parse_only:
        decision = ask_judge(Request(call, line, options.deadline, True))
    elif line is None:
        decision = Decision("silent")

    explained = ExplainedLine(call, line or ParsedLine(), decision)
    if options.output == "json":
        sys.stdout.write(json.dumps(to_document(explained), indent=2) + "\n")
    else:
        sys.stdout.write(render_text(explained, terminal_options("text", color=options.color)))
    return int(ExitCode.OK)
