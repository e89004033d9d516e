"""Judges commands that change what holds the agent back: cdkguard's own, git's on the main branch, and those on guarded files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase

from cdkguard.agents.guarded.edits import PERSON, find_inside, guarded_by, is_hook_of_ours, refuse
from cdkguard.agents.guarded.files import GuardedFile, find_guarded
from cdkguard.agents.guarded.paths import absolute_path
from cdkguard.agents.guarded.trees import is_about_trees, judge_trees
from cdkguard.agents.judge.reason import quote, quote_all
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict, rank
from cdkguard.agents.nouns import Action, Request
from cdkguard.errors import CdkguardError

# Commands of cdkguard that an agent never runs, and what they are for.
_NEVER = {
    "approve": "approves a change",
    "accept": "accepts findings",
    "preflight record": "records what a person has verified",
}
_ASKED = {
    "snapshot": "moves the snapshot that changes are measured against",
    "init": "writes the settings of cdkguard",
    "agents install": "changes the hooks that ask cdkguard",
}


def judge_guard(action: Action, _request: Request, _variables: Mapping[str, str], _end: float) -> Verdict:
    """The strictest verdict on a command that touches the guard."""
    if action.tool == "cdkguard":
        return _judge_own(action)
    try:
        with open_trusted(action.directory) as trusted:
            return _judge_foreign(action, trusted)
    except CdkguardError:
        return _judge_foreign(action, None)


def _judge_own(action: Action) -> Verdict:
    name = quote(f"cdkguard {action.verb}".strip(), 60)
    if action.verb == "approve" and not any(word.startswith("--change") for word in action.words):
        return SILENT  # It lists what could be approved.
    if action.verb in _NEVER:
        return Verdict("deny", f"{name} {_NEVER[action.verb]}, which no agent does.", (), (_by_person(action),))
    if action.verb in _ASKED:
        return Verdict("ask", f"{name} {_ASKED[action.verb]}.", (), (_by_person(action),))
    loosened = [word for word in (*action.words, *action.flags) if word.startswith("--skip")]
    if loosened:
        text = f"{name} leaves rules out by {quote_all(loosened)}."
        return Verdict("ask", text, (), ("Run it with the team's rules, without the option.",))
    return Verdict("ask", f"{name} may change what holds the agent back.", (), (_by_person(action),))


def _judge_foreign(action: Action, trusted: Trusted | None) -> Verdict:
    more = list(guarded_by(trusted)) if trusted else []
    if is_about_trees(action) and trusted is not None:
        return judge_trees(action, trusted, more)
    verdicts = [_judge_path(path, action, more) for path in action.paths]
    if action.branch or action.tool == "git":
        verdicts.append(_judge_branch(action, trusted))
    if not verdicts:
        text = f"{quote(' '.join(action.words) or action.tool, 120)} may change what holds the agent back."
        return Verdict("ask", text, (), (PERSON,))
    return max(verdicts, key=lambda verdict: rank(verdict.answer))


def _judge_path(path: str, action: Action, more: list[GuardedFile]) -> Verdict:
    directory = action.directory or os.getcwd()
    guarded = find_guarded(path, directory, more)
    if guarded is None and os.path.isdir(absolute_path(path, directory)):
        guarded = find_inside(absolute_path(path, directory))
        if guarded is None:
            return SILENT
    if guarded is None:
        text = (
            f"{quote(' '.join(action.words) or action.tool, 120)} changes {quote(path)}, which may hold the agent back."
        )
        return Verdict("ask", text, (), (PERSON,))
    if guarded.kind == "hook":
        if not os.path.isdir(absolute_path(path, directory)) and not is_hook_of_ours(path, directory):
            return SILENT
        return Verdict("deny", f"{quote(path)} holds {guarded.words}, and no command changes them.", (), (PERSON,))
    if guarded.kind == "app" and not is_hook_of_ours(path, directory):
        return SILENT
    return refuse(path, guarded)


def _judge_branch(action: Action, trusted: Trusted | None) -> Verdict:
    """Refused where the branch is the one that changes are measured against."""
    name = quote(" ".join(action.words) or f"git {action.verb}", 120)
    if not action.branch:
        return Verdict("ask", f"{name} may move the branch that changes are measured against.", (), (PERSON,))
    short = short_branch(action.branch)
    if trusted is None or is_baseline(short, trusted):
        text = f"{name} moves {quote(short)}, the branch that changes are measured against."
        return Verdict("deny", text, (), ("Work on a branch of your own, and let a person merge it.",))
    return SILENT


def short_branch(branch: str) -> str:
    """The name of a branch without what git may have before it."""
    for prefix in ("+", "refs/heads/", "refs/remotes/origin/", "origin/"):
        branch = branch.removeprefix(prefix)
    return branch


def is_baseline(branch: str, trusted: Trusted) -> bool:
    """Whether a branch is the main branch, or one that the configuration protects."""
    main = short_branch(trusted.main.name) if trusted.main else ""
    return branch == main or any(fnmatchcase(branch, glob) for glob in trusted.settings.protected_branches)


def _by_person(action: Action) -> str:
    return f"A person runs {quote(' '.join(action.words) or action.verb, 160)}."
