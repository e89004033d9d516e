"""The table of commands, and what is made from it."""

from __future__ import annotations

import argparse

import pytest

from cdkguard.cli import commands
from cdkguard.cli.completion import SHELLS, render_script
from cdkguard.cli.parser import command_parser, overview_parser, parse_command
from cdkguard.errors import ConfigError

LEAVES = [(None, c) for c in commands.COMMANDS if not c.parts] + [(g, c) for g in commands.COMMANDS for c in g.parts]


@pytest.mark.parametrize(("group", "command"), LEAVES, ids=lambda c: c and c.name)
def test_each_command_has_its_options_and_its_function(group, command):
    parser = command_parser(command, group)
    assert isinstance(parser, argparse.ArgumentParser)
    assert callable(command._of_module(command.function))
    assert command._of_module(command.options).__doc__ and command._of_module(command.function).__doc__


def test_names_are_used_once():
    names = [name for command in commands.COMMANDS for name in (command.name, *command.aliases)]
    assert len(set(names)) == len(names)


def test_the_help_lists_every_command_but_the_hidden_ones():
    text = overview_parser().format_help()
    for command in commands.COMMANDS:
        assert (f"\n  {command.name} " in text) is not command.is_hidden
        assert not any(f"\n  {alias} " in text for alias in command.aliases)


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_knows_every_command_and_part(shell):
    script = render_script(shell)
    for group, command in LEAVES:
        assert command.is_hidden or command.name in script and (group is None or group.name in script)
    assert "against" in script and "accepted" in script
    assert "baseline" not in script and "destroy)" not in script


@pytest.mark.parametrize("name", ["baseline", "destroy"])
def test_older_commands_are_found(name):
    assert commands.find_command(name, commands.COMMANDS)


def test_a_part_is_found_with_its_options():
    command, options = parse_command(["rules", "list", "--rules", "iam"])
    assert (command.name, options.rules) == ("list", ["iam"])


@pytest.mark.parametrize("argv", [["--nonsense"], ["--nonsense", "check"], ["check", "--nonsense"], ["rules", "-x"]])
def test_unknown_options_are_refused_wherever_they_stand(argv):
    with pytest.raises(ConfigError, match="unrecognized arguments"):
        parse_command(argv)
