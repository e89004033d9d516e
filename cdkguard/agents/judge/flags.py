"""What of a command goes past a safety net, in words, and which of it is never let through into production."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cdkguard.agents.judge.reason import quote
from cdkguard.agents.nouns import Action

_MEANING = {
    "--hotswap": "changes resources past CloudFormation, without its hooks and its rollback",
    "--hotswap-fallback": "changes resources past CloudFormation where it can, without its hooks and its rollback",
    "--method direct": "updates without a change set that anybody could look at",
    "--method=direct": "updates without a change set that anybody could look at",
    "--express": "does not wait until resources are stable",
    "--require-approval never": "switches CDK's own question about wider access off",
    "--require-approval=never": "switches CDK's own question about wider access off",
    "--force": "skips CDK's own questions and checks",
    "--no-rollback": "leaves a failed update as it is",
    "--yes": "answers CDK's own questions",
    "watch": "deploys every later edit as well, and nobody judges those",
    "--watch": "deploys every later edit as well, and nobody judges those",
    "--capabilities": "lets the template create IAM resources",
}
_NEVER_ALONE = ("--hotswap", "--method", "--express", "--no-rollback", "watch", "--watch")


def describe_flags(action: Action) -> tuple[str, ...]:
    """A sentence for each flag that goes past a safety net."""
    found = []
    for flag in dict.fromkeys(action.flags):
        if flag.startswith(("--app", "-a ")):
            if not os.path.isdir(os.path.join(action.directory, action.app or "")):
                continue  # It is a command, which is not run: the headline says so.
            found.append(f"{quote(flag)} was built before: it is judged as it lies there, and the sources are not.")
        elif flag in _MEANING:
            found.append(f"{quote(flag)} {_MEANING[flag]}.")
        else:
            found.append(f"{quote(flag)} goes past a safety net.")
    return tuple(found)


def need_a_person(flags: Iterable[str]) -> bool:
    """Whether a flag makes it a person's decision in a strict environment, however clean the change is."""
    return any(flag.startswith(_NEVER_ALONE) for flag in flags)


def deploys_later_edits(flags: Iterable[str], verb: str) -> bool:
    """Whether the command goes on deploying edits that nobody has judged yet."""
    return verb == "watch" or any(flag in ("watch", "--watch") for flag in flags)
