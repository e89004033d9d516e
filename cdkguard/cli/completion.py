"""`cdkguard completion`: completion scripts, made from the parsers of all commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.commands import COMMANDS, Command, visible_commands
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

SHELLS = ("bash", "zsh", "fish")
Words = Mapping[str, Sequence[str]]  # command -> the options and parts that may follow it


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group("output").add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def run(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    sys.stdout.write(render_script(options.shell))
    return int(ExitCode.OK)


def render_script(shell: str) -> str:
    """The completion script of a shell (bash, zsh or fish)."""
    words = {command.name: _words(command) for command in visible_commands(COMMANDS)}
    return {"bash": _render_bash, "zsh": _render_zsh, "fish": _render_fish}[shell](words)


def _words(command: Command) -> list[str]:
    """The options of a command; of a group its parts."""
    from cdkguard.cli.parser import command_parser

    if command.parts:
        return ["--help", *(part.name for part in command.parts)]
    actions = [action for action in command_parser(command)._actions if action.help != argparse.SUPPRESS]
    return sorted(option for action in actions for option in action.option_strings if option.startswith("--"))


def _render_bash(words: Words) -> str:
    cases = "".join(f"    {name}) words='{' '.join(following)}' ;;\n" for name, following in words.items())
    return (
        "_cdkguard() {\n"
        '  local word="${COMP_WORDS[COMP_CWORD]}" words\n'
        '  if [ "$COMP_CWORD" -eq 1 ]; then\n'
        f"    words='{' '.join(words)} --help --version'\n"
        '  else case "${COMP_WORDS[1]}" in\n' + cases + "  esac; fi\n"
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))\n'
        "}\ncomplete -o default -F _cdkguard cdkguard\n"
    )


def _render_zsh(words: Words) -> str:
    return "#compdef cdkguard\nautoload -U +X bashcompinit && bashcompinit\n" + _render_bash(words)


def _render_fish(words: Words) -> str:
    lines = [f"complete -c cdkguard -n __fish_use_subcommand -a '{' '.join(words)}'"]
    for name, following in words.items():
        condition = f"'__fish_seen_subcommand_from {name}'"
        for word in following:
            flag = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c cdkguard -n {condition} {flag}")
    return "\n".join(lines) + "\n"
