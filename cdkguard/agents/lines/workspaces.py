"""Which package.json a package manager means: the nearest, that of a workspace, or all of them."""

from __future__ import annotations

import os

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.shell.state import State, is_known

if TYPE_CHECKING:
    from cdkguard.agents.lines.packages import Package
    from cdkguard.agents.lines.session import Session

MOST = 40  # workspaces that are read


def find_packages(session: Session, state: State, names: list[str], is_recursive: bool) -> list[Package]:
    """The packages that a command in this folder is about."""
    from cdkguard.agents.lines.packages import read_package

    nearest = find_upwards(session, state.directory, "package.json")
    if not nearest:
        return []
    if not names and not is_recursive:
        found = read_package(session, nearest)
        return [found] if found else []
    folders = _find_root(session, nearest)
    packages = [package for folder in folders if (package := read_package(session, folder))]
    if is_recursive or not all(map(is_known, names)):
        return packages
    return [package for package in packages if any(_is_meant(package, name, state) for name in names)]


def find_upwards(session: Session, directory: str, *names: str) -> str:
    """The nearest folder, up to the top of the repository, that holds one of the files."""
    folder = directory
    while folder:
        if any(session.repository.is_file(os.path.join(folder, name), "") for name in names):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder or not session.repository.locate(parent, ""):
            return ""
        folder = parent
    return ""


def _is_meant(package: Package, name: str, state: State) -> bool:
    from fnmatch import fnmatchcase

    plain = name.strip("./").removesuffix("...").strip("^{}")
    own = str(package.document.get("name") or "")
    folder = package.path.removesuffix("package.json").strip("/")
    return any(fnmatchcase(each, plain) for each in (own, own.rpartition("/")[2], folder, folder.rpartition("/")[2]))


def _find_root(session: Session, nearest: str) -> list[str]:
    """The folders of all workspaces around a folder, its own included."""
    folder: str | None = nearest
    while folder:
        patterns = _patterns_of(session, folder)
        if patterns:
            return [folder, *(each for pattern in patterns for each in _expand(session, folder, pattern))][: MOST + 1]
        parent = os.path.dirname(folder)
        folder = (
            find_upwards(session, parent, "package.json", "pnpm-workspace.yaml")
            if session.repository.locate(parent, "")
            else None
        )
    return [nearest]


def _patterns_of(session: Session, folder: str) -> list[str]:
    from cdkguard.agents.lines.packages import read_package

    package = read_package(session, folder)
    listed = package.document.get("workspaces") if package else None
    if isinstance(listed, dict):
        listed = listed.get("packages")
    found = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    text = session.repository.read(os.path.join(folder, "pnpm-workspace.yaml"), "") or ""
    is_inside = False
    for line in text.splitlines():
        if line.strip().startswith("packages:"):
            is_inside = True
        elif is_inside and line.strip().startswith("-"):
            found.append(line.strip()[1:].split(" #")[0].strip().strip("'\""))
        elif line[:1] not in (" ", "", "#", "-"):
            is_inside = False
    if not found and session.repository.is_file(os.path.join(folder, "lerna.json"), ""):
        found = ["packages/*"]
    return found


def _expand(session: Session, folder: str, pattern: str) -> list[str]:
    """The folders that a pattern such as `packages/*` names."""
    if pattern.startswith("!"):
        return []
    found = [folder]
    for part in pattern.strip("/").removeprefix("./").split("/"):
        made: list[str] = []
        for each in found[:MOST]:
            if "*" not in part:
                made.append(os.path.join(each, part))
                continue
            try:
                names = sorted(
                    entry.name
                    for entry in os.scandir(each)
                    if entry.is_dir() and entry.name[:1] != "." and entry.name != "node_modules"
                )
            except OSError:
                names = []
            from fnmatch import fnmatchcase

            made += [os.path.join(each, name) for name in names if fnmatchcase(name, part)]
            if part == "**":
                made.append(each)
        found = made
    return [each for each in found[:MOST] if session.repository.locate(each, "")]
