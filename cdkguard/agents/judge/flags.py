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
    "--all": "reaches every stack of the app",
    "--exclusively": "leaves out the stacks that the named ones need",
    "--revert-drift": "takes back what was changed beside CloudFormation",
    "--import-existing-resources": "takes resources that exist already into the stack",
    "--ignore-errors": "deploys templates that the app itself reports errors for",
    "--no-validation": "skips the checks of CDK's own",
    "--no-termination-protection": "switches the stacks' termination protection off",
    "--disable-rollback": "leaves a failed update as it is",
    "--code": "changes functions past CloudFormation, without its rollback",
    "--no-prompts": "answers the tool's own questions",
    "--no-confirm-changeset": "answers the tool's own questions",
    "--y": "answers the tool's own questions",
    "-y": "answers the tool's own questions",
    "--detach": "does not wait for the end",
    "--target": "deploys a part of the app",
    "--once": "deploys once, and does not watch",
    "--force-upload": "uploads what is there already",
    "--allow-destructive-graphql-schema-updates": "lets tables of the API be replaced",
    "--allow-downgrade": "lets an older version of the tool change what a newer one has made",
    "--enforce-hash-update": "replaces the versions of every function",
    "--no-retain-stacks": "deletes the stacks, too",
    "--role-arn": "lets CloudFormation act with another role",
    "--orphan": "leaves the resources it names outside of the stack",
    "--deletion-mode": "lets a stack go whose resources cannot be deleted",
    "--stack-policy-during-update-body": "sets the stack's policy aside",
    "--no-enable-termination-protection": "switches the stack's termination protection off",
}
# They make nothing less safe: nothing is executed, nothing is left out, or something is kept.
_HARMLESS = (
    "--no-execute", "--no-execute-changeset", "--ignore-no-stacks", "--termination-protection", "--retain-resources",
    "--method change-set", "--method prepare-change-set",
)  # fmt: skip
_NEVER_ALONE = ("--hotswap", "--method", "--express", "--no-rollback", "watch", "--watch")


def describe_flags(action: Action) -> tuple[str, ...]:
    """A sentence for each flag that changes what a deployment reaches, or goes past a safety net."""
    found = []
    for flag in dict.fromkeys(action.flags):
        if flag.startswith(("--app", "-a ")):
            if not os.path.isdir(os.path.join(action.directory, action.app or "")):
                continue  # It is a command, which is not run: the headline says so.
            found.append(f"{quote(flag)} was built before: it is judged as it lies there, and the sources are not.")
        elif flag in _HARMLESS or flag.partition(" ")[0] in _HARMLESS:
            continue
        elif meaning := _MEANING.get(flag) or _MEANING.get(flag.partition(" ")[0]):
            found.append(f"{quote(flag)} {meaning}.")
        else:
            found.append(f"{quote(flag)} may go past a safety net.")
    return tuple(found)


def need_a_person(flags: Iterable[str]) -> bool:
    """Whether a flag makes it a person's decision in a strict environment, however clean the change is."""
    return any(flag.startswith(_NEVER_ALONE) and flag not in _HARMLESS for flag in flags)


def deploys_later_edits(flags: Iterable[str], verb: str) -> bool:
    """Whether the command goes on deploying edits that nobody has judged yet."""
    return verb == "watch" or any(flag in ("watch", "--watch") for flag in flags)
