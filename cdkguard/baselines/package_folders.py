"""The folders that may hold an app's packages, and their files."""

from __future__ import annotations

from cdkguard.errors import BaselineError
from cdkguard.system import files


def folders_upwards(prefix: str) -> list[str]:
    """The app's folder and those above it, inside the repository: "a/b" -> ["a/b", "a", ""]."""
    parts = prefix.split("/") if prefix else []
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]


def join_name(folder: str, name: str) -> str:
    """The path of a file in a folder of `folders_upwards`, as messages write it."""
    return f"{folder}/{name}" if folder else name


def read_if_there(path: str) -> bytes | None:
    """The file's content, None where there is no such file; raises BaselineError where it cannot be read."""
    try:
        return files.read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise BaselineError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
