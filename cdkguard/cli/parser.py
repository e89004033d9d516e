"""argv -> a command and its options; only the options of the asked command are made, since making all costs more than
judging an app."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from cdkguard import __version__
from cdkguard._typing import Any
from cdkguard.cli.commands import COMMANDS, Command, find_command, visible_commands
from cdkguard.errors import ConfigError, ExitCode


def _import_argparse() -> None:
    """Import argparse with a stand-in for gettext, which costs 0.6 ms and looks for catalogues that we do not have."""
    if "argparse" not in sys.modules and "gettext" not in sys.modules:
        stand_in: Any = type(sys)("gettext")
        stand_in.gettext, stand_in.ngettext = str, _choose_number
        sys.modules["gettext"] = stand_in
        try:
            import_module("argparse")
        finally:
            del sys.modules["gettext"]


def _choose_number(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


_import_argparse()
import argparse  # noqa: E402

# Where argparse was loaded before us: gettext would look through several folders for each text, 2 ms for `check`.
setattr(argparse, "_", str)  # noqa: B010


def parse_command(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command of a command line, and its options. Raises ConfigError; SystemExit after --help and --version."""
    refuse_empty_values(argv)
    group, commands, words = None, COMMANDS, list(argv)
    while True:
        command = find_command(words[0], commands) if words else None
        if command is None:
            raise _end_without_command(group, words)
        words = words[1:]
        if not command.parts:
            break
        group, commands = command, command.parts

    options, unknown = command_parser(command, group).parse_known_args(words)
    if unknown:
        overview_parser().error(f"unrecognized arguments: {' '.join(unknown)}")
    return command, options


def _end_without_command(group: Command | None, words: Sequence[str]) -> BaseException:
    """Show the help or the version that is asked for, or raise ConfigError: the first word is no command's name."""
    overview = group_parser(group) if group else overview_parser()
    commands = group.parts if group else COMMANDS
    if not words:
        overview.print_help(sys.stderr)  # A script whose variable is empty must not take the help for a report.
        return SystemExit(int(ExitCode.USAGE))
    if not words[0].startswith("-"):
        from cdkguard.text.spelling import did_you_mean

        names = [command.name for command in visible_commands(commands)]
        kind = f"command '{group.name} {words[0]}'" if group else f"command '{words[0]}'"
        overview.error(f"no {kind}{did_you_mean(words[0], names)}; there are: {', '.join(names)}")
    _, unknown = overview.parse_known_args(words)  # ends here for --help and --version
    overview.error(f"unrecognized arguments: {' '.join(unknown)}")
    return AssertionError()  # never reached: error raises


def refuse_empty_values(argv: Sequence[str]) -> None:
    """Raises ConfigError: `--against "$BASELINE"` of a variable that is not set would judge less, in silence."""
    for before, word in zip(("", *argv), argv, strict=False):
        name, sign, value = word.partition("=")
        empty = name if name.startswith("--") and sign and not value.strip(" ,") else ""
        if before.startswith("-") and not word.strip(" ,"):
            empty = before
        if empty:
            raise ConfigError(f"{empty} has no value: is a variable not set?")


def overview_parser() -> Parser:
    """The parser of `cdkguard` itself, whose help lists the commands."""
    parser = Parser(
        prog="cdkguard",
        usage="cdkguard [-h] [--version] COMMAND ...",
        description="The guardrail between cdk synth and cdk deploy.",
    )
    parser.add_argument("--version", action="version", version=f"cdkguard {__version__}")
    parser.list_commands("commands", COMMANDS)
    return parser


def group_parser(group: Command) -> Parser:
    """The parser of a group of commands, whose help lists its parts."""
    parser = Parser(prog=f"cdkguard {group.name}", usage=f"cdkguard {group.name} [-h] PART ...")
    parser.list_commands("parts", group.parts)
    return parser


def command_parser(command: Command, group: Command | None = None) -> Parser:
    """The parser of one command, with all of its options; `group` is that of a part."""
    parser = Parser(prog=f"cdkguard {group.name} {command.name}" if group else f"cdkguard {command.name}")
    command.add_options(parser)
    return parser


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are ConfigError, in one line after the usage."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, **options)

    def error(self, message: str) -> Any:
        """Raises ConfigError, where argparse would end the process with its own status."""
        self.print_usage(sys.stderr)
        raise ConfigError(message)

    def list_commands(self, title: str, commands: Sequence[Command]) -> None:
        """Show the commands in the help, with a line each; they are parsed elsewhere."""
        group = self.add_argument_group(title)
        for command in visible_commands(commands):
            group.add_argument(command.name, nargs="?", help=command.help)


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)  # by itself it would import shutil


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except (OSError, ValueError):
        return 80
