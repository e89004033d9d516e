"""`cdkguard init`: write a commented cdkguard.yaml from what is in the app."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from cdkguard._typing import TextIO
from cdkguard.cli.settings import parse_pairs, refuse_missing_folder
from cdkguard.config import environments
from cdkguard.errors import ConfigError, ExitCode, InputError
from cdkguard.inputs import synth
from cdkguard.inputs.app import existing_assembly, find_app
from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Stack
from cdkguard.system import files

FILE = "cdkguard.yaml"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("directory", nargs="?", default=".")
    parser.add_argument("--app", metavar="CMD")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--force", action="store_true", help="replace an existing cdkguard.yaml")


def run(options: argparse.Namespace) -> int:
    """Write the file, and print its name."""
    refuse_missing_folder()
    context = parse_pairs("-c", options.context)
    file = write_configuration(options.directory, options.app, context, options.force, sys.stderr)
    print(f"{file}: written; read it, and commit it")
    return int(ExitCode.OK)


def write_configuration(
    directory: str, command: str | None, context: Mapping[str, str], force: bool, progress: TextIO
) -> str:
    """Synthesize the app and write its cdkguard.yaml; raises ConfigError where there is one already."""
    file = os.path.join(directory, FILE)
    if files.exists(file) and not force:
        raise ConfigError(f"{file}: it is there already; --force replaces it")

    app = find_app(directory, command, context)
    existing = existing_assembly(app)
    if existing is not None:
        stacks = _read_stacks(existing, directory)
    else:
        with synth.open_synthesized_app(app, progress=progress) as out:
            stacks = _read_stacks(out, directory)
    roots = environments.assign_environments([s for s in stacks if s.parent is None], (), None, context).stacks
    try:
        files.write(file, render_configuration(roots))
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be written: {problem.strerror}") from problem
    return file


def _read_stacks(folder: str, directory: str) -> tuple[Stack, ...]:
    found = read_assembly(folder, app_directory=directory)
    wrong = next((problem for problem in found.problems if problem.fatal), None)
    if wrong is not None:  # A stack that cannot be read would be missing among the environments.
        raise InputError(wrong.message)
    return found.stacks


def render_configuration(stacks: Sequence[Stack]) -> str:
    """The text of a configuration for these stacks, whose environments were guessed."""
    by_environment: dict[str, list[Stack]] = {}
    for stack in stacks:
        by_environment.setdefault(stack.environment or "prod", []).append(stack)
    blocks = "".join(_render_environment(name, members) for name, members in sorted(by_environment.items()))
    return (
        "# What cdkguard checks in this app. Every key is optional: https://json-schema.org completion works with the\n"
        "# schema that `cdkguard` ships (cdkguard/schemas/config.schema.json).\n\n"
        "# Exit 1 when a finding is at least this severe: low, medium, high, critical, or never.\nfail_on: high\n\n"
        "# Profiles (recommended, strict, all), packs, or rule ids; `cdkguard rules list` shows them.\nrules: [recommended]\n\n"
        "# Which stacks are production, staging ... A stack that matches none is judged as the strictest.\n"
        f"environments:\n{blocks}\n"
        '# Accounts outside the app that its templates may name.\n# accounts:\n#   allowed: {partner: "444455556666"}\n\n'
        "# Findings that somebody accepted. Expired and unused ones are reported.\n# suppressions:\n"
        '#   - {rule: s3-versioning, construct: "MyStack/Logs/*", reason: "logs are kept elsewhere", owner: team, expires: 2030-01-31}\n'
    )


def _render_environment(name: str, stacks: Sequence[Stack]) -> str:
    lines = [f"  {name}:"]
    if name == "prod":
        lines.append("    strict: true")
    accounts = sorted({s.account for s in stacks if s.account})
    stages = sorted({(s.construct_path or "").split("/")[0] for s in stacks if "/" in (s.construct_path or "")})
    if accounts:
        lines.append(f"    accounts: [{', '.join(_quoted(a) for a in accounts)}]")
    if stages:
        lines.append(f"    stages: [{', '.join(map(_quoted, stages))}]")
    if not accounts and not stages:
        lines.append(f"    stacks: [{', '.join(_quoted(s.name) for s in stacks)}]")
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
