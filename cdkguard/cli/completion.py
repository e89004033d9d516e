"""`cdkguard completion`: completion scripts, which shtab makes from the parsers of all commands.

The words that have no choices in argparse, such as the ids of rules, stand in the script, so that the TAB key runs nothing;
only the environments are read from the cdkguard.yaml of the current folder, by sed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli.commands import COMMANDS, Command, visible_commands
from cdkguard.errors import ExitCode

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

SHELLS = ("bash", "zsh", "fish", "tcsh")

# The argument's name in the parsed options -> what it takes: a kind of path, or a list of words of _words().
_TAKES = {
    "paths": "file",
    "config": "file",
    "accepted": "file",
    "directories": "folder",
    "directory": "folder",
    "packs": "folder",
    "out": "folder",
    "rules": "selectors",
    "skip": "selectors",
    "rule": "rules",
    "honour": "peers",
    "framework": "frameworks",
    "environment": "environments",
    "against": "baselines",
}

_LISTS = ("selectors", "peers", "frameworks")  # lists of words of which an option takes several, with commas

# The names of the environments in a cdkguard.yaml; nothing but letters, digits, - and _ comes out of it.
_READ_ENVIRONMENTS = (
    r"sed -n '/^environments:/,/^[^[:space:]#]/s/^  \([A-Za-z0-9_-]*\):.*/\1/p' cdkguard.yaml 2>/dev/null"
)


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    parser.group("output").add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def run(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    sys.stdout.write(render_script(options.shell))
    return int(ExitCode.OK)


def render_script(shell: str) -> str:
    """The completion script of a shell."""
    import shtab

    words = _words()
    preambles: Any = _preambles(words)
    script: str = shtab.complete(_whole_parser(words), shell, preamble=preambles)
    return script.rstrip("\n") + "\n"


def _words() -> dict[str, Sequence[str]]:
    """What is completed by name: the built-in rules are those of this version."""
    from cdkguard.data.frameworks import framework_names
    from cdkguard.language.vocabulary import PROFILES
    from cdkguard.model import PEERS
    from cdkguard.packs.load import load_packs

    rules = load_packs(()).rules
    ids = [rule.id for rule in rules]
    return {
        "rules": ids,
        "selectors": [*PROFILES, "all", *sorted({rule.pack for rule in rules}), *ids],
        "peers": PEERS,
        "frameworks": framework_names(),
        "environments": ("prod", "staging", "test", "dev"),
        "baselines": ("deployed", "git"),
    }


# -- the parser of all commands, as shtab reads it


def _whole_parser(words: Mapping[str, Sequence[str]]) -> argparse.ArgumentParser:
    from cdkguard.cli.parser import Parser

    root = Parser(prog="cdkguard", description="The guardrail between cdk synth and cdk deploy.")
    root.group("more").add_argument("--version", action="version", version="", help="print the version, and end")
    _add_commands(root, visible_commands(COMMANDS), words)
    return root


def _add_commands(parser: Any, commands: Sequence[Command], words: Mapping[str, Sequence[str]]) -> None:
    parts = parser.add_subparsers(dest="command")
    for command in commands:
        part = parts.add_parser(command.name, help=command.help, description=command.help)
        if command.parts and not command.module:
            _add_commands(part, command.parts, words)
        else:
            command.add_options(part)
            _say_what_is_taken(part, command, words)


def _say_what_is_taken(parser: argparse.ArgumentParser, command: Command, words: Mapping[str, Sequence[str]]) -> None:
    """Give each action what shtab asks for: `complete`, the function of each shell."""
    formats = next((action.choices for action in parser._actions if action.dest == "format"), ())
    for action in parser._actions:
        if action.dest == "output":
            action.choices = [*(formats or ()), *(f"{name}=" for name in formats or ())]
        elif action.dest == "words":
            action.choices = _names_of_commands() if command.name == "help" else None
        elif action.dest in _TAKES and not action.choices:
            setattr(action, "complete", _completer(_TAKES[action.dest], words))  # noqa: B010


def _names_of_commands() -> list[str]:
    return [command.name for command in visible_commands(COMMANDS)]


def _completer(kind: str, words: Mapping[str, Sequence[str]]) -> Any:
    """Shell -> what completes the argument there."""
    import shtab

    if kind in ("file", "folder"):
        return shtab.FILE if kind == "file" else shtab.DIRECTORY
    name = f"_cdkguard_{kind}"
    return {"bash": name, "zsh": name, "fish": f"({name})", "tcsh": f"({' '.join(words[kind])})"}


# -- the functions in the scripts


def _preambles(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {
        "bash": "\n".join([_BASH, *(_bash_function(kind, found) for kind, found in words.items())]),
        "zsh": "\n".join(_zsh_function(kind, found) for kind, found in words.items()),
        "fish": "\n".join([_FISH, *(_fish_function(kind, found) for kind, found in words.items())]),
    }


# Of a list with commas the last word is completed.
_BASH = """\
_cdkguard_pick() {
  local before="" word="$2"
  case "$word" in *,*) before="${word%,*},"; word="${word##*,}" ;; esac
  compgen -P "$before" -W "$1" -- "$word"
}
"""

_FISH = """\
function _cdkguard_pick
  set -l before (string match -r '^.*,' -- (commandline -ct); or echo '')
  for word in $argv
    echo $before$word
  end
end
"""


def _bash_function(kind: str, words: Sequence[str]) -> str:
    lines = [f"  _cdkguard_pick '{' '.join(words)}' \"$1\""]
    if kind == "environments":
        lines = [f'  _cdkguard_pick "{" ".join(words)} $({_READ_ENVIRONMENTS})" "$1"']
    if kind == "baselines":
        lines += ["  compopt -o filenames 2>/dev/null", '  compgen -f -- "$1"']
    return "\n".join([f"_cdkguard_{kind}() {{", *lines, "}"])


def _zsh_function(kind: str, words: Sequence[str]) -> str:
    lines = [f"  local -a names=({' '.join(words)})"]
    if kind == "environments":
        lines.append(f'  names+=(${{(f)"$({_READ_ENVIRONMENTS})"}})')
    lines.append("  _sequence compadd - -a names" if kind in _LISTS else "  compadd -a names")
    if kind == "baselines":
        lines.append("  _files")
    return "\n".join([f"_cdkguard_{kind}() {{", *lines, "}"])


def _fish_function(kind: str, words: Sequence[str]) -> str:
    lines = [f"  _cdkguard_pick {' '.join(words)}"]
    if kind == "environments":
        lines = [f"  _cdkguard_pick {' '.join(words)} ({_READ_ENVIRONMENTS})"]
    if kind == "baselines":
        lines.append("  __fish_complete_path (commandline -ct)")
    return "\n".join([f"function _cdkguard_{kind}", *lines, "end"])
