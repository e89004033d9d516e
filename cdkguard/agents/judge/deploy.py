"""Judges what deploys: `cdk deploy`, a template or a change set of CloudFormation, and frameworks that cannot be judged."""

from __future__ import annotations

import time
from collections.abc import Mapping

from cdkguard.agents.judge.plan import find_sign, plan_deployment
from cdkguard.agents.judge.policy import Plan, decide_deployment
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import Verdict
from cdkguard.agents.nouns import Action, Request

_FRAMEWORKS = {
    "sst": "SST",
    "amplify": "Amplify",
    "serverless": "the Serverless Framework",
    "sls": "the Serverless Framework",
}


def judge_deploy(action: Action, _request: Request, variables: Mapping[str, str], end: float) -> Verdict:
    """The verdict on a deployment."""
    with open_trusted(action.directory) as trusted:
        plan = _plan(action, trusted, variables, end)
        verdict = decide_deployment(action, plan, trusted.settings)
        if plan.losses is None and verdict.answer != "silent":
            return verdict._replace(facts=(*verdict.facts, *trusted.notes))
        return verdict


def _plan(action: Action, trusted: Trusted, variables: Mapping[str, str], end: float) -> Plan:
    seconds = max(1.0, end - time.monotonic())
    if action.tool == "cdk":
        return plan_deployment(action, trusted, seconds, variables)
    if action.tool in ("aws", "sam"):
        from cdkguard.agents.judge.templates import plan_template

        return plan_template(action, trusted, seconds, variables)
    name = _FRAMEWORKS.get(action.tool, "this tool")
    return Plan(
        strict=trusted.strict,
        sign=find_sign(action, trusted, variables),
        problem=f"cdkguard does not see what {name} would deploy",
        baseline="none",
        folders=trusted.folders,
    )
