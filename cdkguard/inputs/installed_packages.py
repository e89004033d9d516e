"""Packages that an app needs and that are not installed: how it shows, and the command that installs them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.errors import SynthError
from cdkguard.inputs.app import App
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

# Lock file -> the command that installs what it says.
NODE_INSTALLERS = (
    ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ("bun.lock", "bun install --frozen-lockfile"),
    ("bun.lockb", "bun install --frozen-lockfile"),
    ("yarn.lock", "yarn install"),
    ("package-lock.json", "npm ci"),
    ("npm-shrinkwrap.json", "npm ci"),
)
_PYTHON_INSTALLERS = (
    ("uv.lock", "uv sync"),
    ("poetry.lock", "poetry install"),
    ("pdm.lock", "pdm install"),
    ("Pipfile.lock", "pipenv install"),
    ("requirements.txt", "pip install -r requirements.txt"),
    ("pyproject.toml", "pip install ."),
)
_VENVS = (".venv", "venv", "env")
PNP = (".pnp.cjs", ".pnp.js")  # how Yarn finds packages without node_modules
# Programs that come from installed packages, or are looked for there first; npx would download what is missing.
_RUNNERS = lazy_pattern(r"(?:^|[\s/])(?:npx|ts-node|tsx|npm|pnpm|yarn)(?=\s|$)")
_INSTALLS = lazy_pattern(r"\binstall\b|\bci\b|\bdlx\b")


def refuse_missing_packages(app: App) -> None:
    """Raises SynthError where a TypeScript app's packages are not installed: npx would download its runner, and then fail."""
    if app.build or os.environ.get("NODE_PATH") or not _RUNNERS.search(app.command) or _INSTALLS.search(app.command):
        return
    folders = list(_upwards(app.directory))
    package = next((folder for folder in folders if files.is_file(os.path.join(folder, "package.json"))), None)
    if package is None or not _needs_library(package) or any(_has_library(folder) for folder in folders):
        return
    raise SynthError(advise_on_node(app.directory))


def advise_on_node(directory: str) -> str:
    """That packages are missing, and the command to install them; empty where there is no package.json."""
    folders = list(_upwards(directory))
    own = next((folder for folder in folders if files.is_file(os.path.join(folder, "package.json"))), None)
    if own is None:
        return ""
    for folder in folders:
        for lock, command in NODE_INSTALLERS:
            if files.is_file(os.path.join(folder, lock)):
                return _advise(folder, command, directory)
    return _advise(own, "npm install", directory)


def _advise(folder: str, command: str, directory: str) -> str:
    at = os.path.relpath(folder)
    place = "" if at == os.curdir else f" in {at}"
    missing = not any(os.path.isdir(os.path.join(each, "node_modules")) for each in _upwards(directory))
    return f"{'node_modules is missing' if missing else 'an installed package is missing'}: run `{command}`{place}"


def advise_on_python(directory: str, module: str) -> str:
    """That the module is not installed, and what to run."""
    missing = f"the Python package of '{module}' is not installed in the environment that runs the app"
    for folder in _upwards(directory):
        for name in _VENVS:
            path = os.path.join(folder, name)
            if files.is_file(os.path.join(path, "pyvenv.cfg")) and os.environ.get("VIRTUAL_ENV") != os.path.abspath(
                path
            ):
                return f"{missing}: there is one in {os.path.relpath(path)}: activate it (`{_activation(path)}`)"
        for lock, command in _PYTHON_INSTALLERS:
            if files.is_file(os.path.join(folder, lock)):
                at = os.path.relpath(folder)
                return f"{missing}: run `{command}`{'' if at == os.curdir else f' in {at}'}"
    return f"{missing}: install it"


def _activation(path: str) -> str:
    shown = os.path.relpath(path)
    return f"{shown}\\Scripts\\activate" if os.name == "nt" else f"source {shown}/bin/activate"


def _upwards(directory: str) -> Iterator[str]:
    """The folder and those above it, inside its repository."""
    folder = os.path.abspath(directory)
    while True:
        yield folder
        if os.path.lexists(os.path.join(folder, ".git")) or os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def _has_library(folder: str) -> bool:
    return files.exists(os.path.join(folder, "node_modules", "aws-cdk-lib")) or any(
        files.exists(os.path.join(folder, name)) for name in PNP
    )


def _needs_library(folder: str) -> bool:
    """Whether the folder's package.json names aws-cdk-lib among what is installed."""
    try:
        return '"aws-cdk-lib"' in files.read_text(os.path.join(folder, "package.json"))
    except (OSError, UnicodeDecodeError):
        return False
