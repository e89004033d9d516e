"""Why an app probably failed, and what to run: a sentence for each reason that can be seen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from cdkguard.inputs import containers
from cdkguard.inputs.app import App
from cdkguard.inputs.default_environment import DefaultEnvironment
from cdkguard.inputs.installed_packages import advise_on_node, advise_on_python
from cdkguard.system import files

_NO_NODE_MODULE = re.compile(
    r"Cannot find (?:module|package) '([^'./][^']*)'|could not determine executable to run|(?:ts-node|tsx): (?:command )?not found"
)
_NO_PYTHON_MODULE = re.compile(r"No module named '?([\w.]+)")
_ABOUT_ACCOUNT = re.compile(r"^.{0,200}(?:\baccount\b|CDK_DEFAULT_).{0,200}$", re.IGNORECASE | re.MULTILINE)  # no code
_DOCKER_FAILED = re.compile(r"\bdocker exited with status|spawnSync docker\b", re.IGNORECASE)


def advise_on_failure(app: App, default: DefaultEnvironment, out: str, said: Sequence[str]) -> str:
    """What to do after the app ended with an error; empty where nothing is known. `said` is the end of its output.

    The app was to write its assembly into `out`.
    """
    return "\n".join(f"  {reason}" for reason in _find_reasons(app, default, out, "\n".join(said)))


def _find_reasons(app: App, default: DefaultEnvironment, out: str, said: str) -> Iterator[str]:
    if _NO_NODE_MODULE.search(said) and (advice := advise_on_node(app.directory)):
        yield advice
    if (missing := _NO_PYTHON_MODULE.search(said)) and not _is_own_module(app.directory, missing[1]):
        yield advise_on_python(app.directory, missing[1])
    if default.advice and _ABOUT_ACCOUNT.search(said):
        yield default.advice
    if told := containers.tell_calls(out):
        yield f"{told}: if the app needs what they make, `--full-synth` runs them"
    elif _DOCKER_FAILED.search(said):
        yield "Docker did not build an asset: without `--full-synth` no container is needed"


def _is_own_module(directory: str, name: str) -> bool:
    first = name.split(".")[0]
    return files.exists(os.path.join(directory, first)) or files.exists(os.path.join(directory, f"{first}.py"))
