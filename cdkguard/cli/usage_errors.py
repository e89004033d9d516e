"""What is said about a command line that is wrong: in a few words, and with the word that was meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cdkguard.text.spelling import did_you_mean


def describe_unknown(parser: argparse.ArgumentParser, word: str) -> str:
    """What is wrong with a word that neither an option nor an argument of the command takes."""
    if not word.startswith("-"):
        return f"'{word}' is one argument too many; `{parser.prog} --help` shows what it takes"
    name = word.partition("=")[0]
    meant = did_you_mean(name, list(visible_options(parser)))
    others = [] if meant else _commands_with(name)
    whose = f" (it is one of {' and '.join(others)})" if others else ""
    return f"no option '{name}'{meant}{whose}; `{parser.prog} --help` lists them"


def describe_choice(value: str, choices: Sequence[str]) -> str:
    """What is wrong with a value that is none of the choices."""
    return f"no '{value}'{did_you_mean(value, choices)}; there are: {', '.join(choices)}"


def visible_options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The options that the help of a command shows, such as `--output` and `-c`."""
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield from action.option_strings


def _commands_with(option: str) -> list[str]:
    from cdkguard.cli.commands import COMMANDS, visible_commands
    from cdkguard.cli.parser import command_parser

    commands = [(command, None) for command in visible_commands(COMMANDS) if command.module]
    parts = [(part, group) for group in COMMANDS for part in group.parts]
    found = (command_parser(command, group) for command, group in (*commands, *parts))
    return [f"`{parser.prog}`" for parser in found if option in visible_options(parser)][:3]
