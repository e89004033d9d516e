"""argv -> a command and its options; only the options of the asked command are made, since making all costs more than
judging an app."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cdkguard import __version__
from cdkguard._typing import Any
from cdkguard.cli.commands import COMMANDS, Command, find_command, visible_commands
from cdkguard.errors import ConfigError, ExitCode, UsageError


def _import_argparse() -> None:
    """Import argparse with a stand-in for gettext, which costs 0.6 ms and looks for catalogues that we do not have."""
    if "argparse" not in sys.modules and "gettext" not in sys.modules:
        stand_in: Any = type(sys)("gettext")
        stand_in.gettext, stand_in.ngettext = str, _choose_number
        sys.modules["gettext"] = stand_in
        try:
            __import__("argparse")
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
        if not command.parts or (command.module and not (words and find_command(words[0], command.parts))):
            break
        group, commands = command, command.parts

    parser = command_parser(command, group)
    options, unknown = parser.parse_known_args(words)
    if unknown:
        parser.refuse(unknown)
    parser.note_without_effect(options)
    return command, options


def _end_without_command(group: Command | None, words: Sequence[str]) -> BaseException:
    """Show the help or the version that is asked for, or raise UsageError: the first word is no command's name."""
    overview = group_parser(group) if group else overview_parser()
    commands = group.parts if group else COMMANDS
    if not words:
        overview.print_help(sys.stderr)  # A script whose variable is empty must not take the help for a report.
        return SystemExit(int(ExitCode.USAGE))
    if not words[0].startswith("-"):
        from cdkguard.text.spelling import did_you_mean

        names = [command.name for command in visible_commands(commands)]
        overview.error(f"no command '{words[0]}'{did_you_mean(words[0], names)}; there are: {', '.join(names)}")
    _, unknown = overview.parse_known_args(words)  # ends here for --help and --version
    command = next((word for word in words if find_command(word, commands)), None)
    if command is not None:
        overview.error(f"the command stands before its options: {overview.prog} {command} {words[0]} ...")
    overview.refuse(unknown)
    return AssertionError()  # never reached: refuse raises


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
        usage="cdkguard COMMAND [options]",
        description="The guardrail between cdk synth and cdk deploy.",
        examples=(
            "cdkguard check                # the app of this folder, every resource",
            "cdkguard check --against git  # and what this branch changes",
            "cdkguard help check           # a command's options",
        ),
        page="docs/cli.md",
    )
    parser.list_commands("commands", COMMANDS)
    parser.group("more").add_argument(
        "--version", action="version", version=f"cdkguard {__version__}", help="print the version, and end"
    )
    return parser


def group_parser(group: Command) -> Parser:
    """The parser of a group of commands, whose help lists its parts."""
    name = f"cdkguard {group.name}"
    parser = Parser(
        prog=name,
        usage=f"{name} COMMAND [options]",
        description=_sentence(group),
        examples=group.examples,
        page=group.page,
    )
    parser.list_commands("commands", group.parts)
    return parser


def command_parser(command: Command, group: Command | None = None) -> Parser:
    """The parser of one command, with all of its options; `group` is that of a part."""
    parser = Parser(
        prog=f"cdkguard {group.name} {command.name}" if group else f"cdkguard {command.name}",
        description=_sentence(command),
        examples=command.examples,
        page=command.page,
    )
    command.add_options(parser)
    return parser


def _sentence(command: Command) -> str:
    return f"{command.help[0].upper()}{command.help[1:]}."


def _epilog(examples: Sequence[str], page: str) -> str:
    """The end of a help, whose line breaks stay: examples and the page of the documentation."""
    from cdkguard.text.addresses import page_address

    lines = ["examples:", *(f"  {example}" for example in examples), ""] if examples else []
    return "\n".join([*lines, f"documentation: {page_address(page)}"])


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are UsageError, in one line, and whose help lists options by what they are about."""

    def __init__(self, examples: Sequence[str] = (), page: str = "", **options: Any) -> None:
        super().__init__(formatter_class=_Help, add_help=False, **options)
        setattr(self, "color", False)  # noqa: B010 - of Python 3.14's own; print_help has better ones
        self.examples, self.page = examples, page  # For the end of the help, which only format_help makes.
        self.without_effect: tuple[argparse.Action, ...] = ()  # options that are accepted, and change nothing
        self.group("more").add_argument("-h", "--help", action="help", help="show this help, and end")

    def group(self, title: str) -> argparse._ArgumentGroup:
        """The group of that title in the help, made where there is none yet. The groups stand in the order of TITLES."""
        found = next((group for group in self._action_groups if group.title == title), None)
        if found is None:
            found = self.add_argument_group(title)
            self._action_groups.sort(key=_place_of_group)
        return found

    def list_commands(self, title: str, commands: Sequence[Command]) -> None:
        """Show the commands in the help, with a line each; they are parsed elsewhere."""
        group = self.group(title)
        for command in visible_commands(commands):
            group.add_argument(command.name, nargs="?", help=command.help)

    def error(self, message: str) -> Any:
        """Raises UsageError, where argparse would print the usage and end the process with its own status."""
        raise UsageError(message.removeprefix("argument "), self.prog)

    def refuse(self, words: Sequence[str]) -> None:
        """Raises UsageError for words that no option or argument takes."""
        from cdkguard.cli.usage_errors import describe_unknown

        self.error(describe_unknown(self, words[0]))

    def note_without_effect(self, options: argparse.Namespace) -> None:
        """Write a line to standard error for each option that was given, and that changes nothing in this command."""
        for action in self.without_effect:
            if getattr(options, action.dest):
                from cdkguard.cli.output import write_error

                write_error(f"{self.prog}: {action.option_strings[0]} changes nothing here: no rule is asked")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            from cdkguard.cli.usage_errors import describe_choice

            raise argparse.ArgumentError(action, describe_choice(str(value), list(map(str, action.choices))))

    def format_usage(self) -> str:
        """The usage in one line; the help lists the options."""
        return f"{_usage(self)}\n"

    def format_help(self) -> str:
        """The help; without the usage that argparse makes, which repeats each option."""
        self.usage = self.usage or _usage(self).removeprefix("usage: ").replace("%", "%%")
        self.epilog = _epilog(self.examples, self.page) if self.page else None
        return super().format_help()

    def print_help(self, file: Any = None) -> None:
        """Write the help, by rich-argparse in colours where the terminal shows any."""
        from cdkguard.cli.terminal import has_colors

        out = file or sys.stdout
        if has_colors(out):
            from cdkguard.cli.colored_help import colored_formatter

            self.formatter_class = colored_formatter(_columns() - 2) or self.formatter_class
        out.write(self.format_help())


TITLES = (
    "commands", "hosts", "what to judge", "credentials", "rules", "the change", "how it works", "output", "synthesis", "more",
)  # fmt: skip


def _place_of_group(group: argparse._ArgumentGroup) -> int:
    return TITLES.index(group.title) if group.title in TITLES else -1


def _usage(parser: Parser) -> str:
    """`usage: cdkguard check [options] [PATH ...]`"""
    if parser.usage:
        return f"usage: {parser.usage}"
    arguments = [action for action in parser._actions if not action.option_strings and action.help != argparse.SUPPRESS]
    words = [_WORDS.get(str(action.nargs), "{}").format(action.metavar or action.dest) for action in arguments]
    return " ".join(["usage:", parser.prog, "[options]", *words])


_WORDS = {"?": "[{}]", "*": "[{} ...]"}  # nargs -> how the usage shows the argument


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=_columns() - 2)  # by itself it would import shutil

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """`-c, --context KEY=VALUE`, with the value once, as from Python 3.13 on."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:  # An epilog, which is laid out already.
            return text
        return super()._fill_text(text, width, indent)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except (OSError, ValueError):
        return 80
