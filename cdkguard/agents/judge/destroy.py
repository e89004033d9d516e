"""Judges what deletes stacks, by the policies that are deployed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from cdkguard._typing import NamedTuple
from cdkguard.agents.judge.app import OpenedApp, baseline_kind, open_app
from cdkguard.agents.judge.losses import Losses, describe_losses, find_losses
from cdkguard.agents.judge.plan import describe_problem, find_sign
from cdkguard.agents.judge.reason import name_all, quote
from cdkguard.agents.judge.signs import Sign, signs_of_name, strictest_sign
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import Verdict
from cdkguard.agents.nouns import Action, Request
from cdkguard.check.destruction import check_destruction
from cdkguard.config.settings import Config
from cdkguard.errors import CdkguardError


class Destruction(NamedTuple):
    """What the deletion would take, as far as it can be told."""

    environments: tuple[str, ...] = ()
    losses: Losses | None = None
    against: str = ""
    problem: str = ""


def judge_destroy(action: Action, _request: Request, variables: Mapping[str, str], end: float) -> Verdict:
    """The verdict on a deletion: refused where data goes or the environment is strict, else a person's decision."""
    with open_trusted(action.directory) as trusted:
        found = _find_destruction(action, trusted, max(1.0, end - time.monotonic()))
        signs = [find_sign(action, trusted, variables)]
        rules = trusted.config.environments
        signs += [sign for name in action.stacks for sign in signs_of_name("stack", name, rules)]
        sign = strictest_sign([sign for sign in signs if sign is not None], trusted.strict, rules)
        return decide_destruction(action, found, trusted, sign)


def _find_destruction(action: Action, trusted: Trusted, seconds: float) -> Destruction:
    """What goes, by the baseline's policies; by the app's own where that cannot be read."""
    try:
        with open_app(action._replace(template=None), trusted, seconds, reach="downstream") as opened:
            config = _still(opened)
            found = Destruction(opened.environments)
            problem = ""
            if baseline_kind(trusted.config):
                try:
                    return _destruction(found, config)
                except CdkguardError as stop:
                    problem = describe_problem(stop)
            return _destruction(found, config._replace(against=None))._replace(problem=problem)
    except CdkguardError as stop:
        return Destruction(problem=describe_problem(stop))


def _still(opened: OpenedApp) -> Config:
    """The configuration by which the assembly that is there already is read once more."""
    config, found = opened.config, opened.assembly
    if opened.pre_built or found.directory is None:
        return config
    context = {**found.context, **config.context}
    return config._replace(paths=(found.directory,), app=None, runs_no_code=True, pre_built=True, context=context)


def _destruction(found: Destruction, config: Config) -> Destruction:
    report = check_destruction(config)
    return found._replace(losses=find_losses(report, counts_suppressions=False), against=report.against)


def decide_destruction(action: Action, found: Destruction, trusted: Trusted, sign: Sign | None) -> Verdict:
    """What an agent is answered that wants to delete stacks."""
    name = quote(" ".join(part for part in (action.tool, action.verb) if part), 60)
    severe = [e for e in found.environments if e in trusted.strict]
    facts = describe_losses(found.losses, trusted.folders) if found.losses else ()
    if found.problem:
        facts = (*facts, f"What is deployed could not be read: {found.problem}.")
    said = sign is not None and sign.environment in trusted.strict
    where = name_all(severe or found.environments) if found.environments else "an environment that nobody can tell"
    if said and not severe and sign is not None:
        where = f"{where}, and {quote(f'{sign.source}={sign.value}')} says {name_all([sign.environment])}"
    environment = ", ".join(severe or found.environments)
    person = f"A person runs {quote(' '.join(action.words) or name, 160)}, having looked at `cdkguard plan --destroy`."
    keep = "To delete single resources, take them out of the app, so that the deployment is judged."
    if severe or said:
        text = f"{name} deletes stacks of {where}, which no agent does."
        return _verdict("deny", text, facts, (keep, person), environment, found)
    if found.losses is not None and found.losses.data:
        text = f"{name} would delete data in {where}."
        ways = ("RemovalPolicy.RETAIN, deployed first, keeps what holds data.", person)
        return _verdict("deny", text, facts, ways, environment, found)
    return _verdict("ask", f"{name} deletes stacks of {where}.", facts, (person,), environment, found)


def _verdict(
    answer: str, text: str, facts: tuple[str, ...], ways: tuple[str, ...], environment: str, found: Destruction
) -> Verdict:
    tokens = found.losses.tokens() if found.losses else ()
    evidence = {"environments": list(found.environments), "against": found.against, "problem": found.problem}
    return Verdict(answer, text, facts, ways, environment, tokens, evidence)  # type: ignore[arg-type]
