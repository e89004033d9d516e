"""The Node packages that the user has installed, shared with another revision's work tree where the lock files are equal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from subprocess import STDOUT, TimeoutExpired

from cdkguard._typing import Json
from cdkguard.baselines.package_folders import folders_upwards, join_name, read_if_there
from cdkguard.errors import BaselineError
from cdkguard.system import processes

INSTALL_OPTION = "--install"  # of the command line, named by an error
NODE_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")
# The keys of package.json by which the installed packages can differ.
_DEPENDENCY_KEYS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions",
    "workspaces", "pnpm", "packageManager",
)  # fmt: skip


def reuse_node(own: str, other: str, prefix: str, install: bool, timeout: float | None) -> list[str]:
    """Give the work tree `other` the packages installed in `own`; notes.

    Raises BaselineError where the lock files differ, unless `install` allows to install the other revision's packages
    from its lock file, without their scripts.
    """
    notes = []
    seen: set[str] = set()
    for folder in folders_upwards(prefix):
        modules, there = os.path.join(own, folder, "node_modules"), os.path.join(other, folder)
        if not os.path.isdir(there) or os.path.lexists(os.path.join(there, "node_modules")):
            continue

        present = os.path.isdir(modules)
        differs = _find_difference(os.path.join(own, folder), there) if present else None
        if present and differs is None:
            _link_modules(own, other, folder, seen)
        elif install and any(os.path.isfile(os.path.join(there, name)) for name in NODE_LOCKS):
            why = (
                f"{join_name(folder, differs)} differs"
                if differs
                else f"{join_name(folder, 'node_modules')} is not there"
            )
            notes.append(f"{why}: {_install(there, timeout)} installed the baseline's packages")
        elif differs is not None:
            raise BaselineError(
                f"{join_name(folder, differs)} differs between the baseline and the work tree, so the installed packages "
                f"are not the baseline's; {INSTALL_OPTION} installs those"
            )
    return notes


def _find_difference(own: str, other: str) -> str | None:
    """The name of a file by which the two folders' Node packages can differ; None where they are the same."""
    for name in NODE_LOCKS:
        if _read_lock(os.path.join(own, name)) != _read_lock(os.path.join(other, name)):
            return name
    one, two = (_read_json(os.path.join(folder, "package.json")) for folder in (own, other))
    return "package.json" if any(one.get(key) != two.get(key) for key in _DEPENDENCY_KEYS) else None


def _read_lock(path: str) -> Json:
    """The lock file's content, without the project's own version, which a release changes."""
    raw = read_if_there(path)
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
    raw = read_if_there(path)
    try:
        data = json.loads(raw) if raw is not None else {}
    except (ValueError, RecursionError) as problem:
        raise BaselineError(f"{path}: not JSON: {problem}") from problem
    return data if isinstance(data, dict) else {}


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
    yarn = read_if_there(os.path.join(folder, "yarn.lock"))
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
