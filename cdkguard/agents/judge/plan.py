"""Makes the plan of an action: opens what it is about, compares it with the baseline, and gathers the signs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from cdkguard.agents.judge.app import OpenedApp, baseline_kind, open_app
from cdkguard.agents.judge.losses import Losses, find_losses
from cdkguard.agents.judge.policy import Plan
from cdkguard.agents.judge.reason import quote
from cdkguard.agents.judge.signs import (
    Sign,
    signs_of_account,
    signs_of_context,
    signs_of_name,
    signs_of_variables,
    strictest_sign,
)
from cdkguard.agents.judge.trusted import Trusted
from cdkguard.agents.nouns import Action
from cdkguard.check.run import check_assembly
from cdkguard.config import approvals
from cdkguard.errors import BaselineError, CdkguardError
from cdkguard.model import Assembly, Report

_WORDS = {
    "WILL_CREATE": "created",
    "WILL_UPDATE": "updated",
    "MAY_REPLACE": "perhaps replaced",
    "WILL_REPLACE": "replaced",
    "WILL_ORPHAN": "left behind",
    "WILL_DESTROY": "deleted",
}
NO_BASELINE = "no baseline is configured (`against` of cdkguard.yaml)"


def find_sign(action: Action, trusted: Trusted, variables: Mapping[str, str]) -> Sign | None:
    """What the line and the environment say, the strictest of it."""
    return strictest_sign(list_signs(action, trusted, variables), trusted.strict, trusted.config.environments)


def list_signs(action: Action, trusted: Trusted, variables: Mapping[str, str]) -> Iterator[Sign]:
    """All that the line and the environment say."""
    rules = trusted.config.environments
    yield from signs_of_variables({**variables, **action.variables}, rules)
    yield from signs_of_context(action.context, rules)
    if action.profile:
        yield from signs_of_name("profile", action.profile, rules)
    if action.account:
        yield from signs_of_account(action.account, rules)


def plan_deployment(action: Action, trusted: Trusted, seconds: float, variables: Mapping[str, str]) -> Plan:
    """What a `cdk deploy` would do; where that cannot be told, the plan says why."""
    empty = Plan(
        strict=trusted.strict, sign=find_sign(action, trusted, variables), baseline=baseline_kind(trusted.config),
        folders=trusted.folders,
    )  # fmt: skip
    try:
        with open_app(action, trusted, seconds) as opened:
            return compare_opened(opened, empty, trusted)
    except CdkguardError as problem:
        return empty._replace(problem=describe_problem(problem))


def compare_opened(opened: OpenedApp, empty: Plan, trusted: Trusted) -> Plan:
    """The plan for an opened app; a baseline that cannot be read leaves it unjudged, in environments that are known."""
    known = empty._replace(environments=opened.environments)
    if not empty.baseline:
        return known._replace(problem=NO_BASELINE)
    if opened.config.runs_no_code and empty.baseline == "git" and not trusted.settings.synthesize:
        return known._replace(problem="the hook runs no app here, and a git baseline needs one to be run")
    config = opened.config
    if empty.baseline == "git" and opened.pre_built:
        config = config._replace(directory=trusted.config.directory)
    found = _only_reached(opened) if empty.baseline == "deployed" else opened.assembly
    try:
        report = check_assembly(config, found)
    except BaselineError as problem:
        return known._replace(problem=describe_problem(problem))
    if report.errors:
        return known._replace(problem=quote(report.errors[0].message, 200))
    return known._replace(
        environments=tuple(dict.fromkeys((*opened.environments, *_left_environments(report, trusted)))),
        losses=losses_of(report, empty.baseline, trusted),
        against=report.against,
        counts=count_changes(report),
    )


def _left_environments(report: Report, trusted: Trusted) -> Iterator[str]:
    """The strict environments of stacks that change: an edit that calls one milder does not make it so."""
    for change in report.changes:
        was = change.old_stack.environment if change.old_stack is not None else None
        if was is not None and was in trusted.strict:
            yield was


def _only_reached(opened: OpenedApp) -> Assembly:
    """The assembly with the stacks that the command reaches: of no others is it read what is deployed."""
    found = opened.assembly
    names = {(stack.construct_path, stack.name) for stack in opened.stacks}
    reached = [stack for stack in found.stacks if (stack.root.construct_path, stack.root.name) in names]
    rest = [stack for stack in found.stacks if stack not in reached]
    return found._replace(stacks=tuple(reached), others=(*found.others, *rest))


def losses_of(report: Report, baseline: str, trusted: Trusted) -> Losses:
    """The losses of a report; suppressions in code count where the main branch is known to have them."""
    counts = baseline == "git" or not _has_exempted(report) or trusted.is_as_main()
    return find_losses(report, counts, _approved_changes(trusted))


def _approved_changes(trusted: Trusted) -> frozenset[str]:
    today = time.strftime("%Y-%m-%d")
    found = approvals.read_approvals(approvals.file_of(trusted.config))
    return frozenset(approval.change for approval in found if approval.expires >= today)


def count_changes(report: Report) -> str:
    """What changes, in numbers: "1 resource is created, 2 are updated"; empty where nothing does."""
    impacts = [change.impact for change in report.changes if not change.noise]
    words = [f"{impacts.count(impact)} {word}" for impact, word in _WORDS.items() if impact in impacts]
    others = sum(impact not in _WORDS for impact in impacts)
    return ", ".join([*words, *([f"{others} of whole stacks or of settings"] if others else [])])


def _has_exempted(report: Report) -> bool:
    return any(f.suppression is not None and f.suppression.is_in_code for f in report.findings)


def describe_problem(problem: CdkguardError) -> str:
    """Why something could not be judged: the error in quotes, its first line alone."""
    first = str(problem).strip().splitlines()
    text = first[0] if first else type(problem).__name__
    return quote(text.replace(os.getcwd() + os.sep, ""), 220)
