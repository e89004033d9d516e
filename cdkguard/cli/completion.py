"""Completion scripts, made from the argument parser itself."""

from __future__ import annotations

import argparse


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The completion script of a shell (bash, zsh or fish)."""
    commands = _commands(parser)
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)


def _commands(parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    """Command -> its options and parts."""
    table: dict[str, list[str]] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                words = [o for a in inner._actions for o in a.option_strings if o.startswith("--")]
                parts = [p for a in inner._actions if isinstance(a, argparse._SubParsersAction) for p in a.choices]
                table[name] = sorted(words) + parts
    return table


def _bash(commands: dict[str, list[str]]) -> str:
    cases = "".join(f"    {name}) words='{' '.join(words)}' ;;\n" for name, words in commands.items())
    return (
        "_cdkguard() {\n"
        '  local word="${COMP_WORDS[COMP_CWORD]}" words\n'
        '  if [ "$COMP_CWORD" -eq 1 ]; then\n'
        f"    words='{' '.join(commands)} --help --version'\n"
        '  else case "${COMP_WORDS[1]}" in\n' + cases + "  esac; fi\n"
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))\n'
        "}\ncomplete -o default -F _cdkguard cdkguard\n"
    )


def _zsh(commands: dict[str, list[str]]) -> str:
    return "#compdef cdkguard\nautoload -U +X bashcompinit && bashcompinit\n" + _bash(commands)


def _fish(commands: dict[str, list[str]]) -> str:
    lines = [f"complete -c cdkguard -n __fish_use_subcommand -a '{' '.join(commands)}'"]
    for name, words in commands.items():
        condition = f"'__fish_seen_subcommand_from {name}'"
        for word in words:
            flag = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c cdkguard -n {condition} {flag}")
    return "\n".join(lines) + "\n"
