"""Keeps a decision for some seconds: several hosts call the same hook twice for one command.

The key holds all that could change the decision and costs little to look at: the request, the environment, the commit, the
index, and size and time of each file of the repository. Entries lie in the user's cache folder, never below the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import time

from cdkguard import __version__
from cdkguard.agents import exchange
from cdkguard.agents.concern import find_repository
from cdkguard.agents.nouns import Decision, Request
from cdkguard.errors import InputError
from cdkguard.system.cache import cache_folder, make_cache_folder

SECONDS = 10.0
MOST_FILES = 20_000  # that are looked at; in a larger repository nothing is kept
_LEFT_OUT = frozenset((".git", "node_modules", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"))
_OWN_LOG = ".cdkguard"


def key_of(request: Request) -> str | None:
    """The name of the entry of a request; None where nothing can be kept."""
    root = find_repository(request.call.directory) or request.call.directory
    state = describe_files(root)
    if state is None:
        return None
    # Whether its user can be asked stays part of it: a clean pull request is let through where nobody can be.
    asked = request._replace(seconds=0.0, call=request.call._replace(host="", tool="", session=""))
    text = json.dumps([__version__, exchange.write_request(asked), sorted(os.environ.items()), root, state])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def describe_files(root: str) -> list[tuple[str, int, int]] | None:
    """(path, size, time) of the files below a folder, of git's state too; None where there are too many, or one is gone."""
    found: list[tuple[str, int, int]] = []
    folders = [root]
    try:
        for path in _git_state(root):
            status = os.stat(path)
            is_index = path.endswith("index")  # which git writes anew when it has looked at the files, the judge's too
            found.append((path, status.st_size, 0 if is_index else status.st_mtime_ns))
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _LEFT_OUT and entry.name != _OWN_LOG:
                            folders.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    found.append((entry.path, status.st_size, status.st_mtime_ns))
            if len(found) > MOST_FILES:
                return None
    except OSError:
        return None
    return sorted(found)


def _git_state(root: str) -> list[str]:
    """The files in which git notes the commit and what is staged, where they are there."""
    folder = os.path.join(root, ".git")
    names = [os.path.join(folder, name) for name in ("HEAD", "index", "packed-refs", "logs/HEAD")]
    return [name for name in names if os.path.exists(name)]


def read_decision(key: str | None) -> Decision | None:
    """The decision that was kept under the key; None where there is none that counts."""
    path = _path(key)
    if path is None:
        return None
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(number, encoding="utf-8") as handle:
            status = os.fstat(number)
            is_ours = not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)
            if not is_ours or not 0 <= time.time() - status.st_mtime < SECONDS:
                return None
            return exchange.read_decision(handle.read())
    except (OSError, ValueError, InputError):
        return None


def write_decision(key: str | None, decision: Decision) -> None:
    """Keep a decision of the judge; what only says that the judge failed is not kept."""
    path = _path(key)
    if path is None or "failure" in decision.evidence:
        return
    part = f"{path}.{os.getpid()}"
    try:
        make_cache_folder(os.path.dirname(path))
        _remove_old(os.path.dirname(path))
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
            handle.write(exchange.write_decision(decision))
        os.replace(part, path)
    except (OSError, ValueError):
        return


def _path(key: str | None) -> str | None:
    folder = cache_folder("agents")
    if key is None or folder is None:
        return None
    repository = find_repository(os.path.dirname(folder))
    if repository is not None and repository == find_repository(os.getcwd()):
        return None  # somebody has put the cache where the agent writes
    return os.path.join(folder, key)


def _remove_old(folder: str) -> None:
    with os.scandir(folder) as entries:
        old = [entry.path for entry in entries if time.time() - entry.stat().st_mtime > SECONDS]
    for path in old:
        os.unlink(path)
