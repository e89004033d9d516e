"""Where a folder's configuration file is, and the root of its repository."""

from __future__ import annotations

import os

from cdkguard.errors import ConfigError
from cdkguard.system import files

FILES = ("cdkguard.yaml", "cdkguard.yml")


def find_config_file(directory: str) -> str | None:
    """The configuration file of the folder, or of the nearest above it up to its repository's root.

    The path is relative to the current folder. Raises ConfigError where one folder holds two.
    """
    for folder in _folders_to_root(os.path.abspath(directory)):
        found = [name for name in FILES if files.exists(os.path.join(folder, name))]
        project = _relative(os.path.join(folder, "pyproject.toml"))
        if files.is_file(project) and _has_settings(project):
            found.append("pyproject.toml")

        if len(found) > 1:
            raise ConfigError(f"{_relative(folder)}: settings in {' and in '.join(found)}: keep one of them")
        if found:
            return _relative(os.path.join(folder, found[0]))
    return None


def repository_root(directory: str) -> str:
    """The root of the folder's repository; the folder itself where it is in none."""
    return _folders_to_root(os.path.abspath(directory))[-1]


def _folders_to_root(directory: str) -> list[str]:
    """The folder and those above it up to the repository's root.

    Only the folder itself where there is no repository, because the folders above it may be somebody else's.
    """
    folders = [directory]
    while not files.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:
            return [directory]
        folders.append(above)
    return folders


def is_below(path: str, folder: str) -> bool:
    """Whether the path, whatever links it goes through, ends below the folder."""
    real, root = os.path.realpath(path), os.path.realpath(folder)
    return real.startswith(root.rstrip(os.sep) + os.sep)


def _has_settings(project: str) -> bool:
    from cdkguard.config.toml_document import has_table

    return has_table(project)


def _relative(path: str) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive
        return path
