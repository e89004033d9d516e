"""The configuration of a run: the file, overlaid with the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cdkguard._typing import Any
from cdkguard.cli.options import AGAINST
from cdkguard.config import load
from cdkguard.config.settings import Config, Overrides
from cdkguard.errors import ConfigError, InputError
from cdkguard.system import files


def load_config(options: argparse.Namespace) -> Config:
    """The configuration that a command runs with. Raises ConfigError or InputError."""
    refuse_missing_folder()

    directory = options.paths[0] if len(options.paths) == 1 and files.is_folder(options.paths[0]) else "."
    directory = _folder_outside_of_assemblies(directory)
    loaded = load.load_config(directory, options.config)
    return _read_overrides(options, directory).apply(loaded)


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
    """The folder, or the nearest above it that is no cloud assembly: settings in an assembly, which an app writes, do not count."""
    while files.exists(os.path.join(directory, "manifest.json")):
        above = os.path.join(directory, os.pardir)
        if os.path.samefile(above, directory):
            break
        directory = above
    return os.path.relpath(directory)


def _read_overrides(options: argparse.Namespace, directory: str) -> Overrides:
    """The settings that the command line gives."""
    is_still = _is_still(options)
    values: dict[str, Any] = {
        "directory": directory,
        "runs_no_code": is_still,
        "pre_built": getattr(options, "pre_built", False),
        "runs_baseline": not is_still or getattr(options, "against", None) is not None,
        "install": getattr(options, "install", False),
        "jobs": getattr(options, "jobs", None),
        "timings": getattr(options, "timings", False),
    }
    if is_still:
        values |= {"app": None, "python_packs": ()}

    given = {
        "paths": tuple(options.paths),
        "app": options.app,
        "environment": options.environment,
        "rules": split_lists(options.rules) or _framework_rules(options),
        "frameworks": split_lists(getattr(options, "framework", ())),
        "stacks": tuple(options.stack),
        "honour": _peers(options.honour),
        "lint": options.lint,
        "full_synth": options.full_synth,
        "timeout": options.timeout,
        "accepted": getattr(options, "accepted", None),
        "against": getattr(options, "against", None),
        "fail_on": getattr(options, "fail_on", None),
        "gate": "new" if getattr(options, "new", False) else None,
    }
    values |= {field: value for field, value in given.items() if value}
    if getattr(options, "pre_built", False):
        values["paths"] = tuple(map(_path_to_read, options.paths)) or (_find_assembly("."),)
    elif is_still:
        _note_old_assemblies(options.paths)

    added = {
        "python_packs": split_lists(options.python),
        "skip": split_lists(options.skip),
        "packs": tuple(options.packs),
    }
    merged = {
        "context": parse_pairs("-c", options.context),
        "template_parameters": parse_pairs("--parameter", options.parameter),
    }
    return Overrides(values, added, merged)


def _is_still(options: argparse.Namespace) -> bool:
    """Whether the command line names input that exists already: then nothing runs that a configuration file names."""
    from cdkguard.check.assemble import is_app

    if getattr(options, "pre_built", False):
        if options.app:
            raise ConfigError("--pre-built never runs an app, and --app names one: leave one of them out")
        return True
    return bool(options.paths) and not options.app and not is_app(options.paths)


def _framework_rules(options: argparse.Namespace) -> tuple[str, ...]:
    """The selectors of the rules of the frameworks that --framework names."""
    names = split_lists(getattr(options, "framework", ()))
    if not names:
        return ()
    from cdkguard.data import frameworks

    return frameworks.selectors_of(names)


def _peers(values: Sequence[str]) -> tuple[str, ...]:
    """The other checkers that --honour names. Raises ConfigError for one that nobody knows."""
    from cdkguard.model import PEERS

    peers = tuple(dict.fromkeys(split_lists(values)))
    for peer in peers:
        if peer not in PEERS:
            from cdkguard.text.spelling import did_you_mean

            raise ConfigError(f"--honour knows no '{peer}'{did_you_mean(peer, PEERS)}; it knows {', '.join(PEERS)}")
    return peers


def _path_to_read(path: str) -> str:
    """The path to read for a PATH with --pre-built: of an app its cdk.out, else the path itself."""
    from cdkguard.check.assemble import is_app

    return _find_assembly(path) if is_app((path,)) else path


def _note_old_assemblies(paths: Sequence[str]) -> None:
    """Write a line to standard error for each cloud assembly that is older than the sources of the app around it."""
    for path in paths:
        app = os.path.dirname(os.path.abspath(path))
        if files.is_file(os.path.join(path, "manifest.json")) and files.is_file(os.path.join(app, "cdk.json")):
            from cdkguard.inputs import staleness

            staleness.note_newer_sources(os.path.relpath(app), path, sys.stderr)


def _find_assembly(directory: str) -> str:
    """The cdk.out of an app's folder. Writes to standard error where the sources are newer."""
    from cdkguard.inputs import staleness

    return staleness.find_existing_assembly(directory, sys.stderr)


def split_lists(values: Sequence[str]) -> tuple[str, ...]:
    """The words of a repeatable option whose values may be lists with commas."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def parse_pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """The values of an option of the form NAME=VALUE, by name. Raises ConfigError."""
    found = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise ConfigError(f"{option} takes NAME=VALUE, not '{value}'")
        found[name] = text
    return found
