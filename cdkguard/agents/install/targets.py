"""The files below a repository or a home folder that are read and written; no link leads out of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from cdkguard.config.find import is_below
from cdkguard.errors import ConfigError, InputError
from cdkguard.system import files


def resolve(root: str, path: str) -> str:
    """The real path of a file below the root. Raises ConfigError where a link on the way leads out of it."""
    real = os.path.realpath(os.path.join(root, *path.split("/")))
    if not is_below(real, root):
        raise ConfigError(f"{path}: a link leads out of {root}, to {real}: nothing is written there")
    return real


def read(root: str, path: str, anywhere: bool = False) -> str | None:
    """The text of a file as it is, line ends included; None where there is none. Raises ConfigError, InputError.

    With `anywhere`, a link that leads out of the root is followed: nothing is written by whoever asks so.
    """
    real = os.path.realpath(os.path.join(root, *path.split("/"))) if anywhere else resolve(root, path)
    try:
        return files.read_bytes(real).decode("utf-8") if files.exists(real) else None
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: not UTF-8 text (byte {problem.start})") from problem


def expand(root: str, pattern: str, otherwise: str) -> Sequence[str]:
    """The files that a pattern with one `*` names, in order; where there are none, the one of the name `otherwise`."""
    if "*" not in pattern:
        return (pattern,)
    folder, _, name = pattern.rpartition("/")
    before, _, behind = name.partition("*")
    where = os.path.join(root, *folder.split("/"))
    try:
        names = sorted(os.listdir(where)) if files.is_folder(where) else []
    except OSError as problem:
        raise InputError(f"{folder}: cannot be read: {problem.strerror}") from problem
    found = [each for each in names if each.startswith(before) and each.endswith(behind)]
    return [f"{folder}/{each}" for each in found or [f"{before}{otherwise}{behind}"]]


def write(root: str, path: str, text: str) -> None:
    """Give a file this text, whole or not at all. Raises ConfigError."""
    real = resolve(root, path)
    try:
        os.makedirs(os.path.dirname(real), exist_ok=True)
        files.write(real, text.encode("utf-8"))
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem


def remove(root: str, path: str) -> None:
    """Remove a file, and the folders above it that are empty then. Raises ConfigError."""
    real, base = resolve(root, path), os.path.realpath(root)
    try:
        os.unlink(real)
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be removed: {problem.strerror}") from problem
    with suppress(OSError):  # a folder that holds something else stays
        folder = os.path.dirname(real)
        while is_below(folder, base):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
