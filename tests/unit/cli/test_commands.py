"""The table of commands, and what is made from it."""

from __future__ import annotations

import argparse
import io
import re
import shlex
import sys

import pytest

from cdkguard.cli import commands
from cdkguard.cli.parser import TITLES, command_parser, overview_parser, parse_command
from cdkguard.errors import ConfigError
from tests.support.paths import ROOT

LEAVES = [(None, c) for c in commands.COMMANDS if c.module] + [(g, c) for g in commands.COMMANDS for c in g.parts]


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


@pytest.mark.parametrize("name", ["baseline", "destroy"])
def test_older_commands_are_found(name):
    assert commands.find_command(name, commands.COMMANDS)


def test_a_part_is_found_with_its_options():
    command, options = parse_command(["rules", "list", "--rules", "iam"])
    assert (command.name, options.rules) == ("list", ["iam"])


@pytest.mark.parametrize("argv", [["--nonsense"], ["--nonsense", "check"], ["check", "--nonsense"], ["rules", "-x"]])
def test_unknown_options_are_refused_wherever_they_stand(argv):
    with pytest.raises(ConfigError, match="no option '-|the command stands before its options"):
        parse_command(argv)


@pytest.mark.parametrize(("group", "command"), LEAVES, ids=lambda c: c and c.name)
def test_every_option_has_a_text_and_a_group_in_the_help(group, command):
    parser = command_parser(command, group)
    for action in parser._actions:
        assert action.help, action
    titles = {g.title for g in parser._action_groups if g._group_actions}
    assert titles <= set(TITLES)


@pytest.mark.parametrize(("group", "command"), LEAVES, ids=lambda c: c and c.name)
def test_the_help_has_examples_that_parse_and_a_page_that_is_there(group, command):
    if command.is_hidden or command.name == "help":
        return
    assert (ROOT / command.page).is_file()
    assert command.examples
    for example in command.examples:
        assert len(example) <= 78
        words = shlex.split(example, comments=True)
        while words[0] != "cdkguard":  # eval "$(cdkguard completion bash)"
            words = shlex.split(words[1].strip("$()"))
        end = next((at for at, word in enumerate(words) if word in ("<", ">")), None)
        found, _ = parse_command([word for word in words[1:end] if word != "..."])
        assert found in (command, *command.parts) or found.name in ("check", "accept")


def test_the_help_is_within_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for group, command in LEAVES:
        command_parser(command, group).print_help()
    overview_parser().print_help()
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("documentation: ")) <= 80
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("words", ["", "check", "rules", "rules list"])
def test_help_is_a_command_as_well(capsys, words):
    from cdkguard.cli.main import main

    assert main(["help", *words.split()]) == 0
    by_command = capsys.readouterr().out
    assert main([*words.split(), "--help"]) == 0
    assert capsys.readouterr().out == by_command


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            "check --oputput json",
            "cdkguard check: no option '--oputput' (did you mean '--output'?); `cdkguard check --help` lists them",
        ),
        (
            "check --fail-on hihg",
            "cdkguard check: --fail-on: no 'hihg' (did you mean 'high'?); there are: low, medium, high, critical, never",
        ),
        ("help rules lst", "cdkguard help rules: no 'lst' (did you mean 'list'?); there are: list, show, test, map"),
        (
            "diff a b --jobs 2",
            "cdkguard diff: no option '--jobs' (it is one of `cdkguard check` and `cdkguard audit run`); `cdkguard diff --help` lists them",
        ),
        ("--format json check", "cdkguard: the command stands before its options: cdkguard check --format ..."),
        (
            "explain one two",
            "cdkguard explain: 'two' is one argument too many; `cdkguard explain --help` shows what it takes",
        ),
        ("check --jobs 0", "cdkguard check: --jobs: a number of processes from 1 on, not '0'"),
        ("check --output", "cdkguard check: --output: expected one argument"),
    ],
)
def test_a_usage_error_is_one_line_with_what_was_meant(capsys, argv, said):
    from cdkguard.cli.main import main

    assert main(argv.split()) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", said + "\n")


@pytest.mark.parametrize("command", ["diff", "snapshot"])
def test_options_for_rules_are_hidden_where_no_rule_is_asked_and_said_to_change_nothing(capsys, command):
    from cdkguard.cli.main import main

    main([command, "--help"])
    assert "--honour" not in capsys.readouterr().out
    main([command, "none", "none", "--honour", "checkov"])
    assert f"cdkguard {command}: --honour changes nothing here: no rule is asked\n" in capsys.readouterr().err


@pytest.fixture
def terminal(monkeypatch):
    """A stream that is a terminal."""
    out = io.StringIO()
    out.isatty = lambda: True
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return out


def without_colours(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def test_the_help_on_a_terminal_has_colours_and_says_the_same(terminal):
    for group, command in LEAVES:
        plain = command_parser(command, group).format_help()
        command_parser(command, group).print_help(terminal)
        assert "\x1b[" in terminal.getvalue()
        assert without_colours(terminal.getvalue()).split() == plain.split()
        terminal.truncate(terminal.seek(0))


def test_the_help_on_a_terminal_needs_no_rich_argparse(terminal, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich_argparse", None)
    overview_parser().print_help(terminal)
    assert terminal.getvalue() == overview_parser().format_help()
