"""Judges what goes past CloudFormation: data deleted or written, protections switched off, access widened."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.judge.place import find_places, is_local
from cdkguard.agents.judge.reason import name_all, name_type, quote
from cdkguard.agents.judge.signs import Sign, strictest_sign
from cdkguard.agents.judge.trusted import Trusted, open_trusted
from cdkguard.agents.judge.verdict import SILENT, Verdict
from cdkguard.agents.nouns import Action, Request

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind, Answer

# What is answered in a strict environment, where nobody can tell which it is, and in a mild one.
ANSWERS: dict[ActionKind, tuple[Answer, Answer, Answer]] = {
    "data-delete": ("deny", "deny", "ask"),
    "data-write": ("deny", "ask", "silent"),
    "protection": ("deny", "ask", "ask"),
    "access": ("deny", "ask", "ask"),
    "hidden": ("ask", "ask", "silent"),
}
_MEANINGS = {
    "data-delete": "deletes data",
    "data-write": "writes data",
    "protection": "switches a protection off",
    "access": "widens access",
    "hidden": "starts what cannot be read from here",
}


def judge_direct(action: Action, _request: Request, variables: Mapping[str, str], _end: float) -> Verdict:
    """The verdict on a call that changes what is there, past CloudFormation."""
    if is_local(action, variables):
        return SILENT
    with open_trusted(action.directory) as trusted:
        found = strictest_sign(find_places(action, trusted, variables), trusted.strict, trusted.config.environments)
        return decide_direct(action, found, trusted)


def decide_direct(action: Action, found: Sign | None, trusted: Trusted) -> Verdict:
    """The answer by what the call does and where; `found` is what speaks for the strictest environment."""
    strict, unknown, mild = ANSWERS[action.kind]
    if found is None:
        answer, where = unknown, "an environment that nobody can tell"
    else:
        answer = strict if found.environment in trusted.strict else mild
        where = f"{name_all([found.environment])}, as {quote(f'{found.source} {found.value}')} says"
    if answer == "silent":
        return SILENT._replace(environment=found.environment if found else "")

    name = quote(" ".join(part for part in (action.tool, action.verb) if part), 60)
    target = f" of {quote(action.target)}" if action.target else ""
    kind = f" ({name_type(action.resource_type)})" if action.resource_type else ""
    text = f"{name} {_MEANINGS[action.kind]}{target}{kind} in {where}, past CloudFormation and every review."
    ways = [_way_of(action), f"A person runs {quote(' '.join(action.words), 160)}."]
    if found is None:
        ways.append(
            "Say where it goes: --profile of an environment that cdkguard.yaml or its name tells, or an emulator's --endpoint-url."
        )
    return Verdict(answer, text, (), tuple(ways), found.environment if found else "")


def _way_of(action: Action) -> str:
    if action.kind in ("protection", "access"):
        return "Change it in the CDK app, so that the deployment is judged."
    if action.kind == "hidden":
        return "Leave it to the team's own pipeline, or name an environment in which an agent may try things out."
    if action.kind == "data-delete":
        return "Take it out of the CDK app, so that the deployment is judged."
    return "Write a migration that is reviewed and run by the team's own pipeline."
