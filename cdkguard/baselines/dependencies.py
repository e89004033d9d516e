"""The packages that the user has installed, shared with another revision's work tree where the lock files are equal."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from subprocess import STDOUT, TimeoutExpired

from cdkguard._typing import Json
from cdkguard.errors import BaselineError
from cdkguard.system import files, processes

INSTALL_OPTION = "--install"  # of the command line; what the error names
NODE_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")
PYTHON_LOCKS = (
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "setup.py",
    "setup.cfg",
)
_REQUIREMENTS = re.compile(r"requirements.*\.(?:txt|in)$")
# The keys of package.json by which the installed packages can differ.
_DEPENDENCY_KEYS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions",
    "workspaces", "pnpm", "packageManager",
)  # fmt: skip
_VENVS = (".venv", "venv", "env")
# `uv run` would install the other revision's packages into the user's environment.
_SYNCING = re.compile(r"\buv\s+run\b")


def folders(prefix: str) -> list[str]:
    """The app's folder and those above it, inside the repository: "a/b" -> ["a/b", "a", ""]."""
    parts = prefix.split("/") if prefix else []
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]


# -- Node


def reuse_node(own: str, other: str, prefix: str, install: bool, timeout: float | None) -> list[str]:
    """Give the work tree `other` the packages installed in `own`; notes.

    Raises BaselineError where the lock files differ, unless `install` allows to install the other revision's packages
    from its lock file, without their scripts.
    """
    notes = []
    seen: set[str] = set()
    for folder in folders(prefix):
        modules, there = os.path.join(own, folder, "node_modules"), os.path.join(other, folder)
        if not os.path.isdir(there) or os.path.lexists(os.path.join(there, "node_modules")):
            continue
        present = os.path.isdir(modules)
        differs = _find_difference(os.path.join(own, folder), there) if present else None
        if present and differs is None:
            _link_modules(own, other, folder, seen)
        elif install and any(os.path.isfile(os.path.join(there, name)) for name in NODE_LOCKS):
            why = f"{_join(folder, differs)} differs" if differs else f"{_join(folder, 'node_modules')} is not there"
            notes.append(f"{why}: {_install(there, timeout)} installed the baseline's packages")
        elif differs is not None:
            raise BaselineError(
                f"{_join(folder, differs)} differs between the baseline and the work tree, so the installed packages "
                f"are not the baseline's; {INSTALL_OPTION} installs those"
            )
    return notes


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _find_difference(own: str, other: str) -> str | None:
    """The name of a file by which the two folders' Node packages can differ; None where they are the same."""
    for name in NODE_LOCKS:
        if _read_lock(os.path.join(own, name)) != _read_lock(os.path.join(other, name)):
            return name
    one, two = (_read_json(os.path.join(folder, "package.json")) for folder in (own, other))
    return "package.json" if any(one.get(key) != two.get(key) for key in _DEPENDENCY_KEYS) else None


def _read_lock(path: str) -> Json:
    """The lock file's content, without the project's own version, which a release changes."""
    raw = _read_bytes(path)
    if raw is None or not path.endswith(".json"):
        return raw
    try:
        data = json.loads(raw)
        data.pop("version", None)
        data.get("packages", {}).get("", {}).pop("version", None)
    except (ValueError, AttributeError, RecursionError):
        return raw
    return data


def _read_json(path: str) -> dict[str, Json]:
    raw = _read_bytes(path)
    try:
        data = json.loads(raw) if raw is not None else {}
    except (ValueError, RecursionError) as problem:
        raise BaselineError(f"{path}: not JSON: {problem}") from problem
    return data if isinstance(data, dict) else {}


def _read_bytes(path: str) -> bytes | None:
    """None where there is no such file."""
    try:
        return files.read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise BaselineError(f"{path}: cannot be read: {problem.strerror or problem}") from problem


def _link_modules(own: str, other: str, folder: str, seen: set[str]) -> None:
    """Link node_modules; packages of the repository itself (workspaces) are linked to the other revision's folders."""
    source, target = os.path.join(own, folder, "node_modules"), os.path.join(other, folder, "node_modules")
    if folder in seen or not os.path.isdir(source) or os.path.lexists(target):
        return
    seen.add(folder)
    local = dict(_local_packages(own, source))
    if not local:
        os.symlink(source, target)
        return
    os.mkdir(target)
    for name in os.listdir(source):
        inner = {k.partition("/")[2]: v for k, v in local.items() if k.startswith(f"{name}/")}
        if inner:
            os.mkdir(os.path.join(target, name))
            for part in os.listdir(os.path.join(source, name)):
                _link(os.path.join(source, name, part), os.path.join(target, name, part), other, inner.get(part))
        else:
            _link(os.path.join(source, name), os.path.join(target, name), other, local.get(name))
    for place in local.values():
        if os.path.isdir(os.path.join(other, place)):
            _link_modules(own, other, place, seen)


def _link(source: str, target: str, other: str, place: str | None) -> None:
    os.symlink(source if place is None else os.path.join(other, place), target)


def _local_packages(own: str, modules: str) -> Iterator[tuple[str, str]]:
    """(package, folder in the repository) of the packages that are links out of node_modules into the repository."""
    for name in sorted(os.listdir(modules)):
        path = os.path.join(modules, name)
        scoped = (
            [f"{name}/{part}" for part in os.listdir(path)] if name.startswith("@") and os.path.isdir(path) else [name]
        )
        for package in scoped:
            link = os.path.join(modules, package)
            if os.path.islink(link):
                place = os.path.relpath(os.path.realpath(link), own)
                if not place.startswith("..") and "node_modules" not in place.split(os.sep):
                    yield package, place


def _install(folder: str, timeout: float | None) -> str:
    """Install the packages of the folder's lock file; the first two words of the command."""
    command = _install_command(folder)
    try:
        done = processes.run(command, folder, timeout=timeout, shell=os.name == "nt", stderr=STDOUT, errors="replace")
    except TimeoutExpired as problem:
        raise BaselineError(f"{' '.join(command)} was stopped after {timeout:.0f} s (--timeout)") from problem
    except OSError as problem:
        raise BaselineError(f"{' '.join(command)} cannot be run: {problem.strerror or problem}") from problem
    if done.status != 0:
        tail = [line for line in done.out.splitlines() if line.strip()][-5:]
        raise BaselineError(
            "\n".join(
                [f"the baseline's packages were not installed: {' '.join(command)} failed", *(f"  | {t}" for t in tail)]
            )
        )
    return " ".join(command[:2])


def _install_command(folder: str) -> list[str]:
    yarn = _read_bytes(os.path.join(folder, "yarn.lock"))
    if yarn is not None:
        berry = b"__metadata:" in yarn
        return [
            "yarn",
            "install",
            *(("--immutable", "--mode=skip-build") if berry else ("--frozen-lockfile", "--ignore-scripts")),
        ]
    if os.path.isfile(os.path.join(folder, "pnpm-lock.yaml")):
        return ["pnpm", "install", "--frozen-lockfile", "--ignore-scripts"]
    if any(os.path.isfile(os.path.join(folder, name)) for name in ("package-lock.json", "npm-shrinkwrap.json")):
        return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    raise BaselineError(
        f"{os.path.basename(folder)}: the baseline has no lock file, so its packages cannot be installed"
    )


# -- Python


def reuse_python(own: str, other: str, prefix: str, command: str) -> tuple[str, list[str]]:
    """Link the virtual environments into the work tree `other`.

    Gives the app's command, changed so that it imports the work tree's own packages, and notes.
    """
    notes = []
    for folder in folders(prefix):
        if not os.path.isdir(os.path.join(other, folder)):
            continue
        names = _python_files(os.path.join(own, folder)) | _python_files(os.path.join(other, folder))
        for name in sorted(names):
            if _read_bytes(os.path.join(own, folder, name)) != _read_bytes(os.path.join(other, folder, name)):
                notes.append(
                    f"{_join(folder, name)} differs: the baseline was synthesized with the Python packages installed now"
                )
        for name in () if _SYNCING.search(command) else _VENVS:
            source, target = os.path.join(own, folder, name), os.path.join(other, folder, name)
            if os.path.isfile(os.path.join(source, "pyvenv.cfg")) and not os.path.lexists(target):
                os.symlink(source, target)
    inside = _editable_folders(own, prefix)
    mapped = [os.path.join(other, place) for place in inside if os.path.isdir(os.path.join(other, place))]
    return (_with_path(command, mapped) if mapped else command), notes


def _python_files(folder: str) -> set[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {name for name in names if name in PYTHON_LOCKS or _REQUIREMENTS.match(name)}


def environments(own: str, prefix: str) -> list[str]:
    """The virtual environments that the app may run in."""
    found = [os.environ["VIRTUAL_ENV"]] if os.environ.get("VIRTUAL_ENV") else []
    found += [os.path.join(own, folder, name) for folder in folders(prefix) for name in _VENVS]
    return [path for path in dict.fromkeys(found) if os.path.isfile(os.path.join(path, "pyvenv.cfg"))]


def site_packages(environment: str) -> list[str]:
    """The folders of an environment's packages."""
    lib = os.path.join(environment, "lib")
    names = sorted(os.listdir(lib)) if os.path.isdir(lib) else []
    found = [os.path.join(lib, name, "site-packages") for name in names if name.startswith("python")]
    found.append(os.path.join(environment, "Lib", "site-packages"))
    return [path for path in found if os.path.isdir(path)]


def _editable_folders(own: str, prefix: str) -> list[str]:
    """The repository's folders from which packages are imported: `pip install -e .` leads into the user's tree."""
    found: list[str] = []
    for site in (site for environment in environments(own, prefix) for site in site_packages(environment)):
        for name in sorted(os.listdir(site)):
            if name.endswith(".pth") or name.startswith("__editable__") and name.endswith("_finder.py"):
                text = (_read_bytes(os.path.join(site, name)) or b"").decode("utf-8", "replace")
                found += _pth_folders(text) if name.endswith(".pth") else _finder_folders(text)
    places = [os.path.relpath(os.path.realpath(path), own) for path in found]
    return [place for place in dict.fromkeys(places) if not place.startswith("..") and not os.path.isabs(place)]


def _pth_folders(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if os.path.isabs(line.strip())]


def _finder_folders(text: str) -> list[str]:
    """The folders in the finder that setuptools writes for an editable package."""
    from ast import literal_eval

    mapping = re.search(r"^MAPPING\b[^=\n]*=\s*(\{.*\})\s*$", text, re.MULTILINE)
    try:
        values = literal_eval(mapping.group(1)) if mapping else {}
    except (ValueError, SyntaxError):
        return []
    return [os.path.dirname(str(path)) for path in values.values()]


def _with_path(command: str, places: list[str]) -> str:
    """The shell command, with these folders on PYTHONPATH in front of the installed packages."""
    if os.name == "nt":
        return f"set PYTHONPATH={os.pathsep.join(places)};%PYTHONPATH%&& {command}"
    return f'export PYTHONPATH={shlex.quote(os.pathsep.join(places))}"${{PYTHONPATH:+:$PYTHONPATH}}"; {command}'


# -- changes of the installation


def installation_stamps(own: str, prefix: str) -> list[str]:
    """Paths with their times, which change when packages are installed; a part of the cache's key."""
    watched = [os.path.join(own, folder, "node_modules") for folder in folders(prefix)]
    watched += [
        os.path.join(path, name)
        for path in list(watched)
        for name in (".package-lock.json", ".yarn-state.yml", ".modules.yaml")
    ]
    watched += [site for environment in environments(own, prefix) for site in site_packages(environment)]
    return [f"{path} {os.stat(path).st_mtime_ns}" for path in watched if os.path.exists(path)]
