"""The address of a committed line at GitHub or GitLab, where continuous integration says which repository and commit it is."""

from __future__ import annotations

import json
import os
import posixpath
import re
from functools import cache

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.baselines.worktree import find_repository, run_git
from cdkguard.errors import BaselineError
from cdkguard.outputs.render import no_permalink
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.outputs.render import Permalink

_SERVER = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._-]+)*")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class _Service(NamedTuple):
    """What a CI service says of the repository."""

    blobs: str  # The address of all files of all commits.
    commits: tuple[str, ...]  # Those that the service has; the first is the one to prefer.


class _Files(NamedTuple):
    """The files of the commit that is checked out, by which address they are to be seen."""

    committed: frozenset[str]
    changed: frozenset[str]  # In the work tree: their lines are of no commit.
    commit: str
    merged: frozenset[str]  # Other ones than in the commit to prefer.


def make_permalink(current_folder: str) -> Permalink:
    """A function that gives the address of a line of a file below the current folder; "" where nobody knows one.

    It asks git when the first address is wanted.
    """
    service = _find_service()
    if service is None:
        return no_permalink

    @cache
    def list_files() -> tuple[str, _Files] | None:
        try:
            return _list_files(current_folder, service)
        except BaselineError:
            return None

    def permalink(file: str, line: int) -> str:
        from urllib.parse import quote

        found = list_files()
        if found is None:
            return ""
        prefix, known = found
        path = posixpath.normpath(posixpath.join(prefix, file))
        if path not in known.committed or path in known.changed:
            return ""
        commit = known.commit if path in known.merged else service.commits[0]
        return f"{service.blobs}/{commit}/{quote(path)}#L{line}"

    return permalink


def _find_service() -> _Service | None:
    environment = os.environ.get
    server, repository = environment("GITHUB_SERVER_URL", ""), environment("GITHUB_REPOSITORY", "")
    if _SERVER.fullmatch(server) and _REPOSITORY.fullmatch(repository):
        blobs = f"{server}/{repository}/blob"
        commits = [_head_of_pull_request(), environment("GITHUB_SHA", "")]
    elif _SERVER.fullmatch(environment("CI_PROJECT_URL", "")):
        blobs = f"{environment('CI_PROJECT_URL')}/-/blob"
        commits = [environment("CI_COMMIT_SHA", "")]
    else:
        return None
    known = tuple(commit for commit in commits if _COMMIT.fullmatch(commit))
    return _Service(blobs, known) if known else None


def _head_of_pull_request() -> str:
    """The commit that the author pushed. GITHUB_SHA is its merge with the base, which no branch keeps."""
    try:
        event = json.loads(files.read_bytes(os.environ.get("GITHUB_EVENT_PATH", "")))
        head = event["pull_request"]["head"]["sha"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""  # The event of another kind of run.
    return head if isinstance(head, str) else ""


def _list_files(current_folder: str, service: _Service) -> tuple[str, _Files] | None:
    """(the current folder in the repository, its files); None where the service does not have what is checked out."""
    repository = find_repository(current_folder)

    def run(*arguments: str) -> str:
        return run_git(repository.root, *arguments) or ""

    head = run("rev-parse", "HEAD")
    if head not in service.commits:
        return None
    committed = _split(run("ls-tree", "-r", "-z", "--name-only", "HEAD"))
    changed = _split(run("diff", "-z", "--name-only", "HEAD"))
    preferred = service.commits[0]
    merged = committed
    if head == preferred:
        merged = frozenset()
    elif run_git(repository.root, "cat-file", "-e", f"{preferred}^{{commit}}", no=(1, 128)) is not None:
        merged = _split(run("diff", "-z", "--name-only", preferred, "HEAD"))
    return repository.prefix, _Files(committed, changed, head, merged)


def _split(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split("\0")))
