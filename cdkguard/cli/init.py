"""`cdkguard init`: write a commented cdkguard.yaml from what is in the app."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, TextIO
from cdkguard.cli.init_runs import Seen, see_app
from cdkguard.cli.options import JUDGED, OUTPUT, SYNTHESIS, add_app
from cdkguard.cli.settings import parse_pairs, refuse_missing_folder
from cdkguard.config.environment_guesses import Guess
from cdkguard.errors import ConfigError, ExitCode
from cdkguard.model import Stack
from cdkguard.outputs.summary import plural
from cdkguard.system import files
from cdkguard.text.addresses import editor_line

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

FILE = "cdkguard.yaml"
SHOWN = 20  # stacks that the summary lists
_BEST_FIRST = ("stage", "tag", "context", "stack")  # kinds of signs, by how well they last


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    judged, output, synthesis = parser.group(JUDGED), parser.group(OUTPUT), parser.group(SYNTHESIS)
    judged.add_argument(
        "directory", nargs="?", default=".", metavar="DIR", help="the folder with cdk.json; default: here"
    )
    add_app(synthesis)
    output.add_argument("--force", action="store_true", help="replace an existing cdkguard.yaml")
    chain = "also put `cdkguard check` behind the app in cdk.json: `cdk synth` fails on findings then"
    output.add_argument("--chain", action="store_true", help=chain)


def run(options: argparse.Namespace) -> int:
    """Write the file, and say what was found, what was not seen, and what comes next."""
    from cdkguard.cli.output import print_text

    refuse_missing_folder()
    context = parse_pairs("-c", options.context)
    if options.chain and not options.force and files.exists(os.path.join(options.directory, FILE)):
        print_text(f"{os.path.normpath(os.path.join(options.directory, FILE))}: it is there already, and left as it is")
    else:
        file, seen = write_configuration(options.directory, options.app, context, options.force, sys.stderr)
        print_text("\n".join(_summarize(file, seen, options.directory)))
    if options.chain:
        from cdkguard.cli.chain import chain_app

        print_text(chain_app(options.directory))
    return int(ExitCode.OK)


def write_configuration(
    directory: str, command: str | None, context: Mapping[str, str], force: bool, progress: TextIO
) -> tuple[str, Seen]:
    """Synthesize the app and write its cdkguard.yaml; raises ConfigError where there is one already."""
    file = os.path.normpath(os.path.join(directory, FILE))
    if files.exists(file) and not force:
        raise ConfigError(f"{file}: it is there already; --force replaces it")

    seen = see_app(directory, command, context, progress)
    try:
        files.write(file, render_configuration(seen.guesses()))
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be written: {problem.strerror}") from problem
    return file, seen


def _summarize(file: str, seen: Seen, directory: str) -> Iterator[str]:
    """What `init` prints."""
    rows: dict[tuple[str, str], str] = {}  # (stack, environment) -> the context with which it was seen first
    for run in seen.runs:
        for stack, guess in run.guesses.items():
            environment = guess.environment or "no environment named, so judged as prod"
            rows.setdefault((stack.construct_path or stack.name, environment), run.given)
    yield f"{file}: written, from {plural(len({path for path, _ in rows}), 'stack')}:"
    width = max((len(path) for path, _ in rows), default=0)
    for (path, environment), given in list(rows.items())[:SHOWN]:
        yield f"  {path:{width}}  {environment}{f'  (-c {given})' if given else ''}"
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more"
    for note in seen.notes:
        yield f"not seen: {note}"

    at = "" if directory == "." else f" {directory}"
    yield "\nread it, commit it, and go on with:"
    for words, meaning in (
        (f"cdkguard check{at}", "judge every resource"),
        (f"cdkguard accept{at}", "accept today's findings, so that only new ones fail"),
        (f"cdkguard check{at} --against git", "judge what a branch changes"),
    ):
        yield f"  {words:{32 + len(at)}}# {meaning}"


def render_configuration(guesses: Mapping[Stack, Guess]) -> str:
    """The text of a configuration that finds the guessed environments by the signs that they were guessed by.

    An account makes a stack production's alone, where no milder one is in it: stacks of production can come into any
    account later, or be there already where the app was run for another one.
    """
    by_environment: dict[str, dict[Stack, Guess]] = {"prod": {}}
    for stack, guess in guesses.items():
        if guess.environment is not None:
            by_environment.setdefault(guess.environment, {})[stack] = guess
    milder = {stack.account for stack, guess in guesses.items() if guess.environment not in (None, "prod")}
    accounts = sorted({stack.account for stack in guesses if stack.account} - milder)
    unknown = [stack.construct_path or stack.name for stack, guess in guesses.items() if guess.environment is None]

    blocks = [_render_environment(name, found, accounts) for name, found in sorted(by_environment.items())]
    if unknown:
        blocks.append(f"  # Nothing names an environment of: {', '.join(map(_quoted, unknown))}\n")
    return (
        f"{editor_line('config')}"
        "# What cdkguard checks in this app. Every key is optional; editors complete them by the schema above.\n\n"
        "# Exit 1 when a finding is at least this severe: low, medium, high, critical, or never.\nfail_on: high\n\n"
        "# Profiles (recommended, strict, all), packs, or rule ids; `cdkguard rules list` shows them.\nrules: [recommended]\n\n"
        "# Which stacks are production, staging ... A stack that matches none is judged as the strictest.\n"
        f"environments:\n{''.join(blocks)}\n"
        '# Accounts outside the app that its templates may name.\n# accounts:\n#   allowed: {partner: "444455556666"}\n\n'
        "# Findings that somebody accepted. Expired and unused ones are reported.\n# suppressions:\n"
        '#   - {rule: s3-versioning, construct: "MyStack/Logs/*", reason: "logs are kept elsewhere", owner: team, expires: 2030-01-31}\n'
    )


def _render_environment(name: str, guesses: Mapping[Stack, Guess], accounts: Sequence[str]) -> str:
    lines = [f"  {name}:"]
    if name == "prod":
        lines.append("    strict: true")
        lines += [f"    accounts: [{', '.join(map(_quoted, accounts))}]"] if accounts else []

    # Every pair of `tags` or `context` has to hold, so that one of each can be listed.
    signs: dict[str, dict[str, str]] = {"stage": {}, "stack": {}, "tag": {}, "context": {}}
    for stack, guess in guesses.items():
        sign = min((s for s in guess.signs if s.environment == name), key=lambda s: _BEST_FIRST.index(s.kind))
        pairs = signs[sign.kind]
        if sign.kind == "stack" or sign.key and pairs and pairs != {sign.key: sign.value}:
            signs["stack"][stack.construct_path or stack.name] = ""
        else:
            pairs[sign.key or sign.value] = sign.value if sign.key else ""

    for kind, key in (("stage", "stages"), ("stack", "stacks")):
        lines += [f"    {key}: [{', '.join(map(_quoted, signs[kind]))}]"] if signs[kind] else []
    for kind, key in (("tag", "tags"), ("context", "context")):
        pairs = signs[kind]
        lines += (
            [f"    {key}: {{{', '.join(f'{_quoted(k)}: {_quoted(v)}' for k, v in pairs.items())}}}"] if pairs else []
        )
    if len(lines) == 1:
        return f"  {name}: {{}}\n"
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    """The word as YAML's quoted text, which is JSON's."""
    return json.dumps(word)
