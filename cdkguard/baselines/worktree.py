"""Git: the commit to compare with, and its files in a work tree of their own.

The user's own work tree, index and settings are never changed.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from subprocess import PIPE, TimeoutExpired

from cdkguard._typing import NamedTuple
from cdkguard.errors import BaselineError
from cdkguard.system import files, processes
from cdkguard.system.interrupts import hold_signals
from cdkguard.system.temporary_folders import remove_folder, temporary_folder

# The variables in which continuous-integration services name the target branch of a pull request.
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
# A folder that only looks like a bare repository, as a downloaded artifact can, must not bring its own settings.
_NOT_BARE = ("-c", "safe.bareRepository=explicit")
_OWN = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
# Git sets these for a hook; they would point our commands at the user's index and work tree.
_FOREIGN = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_QUARANTINE_PATH", "GIT_INTERNAL_SUPER_PREFIX",
)  # fmt: skip
_NO = (1,)  # the exit status of a command that found nothing
_NO_OR_ERROR = (1, 128)  # of a command that reports that as an error, too; its caller then raises one itself


class Repository(NamedTuple):
    """The repository of a folder."""

    root: str  # of the user's work tree, without symbolic links
    prefix: str  # of the folder inside it: "infra/app", or ""
    shallow: bool


class MainBranch(NamedTuple):
    """The main branch, as far as this clone knows it."""

    name: str  # "origin/main", "main"
    commit: str  # its tip


class Target(NamedTuple):
    """The commit to compare with, and a note of why it is that one where the user named none."""

    commit: str
    note: str | None = None


def run_git(directory: str, *arguments: str, no: Container[int] = (), timeout: float | None = None) -> str | None:
    """A git command's output without the last newline; None where its exit status is one of `no`.

    Raises BaselineError for every other status but 0: a git that was killed has not answered "no".
    """
    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN} | _OWN
    try:
        done = processes.run(
            ["git", *_SETTINGS, *arguments], directory, environment, timeout, stderr=PIPE, errors="surrogateescape"
        )
    except TimeoutExpired as problem:
        raise BaselineError(
            f"git {_command_words(arguments)} was stopped after {timeout:.0f} s (--timeout)"
        ) from problem
    except OSError as problem:
        raise BaselineError(f"git cannot be run: {problem.strerror or problem}") from problem
    if done.status == 0:
        return done.out.removesuffix("\n")
    if done.status in no:
        return None
    errors = [line for line in done.err.splitlines() if line.startswith(("fatal:", "error:"))]
    words = errors[-1] if errors else done.err.strip() or done.status_words
    raise BaselineError(f"git {_command_words(arguments)}: {words.removeprefix('fatal: ')}")


def _command_words(arguments: tuple[str, ...]) -> str:
    """The first two words of a command, without its settings, for messages."""
    words = [word for i, word in enumerate(arguments) if word != "-c" and (i == 0 or arguments[i - 1] != "-c")]
    return " ".join(words[:2])


def _run_git_text(directory: str, *arguments: str) -> str:
    return run_git(directory, *arguments) or ""


def find_repository(directory: str) -> Repository:
    """The repository that a folder is in; raises BaselineError."""
    asked = ("--show-toplevel", "--show-prefix", "--is-shallow-repository")
    answer = run_git(directory, *_NOT_BARE, "rev-parse", *asked, no=_NO_OR_ERROR)
    if not answer:
        reason = "git has no work tree for this folder"
        try:
            run_git(directory, *_NOT_BARE, "rev-parse", "--show-toplevel")
        except BaselineError as problem:
            reason = str(problem)
        raise BaselineError(f"{os.path.abspath(directory)}: is in no git repository, so there is no revision: {reason}")
    root, prefix, shallow = answer.rsplit("\n", 2)
    return Repository(os.path.realpath(root), prefix.strip("/"), shallow == "true")


def find_main_branch(repo: Repository) -> MainBranch:
    """The main branch: the one of the remote, where there is one; raises BaselineError."""
    ref = _main_branch(repo)
    return MainBranch(_short(ref), _commit(repo, ref))


def find_commit(repo: Repository, revision: str | None) -> Target:
    """The commit of a revision, by default the merge base with the main branch; raises BaselineError."""
    if revision is not None:
        return Target(_commit(repo, revision))
    head = _commit(repo, "HEAD")
    branch = _main_branch(repo)
    base = run_git(repo.root, "merge-base", head, branch, no=_NO)
    if base is None:
        raise BaselineError(
            f"HEAD and {_short(branch)} have no common commit"
            + (f" in this shallow clone: {DEEPEN}" if repo.shallow else "; name a revision: git:REV")
        )
    if base != head:
        return Target(base, f"compared with {base[:12]}, the merge base with {_short(branch)}")
    return _on_main(repo, head, branch)


def _on_main(repo: Repository, head: str, branch: str) -> Target:
    """The commit to compare with where HEAD is part of the main branch.

    It is HEAD where the work tree has changes, else HEAD's first parent. In CI it is always the parent, because a build
    step that rewrites a file must not hide the change that was merged.
    """
    changed = has_changes(repo)
    if changed and os.environ.get("CI", "").lower() not in ("1", "true"):
        return Target(head, f"HEAD is part of {_short(branch)}: compared the uncommitted changes with it ({head[:12]})")
    parent = run_git(repo.root, "rev-parse", "--verify", "--quiet", f"{head}^1^{{commit}}", no=_NO)
    if parent is not None:
        text = f"HEAD is part of {_short(branch)}: compared with its first parent {parent[:12]}"
        return Target(parent, text)
    if repo.shallow:
        raise BaselineError(f"HEAD's parent is not in this shallow clone: {DEEPEN}")
    raise BaselineError("HEAD is the repository's first commit, so there is nothing to compare with; name git:REV")


def find_landed(repo: Repository) -> str:
    """The newest commit of HEAD's history that the main branch has: HEAD itself where it is part of it."""
    head, branch = _commit(repo, "HEAD"), _main_branch(repo)
    base = run_git(repo.root, "merge-base", head, branch, no=_NO)
    if base is None:
        raise BaselineError(f"HEAD and {_short(branch)} have no common commit here; {DEEPEN}")
    return base


def has_changes(repo: Repository) -> bool:
    """Whether a file of the work tree is not as HEAD has it."""
    return _run_git_text(repo.root, "status", "--porcelain", "--untracked-files=no") != ""


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
    default = run_git(repo.root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", no=_NO)
    found = _first_ref(repo, (*((default,) if default else ()), *MAIN))
    if found is None:
        raise BaselineError("no main branch (origin/HEAD, main or master) is in this clone; fetch it or name git:REV")
    return found


def _first_ref(repo: Repository, names: tuple[str, ...]) -> str | None:
    found = _run_git_text(repo.root, "for-each-ref", "--format=%(refname)", *names).splitlines()
    return next((name for name in names if name in found), None)


def _short(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _commit(repo: Repository, revision: str) -> str:
    name = f"{revision}^{{commit}}"
    found = run_git(repo.root, "rev-parse", "--verify", "--quiet", "--end-of-options", name, no=_NO_OR_ERROR)
    # `git rev-parse` takes 40 digits for a commit without looking whether it is there.
    if not found or run_git(repo.root, "cat-file", "-e", name, no=_NO_OR_ERROR) is None:
        why = f"not in this shallow clone: {DEEPEN}" if repo.shallow else "no commit of this repository"
        raise BaselineError(f"git:{revision}: {why}")
    return found.splitlines()[-1]


# -- work trees


@contextmanager
def open_worktree(repo: Repository, commit: str) -> Iterator[str]:
    """A temporary work tree of the commit, which is removed after the block; no file is checked out yet.

    Its folder has the name of the user's, because an app may name its stacks after it.
    """
    with temporary_folder() as temporary:
        path = os.path.join(os.path.realpath(temporary), os.path.basename(repo.root) or "app")
        try:
            run_git(repo.root, "worktree", "add", "--detach", "--no-checkout", "--quiet", path, commit)
            yield path
        finally:
            with hold_signals():
                _remove_worktree(repo, path)


def _remove_worktree(repo: Repository, path: str) -> None:
    """Remove the work tree, also one that git was stopped from finishing."""
    if _succeeds(repo, "worktree", "remove", "--force", "--force", path):
        return
    _succeeds(repo, "worktree", "unlock", path)
    remove_folder(path)
    _succeeds(repo, "worktree", "prune")  # last, because it also removes work trees on drives that are not mounted


def _succeeds(repo: Repository, *arguments: str) -> bool:
    try:
        run_git(repo.root, *arguments)
    except BaselineError:
        return False
    return True


def check_out_submodules(repo: Repository, path: str, timeout: float | None) -> list[str]:
    """Check out the work tree's submodules, from the user's own clones where they have the commit; notes about the rest.

    Nothing is written to the user's configuration: a submodule that the user has not initialised stays empty.
    """
    if not files.is_file(os.path.join(path, ".gitmodules")):
        return []
    listed = run_git(path, "config", "-f", ".gitmodules", "-z", "--get-regexp", r"^submodule\..*\.path$", no=_NO) or ""
    common = os.path.join(repo.root, _run_git_text(repo.root, "rev-parse", "--git-common-dir"))
    notes = []
    for entry in filter(None, listed.split("\0")):
        key, _, place = entry.partition("\n")
        name = key.removeprefix("submodule.").removesuffix(".path")
        commit = run_git(path, "rev-parse", "--verify", "--quiet", f":{place}", no=_NO)
        if commit is None:  # .gitmodules lists it, but the commit does not have it
            continue
        url = run_git(repo.root, "config", f"submodule.{name}.url", no=_NO)
        if not url:
            notes.append(f"submodule '{place}' is not initialised here, so it is empty in the baseline, too")
            continue
        _submodule(path, place, name, commit, url, os.path.join(common, "modules", name), timeout)
    return notes


def _submodule(path: str, place: str, name: str, commit: str, url: str, own: str, timeout: float | None) -> None:
    here = files.is_folder(own) and run_git(own, "cat-file", "-e", f"{commit}^{{commit}}", no=_NO_OR_ERROR) is not None
    settings = ["-c", f"submodule.{name}.active=true"]
    if here:  # git refuses folders as a source by default; this one is the user's own clone
        settings += ["-c", f"submodule.{name}.url={own}", "-c", "protocol.file.allow=always"]
    run_git(path, *settings, "submodule", "update", "--", place, timeout=timeout)
    inner = os.path.join(path, place)
    if here:
        run_git(inner, "remote", "set-url", "origin", url)  # which relative URLs of submodules in it refer to
    if files.is_file(os.path.join(inner, ".gitmodules")):
        run_git(inner, "submodule", "update", "--init", "--recursive", timeout=timeout)
