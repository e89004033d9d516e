"""The configuration of a run: the file, overlaid with the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cdkguard._typing import Any
from cdkguard.cli.options import AGAINST
from cdkguard.config import settings as configuration
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError, InputError
from cdkguard.system import files


def load_config(options: argparse.Namespace) -> Config:
    """The configuration that a command runs with. Raises ConfigError or InputError."""
    refuse_missing_folder()

    directory = options.paths[0] if len(options.paths) == 1 and files.is_folder(options.paths[0]) else "."
    directory = _folder_outside_of_assemblies(directory)
    return _overlaid(configuration.load_config(directory, options.config), options, directory)


def load_sides(options: argparse.Namespace) -> tuple[str | None, Config]:
    """The path of the old side and the configuration of the new one. Raises ConfigError or InputError.

    `diff OLD NEW` names both sides. With --against, or a baseline in the configuration, the paths are the new side; then
    the old path is None.
    """
    config = load_config(options)
    if config.against is None and len(options.paths) == 2:
        old, new = options.paths
        return old, load_config(argparse.Namespace(**{**vars(options), "paths": [new]}))
    if config.against is None:
        raise ConfigError(f"nothing to compare with: give OLD and NEW, or --against with {AGAINST}")
    return None, config


def refuse_missing_folder() -> None:
    """Raises InputError where the current folder is gone."""
    try:
        os.getcwd()
    except OSError as problem:
        raise InputError(f"the current folder is not there any more: {problem.strerror}") from problem


def _folder_outside_of_assemblies(directory: str) -> str:
    """The folder, or the nearest above it that is no cloud assembly: what an app has written holds no settings."""
    while files.exists(os.path.join(directory, "manifest.json")):
        above = os.path.join(directory, os.pardir)
        if os.path.samefile(above, directory):
            break
        directory = above
    return os.path.relpath(directory)


def _overlaid(loaded: Config, options: argparse.Namespace, directory: str) -> Config:
    still = _is_still(options)
    against = getattr(options, "against", None)
    outputs = (
        [_output(text) for text in [*options.output, *([options.format] if options.format else [])]]
        if hasattr(options, "output")
        else []
    )
    changes: dict[str, Any] = {
        "paths": tuple(options.paths) or loaded.paths,
        "directory": directory,
        "app": options.app or (None if still else loaded.app),
        "python_packs": (*(() if still else loaded.python_packs), *split(options.python)),
        "still": still,
        "runs_baseline": not still or against is not None,
        "context": {**loaded.context, **pairs("-c", options.context)},
        "environment": options.environment or loaded.environment,
        "rules": split(options.rules) or _framework_rules(options) or loaded.rules,
        "frameworks": split(getattr(options, "framework", ())) or loaded.frameworks,
        "skip": (*loaded.skip, *split(options.skip)),
        "stacks": tuple(options.stack) or loaded.stacks,
        "packs": (*loaded.packs, *options.packs),
        "template_parameters": {**loaded.template_parameters, **pairs("--parameter", options.parameter)},
        "honour": _peers(options.honour) or loaded.honour,
        "lint": options.lint or loaded.lint,
        "full_synth": options.full_synth or loaded.full_synth,
        "timeout": options.timeout if options.timeout is not None else loaded.timeout,
        "baseline": getattr(options, "baseline", None) or loaded.baseline,
        "install": getattr(options, "install", False),
        "jobs": getattr(options, "jobs", None),
        "timings": getattr(options, "timings", False),
        "against": against or loaded.against,
        "fail_on": getattr(options, "fail_on", None) or loaded.fail_on,
        "outputs": tuple(outputs) or loaded.outputs,
        "overlay": lambda other: _overlaid(other, options, directory),
    }
    if getattr(options, "pre_built", False):
        changes["paths"] = tuple(map(_existing, options.paths)) or (_existing_assembly("."),)
    return loaded._replace(**changes)


def _is_still(options: argparse.Namespace) -> bool:
    """Whether the command line says what is judged and it is there already, so that nothing is run that a file names."""
    from cdkguard.check.assemble import is_app

    if getattr(options, "pre_built", False):
        if options.app:
            raise ConfigError("--pre-built never runs an app, and --app names one: leave one of them out")
        return True
    return bool(options.paths) and not options.app and not is_app(options.paths)


def _framework_rules(options: argparse.Namespace) -> tuple[str, ...]:
    """What selects the rules of the frameworks named."""
    names = split(getattr(options, "framework", ()))
    if not names:
        return ()
    from cdkguard.data import frameworks

    return frameworks.selectors(names)


def _peers(values: Sequence[str]) -> tuple[str, ...]:
    from cdkguard.model import PEERS

    peers = tuple(dict.fromkeys(split(values)))
    for peer in peers:
        if peer not in PEERS:
            from cdkguard.text.spelling import did_you_mean

            raise ConfigError(f"--honour knows no '{peer}'{did_you_mean(peer, PEERS)}; it knows {', '.join(PEERS)}")
    return peers


def _existing(path: str) -> str:
    """A PATH with --pre-built: of an app its cdk.out, else what it is."""
    from cdkguard.check.assemble import is_app

    return _existing_assembly(path) if is_app((path,)) else path


def _existing_assembly(directory: str) -> str:
    """The cdk.out of an app folder; says on stderr when the sources are newer than it is."""
    from cdkguard.inputs import staleness

    return staleness.assembly_of(directory, sys.stderr)


def split(values: Sequence[str]) -> tuple[str, ...]:
    """The words of a repeatable option whose values may be lists with commas."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """Options of the form NAME=VALUE; raises ConfigError."""
    found = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise ConfigError(f"{option} takes NAME=VALUE, not '{value}'")
        found[name] = text
    return found


def _output(text: str) -> tuple[str, str | None]:
    from cdkguard.cli.check import FORMATS

    name, sign, file = text.partition("=")
    if sign and not file:
        raise ConfigError(f"--output {text} names no file: is a variable not set?")
    if name not in FORMATS:
        from cdkguard.text.spelling import did_you_mean

        raise ConfigError(f"no output format '{name}'{did_you_mean(name, FORMATS)}; there are: {', '.join(FORMATS)}")
    return name, file or None
