"""The commands: name, line in the help, and the module of each, which is loaded when the command is asked for.

The dispatch, the help, the completion scripts and the tests read these records. A new command is a record and a module.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from cdkguard._typing import Any, NamedTuple


class Command(NamedTuple):
    """One command, or a group of commands such as `rules`."""

    name: str
    help: str  # The line that the help shows.
    module: str = ""  # The module in cdkguard.cli; empty for a group.
    options: str = "add_options"  # The function of that module that adds the command's options to a parser.
    function: str = "run"  # The function of that module that takes the parsed options and returns the exit status.
    parts: tuple[Command, ...] = ()  # The commands of a group.
    aliases: tuple[str, ...] = ()  # Older names that work the same; no help shows them.
    is_hidden: bool = False  # Whether the whole command is an older one, which no help shows.

    def add_options(self, parser: Any) -> None:
        """Add the command's options to an argparse parser."""
        self._of_module(self.options)(parser)

    def run(self, options: Any) -> int:
        """Carry the command out; returns the exit status."""
        return int(self._of_module(self.function)(options))

    def _of_module(self, name: str) -> Any:
        return getattr(import_module(f"cdkguard.cli.{self.module}"), name)


COMMANDS: tuple[Command, ...] = (
    Command("check", "synthesize an app and judge every resource", "check"),
    Command("accept", "accept today's findings, so that only new ones fail", "accept", aliases=("baseline",)),
    Command("diff", "show what a deployment would change, without rules", "diff"),
    Command("plan", "say what a deployment (or `cdk destroy`) would do, with the rules' verdict", "plan"),
    Command("destroy", "show what `cdk destroy` would take, without rules", "destroy", is_hidden=True),
    Command("approve", "approve changes that are wanted, each one exactly", "approve"),
    Command("snapshot", "write a baseline to commit, so that a pull request shows its diff", "snapshot"),
    Command(
        "rules",
        "list, show, test and map rules",
        parts=(
            Command("list", "every rule, a line each", "rules", "add_list_options", "run_list"),
            Command("show", "a rule's file", "rules", "add_show_options", "run_show"),
            Command("test", "run the examples in the rule files", "rules", "add_test_options", "run_test"),
            Command("map", "which rules check what a peer's rule checks", "rules", "add_map_options", "run_map"),
        ),
    ),
    Command("explain", "why a rule exists, and what to write instead", "explain"),
    Command("init", "write a commented cdkguard.yaml from what is in the app", "init"),
    Command("completion", "print a completion script for a shell", "completion"),
)


def find_command(name: str, commands: Sequence[Command]) -> Command | None:
    """The command of that name or alias."""
    return next((command for command in commands if name in (command.name, *command.aliases)), None)


def visible_commands(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that help, completion and errors show."""
    return tuple(command for command in commands if not command.is_hidden)
