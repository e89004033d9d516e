"""The folders and files whose change calls for another check of a configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard.check.assemble import names_an_app
from cdkguard.config.find import FILES, repository_root
from cdkguard.config.settings import Config
from cdkguard.packs.folders import find_pack_folder

_MOST_LINKS = 200  # packages of the same repository


def find_places(config: Config) -> tuple[str, ...]:
    """What is judged, the app's packages in the same repository, and the files and packs of the configuration."""
    found = [*config.paths]
    if names_an_app(config):
        directory = config.paths[0] if config.paths else config.directory
        found = [directory, *find_linked_packages(directory)]
        if config.app and os.path.isdir(os.path.join(directory, config.app)):
            found.append(os.path.join(directory, config.app))  # an assembly that exists already
        found.append(os.path.expanduser("~/.cdk.json"))
    found += _configuration_files(config)
    found += map(find_pack_folder, config.packs)
    return tuple(dict.fromkeys(map(os.path.normpath, found)))


def find_linked_packages(directory: str) -> list[str]:
    """The folders of the repository that package managers link into node_modules: workspaces, `file:` dependencies."""
    root = os.path.realpath(repository_root(directory))
    found = []
    for folder in _folders_up_to(os.path.realpath(directory), root):
        for link in _links_in(os.path.join(folder, "node_modules")):
            target = os.path.realpath(link)
            if target.startswith(root + os.sep) and f"{os.sep}node_modules{os.sep}" not in target + os.sep:
                found.append(os.path.relpath(target))
    return list(dict.fromkeys(found))[:_MOST_LINKS]


def _folders_up_to(folder: str, root: str) -> Iterator[str]:
    while True:
        yield folder
        if folder == root or os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def _links_in(modules: str) -> Iterator[str]:
    """The links to packages in a node_modules, those with a scope included."""
    try:
        with os.scandir(modules) as entries:
            for entry in entries:
                if entry.is_symlink():
                    yield entry.path
                elif entry.name.startswith("@"):
                    yield from (os.path.join(entry.path, n) for n in os.listdir(entry.path) if os.path.islink(os.path.join(entry.path, n)))  # fmt: skip
    except OSError:
        return


def _configuration_files(config: Config) -> list[str]:
    """The files that settings come from, and where one may be put that would count."""
    named = [path for path in (config.file, config.accepted, config.approvals) if path]
    root = os.path.realpath(repository_root(config.directory))
    above = [
        os.path.relpath(os.path.join(folder, name))
        for folder in _folders_up_to(os.path.realpath(config.directory), root)
        for name in (*FILES, "pyproject.toml")
    ]
    return [*named, *above]
