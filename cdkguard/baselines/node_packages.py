"""The Node packages that the user has installed, shared with another revision's work tree where the lock files are equal."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from subprocess import STDOUT, TimeoutExpired

from cdkguard._typing import Json
from cdkguard.baselines.copied_packages import find_copied_packages
from cdkguard.baselines.package_folders import folders_upwards, join_name, read_if_there
from cdkguard.baselines.plug_and_play import has_plug_and_play, share_plug_and_play
from cdkguard.errors import BaselineError
from cdkguard.system import processes

INSTALL_OPTION = "--install"  # of the command line, named by an error
NODE_LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
# The keys of package.json by which the installed packages can differ.
_DEPENDENCY_KEYS = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions",
    "workspaces", "pnpm", "packageManager", "catalog", "catalogs",
)  # fmt: skip


def reuse_node(own: str, other: str, prefix: str, install: bool, timeout: float | None) -> list[str]:
    """Give the work tree `other` the packages installed in `own`; notes.

    Raises BaselineError where the lock files differ, unless `install` allows to install the other revision's packages
    from its lock file, without their scripts.
    """
    notes = []
    sharing = _Sharing(own, other, find_copied_packages(own, prefix))
    for folder in folders_upwards(prefix):
        here, there = os.path.join(own, folder), os.path.join(other, folder)
        if not os.path.isdir(there) or os.path.lexists(os.path.join(there, "node_modules")):
            continue

        present = os.path.isdir(os.path.join(here, "node_modules")) or has_plug_and_play(here)
        differs = _find_difference(here, there) if present else None
        if present and differs is None:
            sharing.link_modules(folder)
            share_plug_and_play(here, there)
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
    """The lock file's content, without the versions of the project and its workspaces, which a release changes."""
    raw = read_if_there(path)
    if raw is None or not path.endswith(".json"):
        return raw
    try:
        data = json.loads(raw)
        data.pop("version", None)
        for folder, package in data.get("packages", {}).items():
            if "node_modules" not in folder.split("/"):  # the project itself, or a workspace
                package.pop("version", None)
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


class _Sharing:
    """Links the installed packages of `own` into `other`; packages of the repository itself are the other revision's."""

    def __init__(self, own: str, other: str, copied: Mapping[str, str]) -> None:
        self.own, self.other = own, other
        self.copied = copied  # package -> its folder in the repository, where node_modules may hold a copy of it
        self._seen: set[str] = set()

    def link_modules(self, folder: str) -> None:
        """Link the folder's node_modules, and those of the repository's packages in it."""
        source, target = (os.path.join(root, folder, "node_modules") for root in (self.own, self.other))
        if folder in self._seen or not os.path.isdir(source) or os.path.lexists(target):
            return
        self._seen.add(folder)
        for place in self._link_folder(source, target):
            if os.path.isdir(os.path.join(self.other, place)):
                self.link_modules(place)

    def _link_folder(self, source: str, target: str) -> list[str]:
        """Link a folder of packages; the folders in the repository of those that are its own."""
        local = dict(self._local_packages(source))
        if not local:
            os.symlink(source, target)
            return []
        os.mkdir(target)
        for name in sorted(os.listdir(source), key=lambda name: name == ".bin"):  # programs last: they lead to packages
            path, link = os.path.join(source, name), os.path.join(target, name)
            inner = {k.partition("/")[2]: v for k, v in local.items() if k.startswith(f"{name}/")}
            if name == ".bin":
                self._link_programs(path, link)
            elif inner:
                os.mkdir(link)
                for part in os.listdir(path):
                    self._link(os.path.join(path, part), os.path.join(link, part), inner.get(part))
            else:
                self._link(path, link, local.get(name))
        return list(local.values())

    def _link_programs(self, source: str, target: str) -> None:
        """Link the programs of packages one by one: those of the repository's own packages are the other revision's."""
        os.mkdir(target)
        for name in os.listdir(source):
            path = os.path.join(source, name)
            place = os.readlink(path) if os.path.islink(path) else ""
            inside = place and not os.path.isabs(place) and os.path.exists(os.path.join(target, place))
            os.symlink(place if inside else path, os.path.join(target, name))

    def _link(self, source: str, target: str, place: str | None) -> None:
        """Let `target` be the installed package, or the other revision's folder `place` in its way: a link, or a copy."""
        if place is None:
            os.symlink(source, target)
        elif os.path.islink(source):
            os.symlink(os.path.join(self.other, place), target)
        elif os.path.isdir(os.path.join(self.other, place)):
            # A copy finds its own packages beside it, which a link to the repository's folder would not.
            shutil.copytree(
                os.path.join(self.other, place), target, symlinks=True, ignore=shutil.ignore_patterns("node_modules")
            )
            nested = os.path.join(source, "node_modules")
            if os.path.isdir(nested):
                self._link_folder(nested, os.path.join(target, "node_modules"))

    def _local_packages(self, modules: str) -> Iterator[tuple[str, str]]:
        """(package, folder in the repository) of the repository's own packages among those that are installed."""
        for name in sorted(os.listdir(modules)):
            path = os.path.join(modules, name)
            scoped = (
                [f"{name}/{part}" for part in os.listdir(path)]
                if name.startswith("@") and os.path.isdir(path)
                else [name]
            )
            for package in scoped:
                place = self._place_of(os.path.join(modules, package)) or self.copied.get(package)
                if place is not None:
                    yield package, place

    def _place_of(self, link: str) -> str | None:
        """Where a link leads to in the repository; None where it leads out of it or to an installed package."""
        if not os.path.islink(link):
            return None
        place = os.path.relpath(os.path.realpath(link), self.own)
        return place if not place.startswith("..") and "node_modules" not in place.split(os.sep) else None


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
    if any(os.path.isfile(os.path.join(folder, name)) for name in ("bun.lock", "bun.lockb")):
        return ["bun", "install", "--frozen-lockfile", "--ignore-scripts"]
    if any(os.path.isfile(os.path.join(folder, name)) for name in ("package-lock.json", "npm-shrinkwrap.json")):
        return ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    raise BaselineError(
        f"{os.path.basename(folder)}: the baseline has no lock file, so its packages cannot be installed"
    )
