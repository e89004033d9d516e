"""`cdkguard help [COMMAND]`: the help that `--help` shows."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.commands import COMMANDS, Command, find_command, visible_commands
from cdkguard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group("commands").add_argument(
        "words", nargs="*", metavar="COMMAND", help="the command, such as `check` or `rules list`"
    )


def run(options: argparse.Namespace) -> int:
    """Print the help of the command that is named, else of cdkguard. Raises UsageError where there is none."""
    find_parser(options.words).print_help()
    return int(ExitCode.OK)


def find_parser(words: list[str]) -> Parser:
    """The parser of a command by its words. Raises UsageError."""
    from cdkguard.cli.parser import command_parser, group_parser, overview_parser

    group: Command | None = None
    commands = COMMANDS
    for at, word in enumerate(words):
        command = find_command(word, commands)
        if command is None:
            from cdkguard.cli.usage_errors import describe_choice

            names = [c.name for c in visible_commands(commands)]
            raise UsageError(describe_choice(word, names), " ".join(["cdkguard help", *words[:at]]))
        if not command.parts or (command.module and at == len(words) - 1):
            return command_parser(command, group)
        group, commands = command, command.parts
    return group_parser(group) if group else overview_parser()
