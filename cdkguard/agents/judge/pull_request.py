"""Judges what proposes a change: the change since the main branch is shown, and a person confirms it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from cdkguard.agents.guarded.commands import is_baseline, short_branch
from cdkguard.agents.judge.losses import Losses, describe_losses, ways_out
from cdkguard.agents.judge.plan import plan_deployment
from cdkguard.agents.judge.policy import Plan
from cdkguard.agents.judge.reason import quote
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict
from cdkguard.agents.nouns import Action, Request
from cdkguard.baselines.worktree import run_git
from cdkguard.system import files

_MOST_APPS = 3
_DEPLOYING = ("production", "prod", "live")  # branches that deploy, by their names


def judge_pull_request(action: Action, request: Request, variables: Mapping[str, str], end: float) -> Verdict:
    """The verdict on a pull request, or on a push to a protected branch."""
    with open_trusted(action.directory) as trusted:
        if trusted.settings.pull_request == "off":
            return SILENT
        if action.verb == "push" and not _is_protected(action, trusted):
            return SILENT
        apps = _find_apps(trusted)
        if not apps:
            return SILENT
    plans = [_plan_app(action, app, variables, end) for app in apps[:_MOST_APPS]]
    skipped = len(apps) - len(plans)
    return decide_pull_request(action, plans, skipped, request.may_ask)


def _is_protected(action: Action, trusted: Trusted) -> bool:
    """Whether the push goes to a protected branch; one that nobody can tell is taken for one."""
    branch = short_branch(action.branch)
    return not branch or branch in _DEPLOYING or is_baseline(branch, trusted)


def _find_apps(trusted: Trusted) -> list[str]:
    """The folders of the repository's apps."""
    listed = run_git(
        trusted.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "cdk.json", "**/cdk.json"
    )
    names = sorted(filter(None, (listed or "").split("\0")), key=lambda name: (name.count("/"), name))
    there = (name for name in names if files.is_file(os.path.join(trusted.root, name)))
    return [os.path.join(trusted.root, os.path.dirname(name)) for name in there]


def _plan_app(action: Action, app: str, variables: Mapping[str, str], end: float) -> Plan:
    """The change of one app since the main branch."""
    whole = Action("deploy", "cdk", "deploy", directory=app)
    with open_trusted(app) as trusted:
        against_git = trusted._replace(config=trusted.config._replace(against="git"))
        return plan_deployment(whole, against_git, max(1.0, end - time.monotonic()), {})


def decide_pull_request(action: Action, plans: list[Plan], skipped: int, may_ask: bool) -> Verdict:
    """A question where the host can ask; else a pull request goes through where each app's change is clean."""
    is_push = action.verb == "push"
    name = quote(" ".join(part for part in (action.tool, action.verb) if part), 60)
    facts = tuple(fact for plan in plans for fact in _describe(plan))
    if skipped:
        facts = (*facts, f"{skipped} more apps were not judged.")
    is_clean = not skipped and all(plan.losses is not None and plan.losses.is_clean for plan in plans)
    off = "`agents: {pull_request: off}` in cdkguard.yaml on the main branch leaves this to the review."
    person = f"A person runs {quote(' '.join(action.words), 160)}."
    if not may_ask and is_clean and not is_push:
        return SILENT
    ways = tuple(dict.fromkeys(way for plan in plans if plan.losses for way in ways_out(plan.losses)))
    if is_push:
        what = "which deploys by its name" if action.branch in _DEPLOYING else "by which all else is measured"
        text = f"{name} publishes to {quote(action.branch or 'a protected branch')}, {what}."
        ways = ("Push a branch of your own, and open a pull request.", *ways)
    else:
        text = f"{name} proposes this change."
    if is_clean:
        facts = (*facts, "No data goes, no access widens, and no other finding fails the check.")
    return Verdict("ask", text, facts, (*ways, person, off), tokens=_tokens(plans))


def _describe(plan: Plan) -> Iterator[str]:
    if plan.losses is None:
        yield f"The app in {quote(os.path.relpath(plan.folders.app, plan.folders.root))} could not be judged: {plan.problem}."
        return
    yield f"Resources, against {quote(plan.against)}: {plan.counts or 'no change'}."
    yield from describe_losses(plan.losses, plan.folders)


def _tokens(plans: list[Plan]) -> tuple[str, ...]:
    losses: list[Losses] = [plan.losses for plan in plans if plan.losses is not None]
    return tuple(dict.fromkeys(token for one in losses for token in one.tokens()))
