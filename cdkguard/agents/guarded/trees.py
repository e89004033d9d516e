"""Judges commands of git that change many files at once: by the guarded files that are among them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from cdkguard.agents.guarded.edits import PERSON
from cdkguard.agents.guarded.files import GuardedFile, find_guarded
from cdkguard.agents.guarded.hook_files import is_ours, keeps_chain, keeps_ours
from cdkguard.agents.guarded.paths import absolute_path
from cdkguard.agents.judge.reason import quote
from cdkguard.agents.judge.trusted import Trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict, rank
from cdkguard.agents.nouns import Action
from cdkguard.baselines.worktree import run_git
from cdkguard.system import files

TREES = ("tree",)  # the mark of an action whose target is the revision that files become as
ONTO = ("onto",)  # the mark of one that lands commits on the branch that is checked out
_UNTRACKED = ("clean", "stash")
# What of the working tree counts for the hook, or is meant to count one day.
_KINDS = ("hook", "app", "settings", "approvals", "accepted", "snapshot", "rules", "record")


def is_about_trees(action: Action) -> bool:
    """Whether the action is one of those that are judged here."""
    is_clean = action.verb in _UNTRACKED and not action.paths
    return action.tool == "git" and (action.flags in (TREES, ONTO) or is_clean)


def judge_trees(action: Action, trusted: Trusted, more: Iterable[GuardedFile]) -> Verdict:
    """The strictest verdict on the guarded files that change."""
    if action.flags == ONTO:
        return _judge_landing(action, trusted)
    if trusted.main is None and not os.path.exists(os.path.join(trusted.root, ".git")):
        return SILENT
    if action.verb in _UNTRACKED:
        changed: Iterable[tuple[str, str]] = ((name, "") for name in _untracked(action, trusted.root))
    elif not action.target:
        return Verdict("ask", f"{_line(action)} may take along what holds the agent back.", (), (PERSON,))
    else:
        changed = _changed(action.target, trusted)
    more = list(more)
    verdicts = [_judge(name, after, action, trusted, more) for name, after in changed]
    return max(verdicts, key=lambda verdict: rank(verdict.answer), default=SILENT)


def _judge_landing(action: Action, trusted: Trusted) -> Verdict:
    """A question where the branch is the main branch, and no remote has another one."""
    if trusted.main is None or trusted.main.name != action.branch:
        return SILENT
    text = f"{_line(action)} moves {quote(action.branch)}, the branch that changes are measured against."
    return Verdict("ask", text, (), ("Work on a branch of your own, and let a person merge it.",))


def _untracked(action: Action, root: str) -> Iterator[str]:
    """The files that git does not have, and of those that it ignores where they go as well."""
    folder = action.directory or root
    ignored = () if "ignored" in action.flags else ("--exclude-standard",)
    listed = run_git(folder, "ls-files", "--others", "-z", "--full-name", *ignored) or ""
    yield from filter(None, listed.split("\0"))


def _changed(target: str, trusted: Trusted) -> Iterator[tuple[str, str]]:
    """(path, its text afterwards) of each file that becomes another one; all of them where only the target is named."""
    before, is_range, after = target.partition("..")
    revisions = (before, after) if is_range else (target,)
    if not is_range and trusted.main is not None and target == trusted.main.name:
        return
    listed = run_git(trusted.root, "diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", *_checked(revisions, trusted), "--")  # fmt: skip
    for name in filter(None, (listed or "").split("\0")):
        yield name, _text_at(revisions[-1], name, trusted.root)


def _checked(revisions: tuple[str, ...], trusted: Trusted) -> list[str]:
    """The commits; raises BaselineError where there is no such one."""
    return [
        run_git(trusted.root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}") or ""
        for revision in revisions
    ]


def _text_at(revision: str, name: str, root: str) -> str:
    """The text of a file in a revision; empty where it has none."""
    return run_git(root, "cat-file", "blob", f"{revision}:{name}", no=(128,)) or ""


def _judge(name: str, after: str, action: Action, trusted: Trusted, more: list[GuardedFile]) -> Verdict:
    guarded = find_guarded(name, trusted.root, more)
    if guarded is None or guarded.kind not in _KINDS:
        return SILENT
    path = absolute_path(name, trusted.root)
    before = files.read_bytes(path).decode("utf-8", "replace") if os.path.isfile(path) else ""
    if guarded.kind == "hook":
        if not is_ours(before) or (after and keeps_ours(before, after)):
            return SILENT
        text = f"{_line(action)} takes {guarded.words} out of {quote(name)}."
        return Verdict("deny", text, (), (PERSON,))
    if guarded.kind == "app" and (not is_ours(before) or keeps_chain(before, after)):
        return SILENT
    if name.endswith("pyproject.toml") and "cdkguard" not in before + after:
        return SILENT
    if trusted.main is not None and after and after == _text_at(trusted.main.commit, name, trusted.root):
        return SILENT  # It becomes as it is on the main branch.
    return Verdict("ask", f"{_line(action)} takes {quote(name)} along, which holds {guarded.words}.", (), (PERSON,))


def _line(action: Action) -> str:
    return quote(" ".join(action.words) or f"git {action.verb}", 120)
