"""What `cdkguard init` sees of an app: its stacks as it is, and with each environment that it takes by a context key."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr

from cdkguard._typing import Any, NamedTuple, TextIO
from cdkguard.check.assemble import files_named_shortly
from cdkguard.config.environment_guesses import Guess, guess_environments
from cdkguard.config.environment_words import environment_of_value, is_environment_key
from cdkguard.errors import CdkguardError, InputError
from cdkguard.inputs import synth
from cdkguard.inputs.app import App, existing_assembly, find_app
from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Stack
from cdkguard.system import files

LONGEST = 15.0  # Seconds of a synthesis beyond which the app is not run once for each environment.
MOST_VALUES = 6
_MOST_FILES = 400
_BIGGEST_FILE = 1_000_000  # Bytes.
_CODE = (".ts", ".mts", ".js", ".mjs", ".py")
_READ_KEY = re.compile(r"(?:tryGetContext|getContext|try_get_context|get_context)\(\s*['\"]([^'\"\n]{1,80})['\"]")


class Run(NamedTuple):
    """One synthesis of the app."""

    given: str  # the context that it was given beside its own: "env=prod", or ""
    guesses: Mapping[Stack, Guess]


class Seen(NamedTuple):
    """All that was seen."""

    runs: tuple[Run, ...]
    notes: tuple[str, ...]  # about what was not

    def guesses(self) -> dict[Stack, Guess]:
        """The guess for each root stack of every run; one that no sign speaks for counts where no run has one for it."""
        found = {stack: guess for run in self.runs for stack, guess in run.guesses.items()}
        known = {_name(stack) for stack, guess in found.items() if guess.environment is not None}
        return {s: guess for s, guess in found.items() if guess.environment is not None or _name(s) not in known}


def _name(stack: Stack) -> str:
    return stack.construct_path or stack.name


def see_app(directory: str, command: str | None, context: Mapping[str, str], progress: TextIO) -> Seen:
    """Synthesize the app as it is and, where that is quick, with each environment that its context may name."""
    app = find_app(directory, command, context)
    existing = existing_assembly(app)
    if existing is not None:
        return Seen((_run("", read_stacks(existing, directory), app.context),), ())

    began = time.monotonic()
    first = _synthesize(app, "", progress)
    took = time.monotonic() - began
    keys = find_environment_keys(app)
    if not keys or any(is_environment_key(key) for key in context):
        return Seen((first,), ())
    key, where = keys[0]
    values = values_of(key, app.context)
    own = str(app.context.get(key, ""))
    if took > LONGEST:
        text = f"other values of the context key '{key}' ({where}), since the app takes {took:.0f} s"
        return Seen((first,), (f"{text}; `cdkguard init -c {key}={values[0]} --force` tries one",))

    runs, notes = [first], []
    for value in values:
        if value == own:
            continue
        given = f"{key}={value}"
        try:
            with redirect_stderr(io.StringIO()):  # An app may refuse a value, at length.
                runs.append(_synthesize(find_app(directory, command, {**context, key: value}), given, progress))
        except CdkguardError:
            notes.append(f"`-c {given}`: the app ends with an error")
    return Seen(tuple(runs), tuple(notes))


def _synthesize(app: App, given: str, progress: TextIO) -> Run:
    with synth.open_synthesized_app(app, progress=progress) as out, files_named_shortly(out):
        return _run(given, read_stacks(out, app.directory), app.context)


def _run(given: str, stacks: Sequence[Stack], context: Mapping[str, Any]) -> Run:
    return Run(given, guess_environments(stacks, context))


def read_stacks(folder: str, directory: str) -> tuple[Stack, ...]:
    """The stacks of an assembly. Raises InputError: one that cannot be read would be missing among the environments."""
    found = read_assembly(folder, app_directory=directory)
    wrong = next((problem for problem in found.problems if problem.fatal), None)
    if wrong is not None:
        raise InputError(wrong.message)
    return found.stacks


# -- the context keys that name an environment


def find_environment_keys(app: App) -> list[tuple[str, str]]:
    """(key, where it was seen) of each context key that names an environment: in cdk.json, or in the app's code."""
    found = {key: "cdk.json" for key in app.context if is_environment_key(key)}
    for path in _code_files(app.directory):
        for key in _READ_KEY.findall(files.read_bytes(path).decode("utf-8", "replace")):
            if is_environment_key(key):
                found.setdefault(key, os.path.relpath(path, app.directory))
    return list(found.items())


def _code_files(directory: str) -> Iterator[str]:
    """The source files of the app, without installed packages and what it wrote."""
    number = 0
    for folder, folders, names in files.walk(directory):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "cdk.out", "node_modules", "venv")))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not name.endswith(_CODE) or name.endswith(".d.ts") or os.path.getsize(path) > _BIGGEST_FILE:
                continue
            number += 1
            if number > _MOST_FILES:
                return
            yield path


def values_of(key: str, context: Mapping[str, Any]) -> list[str]:
    """The environments to try: those that cdk.json has settings of, by name, else the usual ones."""
    named = [
        name for value in context.values() if isinstance(value, dict) for name in value if environment_of_value(name)
    ]
    own = context.get(key)
    found = [*([own] if isinstance(own, str) and own else []), *named] if named else ["prod", "staging", "dev"]
    return list(dict.fromkeys(found))[:MOST_VALUES]
