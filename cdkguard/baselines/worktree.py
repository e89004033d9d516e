"""Git revisions: which commit to compare with, and its files in a folder of their own; the user's tree is never touched."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from subprocess import PIPE, TimeoutExpired

from cdkguard._typing import NamedTuple
from cdkguard.errors import BaselineError
from cdkguard.system import files, processes
from cdkguard.system.interrupts import hold_signals

# What a continuous-integration service calls the branch that a pull request goes to.
TARGETS = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CHANGE_TARGET",
)
MAIN = ("refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master")
DEEPEN = "fetch the history (`git fetch --unshallow`; actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)"
# No hook of the user's runs for our checkouts, and nothing asks for a password.
_SETTINGS = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")
# A folder that only looks like a bare repository (an artifact can) has no settings that count.
_NOT_BARE = ("-c", "safe.bareRepository=explicit")
_OWN = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
# Hooks are given these; they would point our commands at the user's index and tree.
_FOREIGN = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_QUARANTINE_PATH", "GIT_INTERNAL_SUPER_PREFIX",
)  # fmt: skip


_NO = (1,)  # the status of a command that found nothing
_NO_OR_ERROR = (1, 128)  # of one that says so as an error; what follows from it is an error, too


class Repository(NamedTuple):
    """The repository of a folder."""

    root: str  # of the user's work tree, without symbolic links
    prefix: str  # of the folder inside it: "infra/app", or ""
    shallow: bool


class Target(NamedTuple):
    """The commit to compare with, and why it is that one where it was not named."""

    commit: str
    note: str | None = None


def git(directory: str, *arguments: str, no: Container[int] = (), timeout: float | None = None) -> str | None:
    """A git command's output without the last newline; None where it ends with a status that is its `no`.

    Anything else than success is a BaselineError: a git that was killed has not said no.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN} | _OWN
    try:
        done = processes.run(
            ["git", *_SETTINGS, *arguments], directory, environment, timeout, stderr=PIPE, errors="surrogateescape"
        )
    except TimeoutExpired as problem:
        raise BaselineError(f"git {_named(arguments)} was stopped after {timeout:.0f} s (--timeout)") from problem
    except OSError as problem:
        raise BaselineError(f"git cannot be run: {problem.strerror or problem}") from problem
    if done.status == 0:
        return done.out.removesuffix("\n")
    if done.status in no:
        return None
    said = [line for line in done.err.splitlines() if line.startswith(("fatal:", "error:"))] or [
        done.err.strip() or done.status_words
    ]
    raise BaselineError(f"git {_named(arguments)}: {said[-1].removeprefix('fatal: ')}")


def _named(arguments: tuple[str, ...]) -> str:
    words = [word for i, word in enumerate(arguments) if word != "-c" and (i == 0 or arguments[i - 1] != "-c")]
    return " ".join(words[:2])


def _ask(directory: str, *arguments: str) -> str:
    return git(directory, *arguments) or ""


def repository(directory: str) -> Repository:
    """The repository that a folder is in; raises BaselineError."""
    root = git(directory, *_NOT_BARE, "rev-parse", "--show-toplevel", no=_NO_OR_ERROR)
    if not root:
        said = "git has no work tree for this folder"
        try:
            git(directory, *_NOT_BARE, "rev-parse", "--show-toplevel")
        except BaselineError as problem:
            said = str(problem)
        raise BaselineError(f"{os.path.abspath(directory)}: is in no git repository, so there is no revision: {said}")
    prefix = _ask(directory, "rev-parse", "--show-prefix").strip("/")
    shallow = _ask(directory, "rev-parse", "--is-shallow-repository") == "true"
    return Repository(os.path.realpath(root), prefix, shallow)


def resolve(repo: Repository, revision: str | None) -> Target:
    """The commit of a revision, by default the merge base with the main branch; raises BaselineError."""
    if revision is not None:
        return Target(_commit(repo, revision))
    head = _commit(repo, "HEAD")
    branch = _main_branch(repo)
    base = git(repo.root, "merge-base", head, branch, no=_NO)
    if base is None:
        raise BaselineError(
            f"HEAD and {_short(branch)} have no common commit"
            + (f" in this shallow clone: {DEEPEN}" if repo.shallow else "; name a revision: git:REV")
        )
    if base != head:
        return Target(base, f"compared with {base[:12]}, the merge base with {_short(branch)}")
    return _on_main(repo, head, branch)


def _on_main(repo: Repository, head: str, branch: str) -> Target:
    """HEAD is part of the main branch: what is new is the work tree's changes, else the last commit (or merge).

    In CI it is always the last commit: a build that rewrites a file must not hide what was merged.
    """
    changed = _ask(repo.root, "status", "--porcelain", "--untracked-files=no") != ""
    if changed and os.environ.get("CI", "").lower() not in ("1", "true"):
        return Target(head, f"HEAD is part of {_short(branch)}: compared the uncommitted changes with it ({head[:12]})")
    parent = git(repo.root, "rev-parse", "--verify", "--quiet", f"{head}^1^{{commit}}", no=_NO)
    if parent is not None:
        text = f"HEAD is part of {_short(branch)}: compared with its first parent {parent[:12]}"
        return Target(parent, text)
    if repo.shallow:
        raise BaselineError(f"HEAD's parent is not in this shallow clone: {DEEPEN}")
    raise BaselineError("HEAD is the repository's first commit, so there is nothing to compare with; name git:REV")


def _main_branch(repo: Repository) -> str:
    for variable in TARGETS:
        name = os.environ.get(variable, "").removeprefix("refs/heads/")
        if name:
            found = _first_ref(repo, (f"refs/remotes/origin/{name}", f"refs/heads/{name}"))
            if found is None:
                hint = f"run `git fetch origin {name}:refs/remotes/origin/{name}`"
                raise BaselineError(
                    f"the branch '{name}' ({variable}) is not in this clone: {DEEPEN if repo.shallow else hint}"
                )
            return found
    default = git(repo.root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", no=_NO)
    found = _first_ref(repo, (*((default,) if default else ()), *MAIN))
    if found is None:
        raise BaselineError("no main branch (origin/HEAD, main or master) is in this clone; fetch it or name git:REV")
    return found


def _first_ref(repo: Repository, names: tuple[str, ...]) -> str | None:
    for name in names:
        if git(repo.root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", no=_NO):
            return name
    return None


def _short(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _commit(repo: Repository, revision: str) -> str:
    name = f"{revision}^{{commit}}"
    found = git(repo.root, "rev-parse", "--verify", "--quiet", "--end-of-options", name, no=_NO_OR_ERROR)
    # `git rev-parse` takes 40 digits for a commit without looking whether it is there.
    if not found or git(repo.root, "cat-file", "-e", name, no=_NO_OR_ERROR) is None:
        why = f"not in this shallow clone: {DEEPEN}" if repo.shallow else "no commit of this repository"
        raise BaselineError(f"git:{revision}: {why}")
    return found.splitlines()[-1]


# -- the files


@contextmanager
def checked_out(repo: Repository, commit: str) -> Iterator[str]:
    """The commit's files in a temporary work tree, gone after the block.

    Its folder is named as the user's, because an app may name its stacks by it.
    """
    with files.temporary_folder() as temporary:
        path = os.path.join(os.path.realpath(temporary), os.path.basename(repo.root) or "app")
        try:
            git(repo.root, "worktree", "add", "--detach", "--quiet", path, commit)
            yield path
        finally:
            with hold_signals():
                _forget(repo, path)


def _forget(repo: Repository, path: str) -> None:
    """Remove the work tree, also one that git was stopped in the middle of making."""
    if _done(repo, "worktree", "remove", "--force", "--force", path):
        return
    _done(repo, "worktree", "unlock", path)
    files.remove_folder(path)
    _done(repo, "worktree", "prune")  # never by default: it also forgets work trees on drives that are away


def _done(repo: Repository, *arguments: str) -> bool:
    try:
        git(repo.root, *arguments)
    except BaselineError:
        return False
    return True


def submodules(repo: Repository, path: str, timeout: float | None) -> list[str]:
    """Check out the work tree's submodules, from the user's own clones where they have the commit; notes about the rest.

    Nothing is written to the user's configuration: a submodule that the user has not initialised stays empty.
    """
    if not files.is_file(os.path.join(path, ".gitmodules")):
        return []
    listed = git(path, "config", "-f", ".gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$", no=_NO) or ""
    common = os.path.join(repo.root, _ask(repo.root, "rev-parse", "--git-common-dir"))
    notes = []
    for entry in filter(None, listed.split("\0")):
        key, _, place = entry.partition("\n")
        name = key.removeprefix("submodule.").removesuffix(".path")
        commit = git(path, "rev-parse", "--verify", "--quiet", f":{place}", no=_NO)
        if commit is None:  # listed, and no part of the tree
            continue
        url = git(repo.root, "config", f"submodule.{name}.url", no=_NO)
        if not url:
            notes.append(f"submodule '{place}' is not initialised here, so it is empty in the baseline, too")
            continue
        _submodule(path, place, name, commit, url, os.path.join(common, "modules", name), timeout)
    return notes


def _submodule(path: str, place: str, name: str, commit: str, url: str, own: str, timeout: float | None) -> None:
    here = files.is_folder(own) and git(own, "cat-file", "-e", f"{commit}^{{commit}}", no=_NO_OR_ERROR) is not None
    settings = ["-c", f"submodule.{name}.active=true"]
    if here:  # git refuses folders as a source by default; this one is the user's own clone
        settings += ["-c", f"submodule.{name}.url={own}", "-c", "protocol.file.allow=always"]
    git(path, *settings, "submodule", "update", "--", place, timeout=timeout)
    inner = os.path.join(path, place)
    if here:
        git(inner, "remote", "set-url", "origin", url)  # which relative URLs of submodules in it refer to
    if files.is_file(os.path.join(inner, ".gitmodules")):
        git(inner, "submodule", "update", "--init", "--recursive", timeout=timeout)
