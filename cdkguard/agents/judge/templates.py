"""Makes the plan of what deploys past CDK: a template file, or a change set, of a stack that is named."""

from __future__ import annotations

import os
from collections.abc import Mapping

from cdkguard.agents.judge.app import OpenedApp, baseline_kind, refuse_steering
from cdkguard.agents.judge.plan import compare_opened, describe_problem, find_sign, plan_deployment
from cdkguard.agents.judge.policy import Plan
from cdkguard.agents.judge.reason import quote
from cdkguard.agents.judge.signs import Sign, signs_of_name, strictest_sign
from cdkguard.agents.judge.trusted import Trusted
from cdkguard.agents.nouns import Action
from cdkguard.check.evaluate import assign_environments
from cdkguard.config.settings import Config
from cdkguard.errors import CdkguardError, InputError
from cdkguard.inputs.assembly import read_paths
from cdkguard.model import Assembly, replace_stacks
from cdkguard.system import files

_SAM_TEMPLATES = (".aws-sam/build/template.yaml", "template.yaml", "template.yml", "template.json")


def plan_template(action: Action, trusted: Trusted, seconds: float, variables: Mapping[str, str]) -> Plan:
    """What a template of the line would do, else what the app's stack of that name would."""
    if action.change_set is not None or (action.template is None and action.tool != "sam"):
        return _plan_stack(action, trusted, seconds, variables)
    empty = Plan(
        strict=trusted.strict, sign=_sign_of(action, trusted, variables), baseline=baseline_kind(trusted.config),
        folders=trusted.folders,
    )  # fmt: skip
    try:
        refuse_steering(action.variables)
        config, found = _read_template(action, trusted)
        placed = tuple(s for s in assign_environments(config, found.stacks).stacks if s.parent is None)
        opened = OpenedApp(config, found, placed, True)
        if empty.baseline != "deployed":
            return _placed(empty, opened, "only `against: deployed` says what a template changes")
        return compare_opened(opened, empty, trusted)
    except CdkguardError as problem:
        return empty._replace(problem=describe_problem(problem))


def _placed(empty: Plan, opened: OpenedApp, problem: str) -> Plan:
    return empty._replace(environments=opened.environments, problem=problem)


def _sign_of(action: Action, trusted: Trusted, variables: Mapping[str, str]) -> Sign | None:
    found = [find_sign(action, trusted, variables)]
    rules = trusted.config.environments
    found += [sign for name in action.stacks for sign in signs_of_name("stack", name, rules)]
    return strictest_sign([sign for sign in found if sign is not None], trusted.strict, rules)


def _read_template(action: Action, trusted: Trusted) -> tuple[Config, Assembly]:
    """The template under the name of the stack that it would be deployed as."""
    path = _template_of(action)
    if len(action.stacks) != 1:
        raise InputError("the line does not say which stack the template is for")
    found = read_paths([path])
    name = action.stacks[0]
    stacks = replace_stacks(
        found.stacks, lambda s: s._replace(name=name, region=action.region) if s.parent is None else s
    )
    aws = {key: value for key, value in (("profile", action.profile), ("region", action.region)) if value}
    config = trusted.config._replace(
        paths=(path,), app=None, stacks=(), runs_no_code=True, pre_built=True, aws={**trusted.config.aws, **aws},
        template_parameters={**trusted.config.template_parameters, **action.parameters}, jobs=1,
    )  # fmt: skip
    return config, found._replace(stacks=tuple(stacks))


def _template_of(action: Action) -> str:
    named = [action.template.removeprefix("file://")] if action.template else list(_SAM_TEMPLATES)
    for name in named:
        path = os.path.join(action.directory, name)
        if files.is_file(path):
            return path
    raise InputError(f"there is no template {quote(named[0])}")


def _plan_stack(action: Action, trusted: Trusted, seconds: float, variables: Mapping[str, str]) -> Plan:
    """The plan of the app's stack of that name. It stays unjudged: the change set may hold another template."""
    plan = plan_deployment(action._replace(app=None), trusted, seconds, variables)
    plan = plan._replace(sign=_sign_of(action, trusted, variables))
    if plan.losses is None or not plan.losses.is_clean:
        return plan
    what = f"the change set {quote(action.change_set)}" if action.change_set else "the template that it deploys"
    return plan._replace(
        losses=None, problem=f"{what} was not read, though the app's own stack would change nothing bad"
    )
