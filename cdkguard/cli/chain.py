"""Puts `cdkguard check` behind the app in cdk.json."""

from __future__ import annotations

import json
import os

from cdkguard.errors import ConfigError
from cdkguard.inputs.app import read_json_settings
from cdkguard.inputs.stack_traces import chain_command, library_version
from cdkguard.system import files

_AFTER = (
    "`cdk synth` and `cdk deploy` fail on findings now (for stacks in Stages: `cdk synth '**'`), and editors show them by "
    "`cdk lsp` (docs/editors.md)"
)


def chain_app(directory: str) -> str:
    """Put `cdkguard check` behind the app in cdk.json; what was done, in words. Raises ConfigError.

    The command gets the environment variables by which findings have lines, where its shell is a POSIX one.
    """
    file = os.path.join(directory, "cdk.json")
    settings = read_json_settings(file)
    command = settings.get("app")
    if not isinstance(command, str):
        raise ConfigError(f"{file}: has no 'app' command in one text to put `cdkguard check` behind")
    behind = command if "cdkguard check" in command else f"{command} && cdkguard check"
    chained = chain_command(command, library_version(directory)) if os.name == "posix" else behind
    if chained == command:
        return f"{file}: `cdkguard check` is behind the app already"
    try:
        text = files.read_text(file)
        old, new = json.dumps(command), json.dumps(chained)
        whole = json.dumps({**settings, "app": chained}, indent=2, ensure_ascii=False) + "\n"
        files.write(file, text.replace(old, new) if text.count(old) == 1 else whole)
    except OSError as problem:
        raise ConfigError(f"{file}: cannot be written: {problem.strerror}") from problem
    return f"{file}: the app is now {chained}\n{_AFTER}"
