"""Judges what touches deployed stacks without a template of the app: gc, rollback, orphan, import, refactor ..."""

from __future__ import annotations

import time
from collections.abc import Mapping

from cdkguard.agents.judge.app import open_app
from cdkguard.agents.judge.plan import describe_problem, find_sign, plan_deployment
from cdkguard.agents.judge.policy import decide_deployment
from cdkguard.agents.judge.reason import name_all, quote
from cdkguard.agents.judge.signs import signs_of_name, strictest_sign
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import Verdict, at_least
from cdkguard.agents.nouns import Action, Request
from cdkguard.errors import CdkguardError

# What each of them does, in words; those of _AS_DEPLOYMENTS bring the app's templates along, too.
MEANINGS = {
    "gc": "deletes assets that no stack seems to use: a rollback may need them",
    "rollback": "takes a stack back to its last state",
    "orphan": "takes resources out of a stack, and nobody looks after them then",
    "import": "takes existing resources into a stack",
    "refactor": "moves resources between stacks and ids",
    "bootstrap": "changes the roles and buckets that every deployment in the account uses",
    "continue-update-rollback": "ends a failed rollback, and may leave resources out of step",
    "cancel-update-stack": "stops an update half-way, and rolls it back",
    "rollback-stack": "takes a stack back to its last state",
    "delete-change-set": "deletes a change set that somebody may look at",
    "signal-resource": "tells CloudFormation that a resource is ready",
}
_AS_DEPLOYMENTS = ("import", "refactor")
_WITHOUT_STACKS = ("gc", "bootstrap")


def judge_maintenance(action: Action, request: Request, variables: Mapping[str, str], end: float) -> Verdict:
    """The verdict: a person's decision, and refused where the environment is strict."""
    with open_trusted(action.directory) as trusted:
        seconds = max(1.0, end - time.monotonic())
        kind = next((word for word in action.verb.split() if word in MEANINGS), "")
        if kind in _AS_DEPLOYMENTS and action.tool == "cdk":
            verdict = decide_deployment(action, plan_deployment(action, trusted, seconds, variables), trusted.settings)
            meaning = f"{_name(action)} {MEANINGS[kind]}."
            return verdict._replace(answer=at_least(verdict, "ask"), headline=f"{verdict.headline} {meaning}".strip())
        return _decide(action, kind, trusted, variables, seconds)


def _decide(action: Action, kind: str, trusted: Trusted, variables: Mapping[str, str], seconds: float) -> Verdict:
    environments, problem = ((), "") if kind in _WITHOUT_STACKS else _find_environments(action, trusted, seconds)
    rules = trusted.config.environments
    signs = [find_sign(action, trusted, variables)]
    signs += [sign for name in action.stacks for sign in signs_of_name("stack", name, rules)]
    sign = strictest_sign([sign for sign in signs if sign is not None], trusted.strict, rules)
    severe = [name for name in environments if name in trusted.strict]
    said = sign is not None and sign.environment in trusted.strict

    meaning = MEANINGS[kind] if kind else "changes what is deployed, past the app's own templates"
    where = name_all(severe or environments) if environments else "an environment that nobody can tell"
    if said and not severe and sign is not None:
        where = f"{where}, and {quote(f'{sign.source}={sign.value}')} says {name_all([sign.environment])}"
    environment = ", ".join(severe or environments)
    facts = (f"Its stacks could not be told: {problem}.",) if problem else ()
    person = (f"A person runs {quote(' '.join(action.words) or action.verb, 160)}.",)
    if severe or said:
        return Verdict(
            "deny", f"{_name(action)} {meaning}, in {where}, where an agent does not.", facts, person, environment
        )
    return Verdict("ask", f"{_name(action)} {meaning}, in {where}.", facts, person, environment)


def _find_environments(action: Action, trusted: Trusted, seconds: float) -> tuple[tuple[str, ...], str]:
    try:
        with open_app(action, trusted, seconds) as opened:
            return opened.environments, ""
    except CdkguardError as problem:
        return (), describe_problem(problem)


def _name(action: Action) -> str:
    return quote(" ".join(part for part in (action.tool, action.verb) if part), 60)
