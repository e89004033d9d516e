"""The names that the resources of an app have, so that a text which spells one out is known to mean it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json
from cdkguard.model import Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch

OwnName = tuple[str, str]  # (service, resource part) of an ARN


def own_names(stacks: Iterable[Stack], scopes: StackScopes) -> Iterator[tuple[OwnName, str]]:
    """The ARNs of resources that are named, without account and region, and whose they are."""
    from cdkguard.aws import arns

    for stack in stacks:
        for logical_id, body in scopes.resources(stack).items():
            form = arns.OWN_NAMES.get(str(body.get("Type")))
            properties = body.get("Properties")
            if not form or not isinstance(properties, dict):
                continue
            name = properties.get(form[0])
            if isinstance(name, dict):
                name = _resolve_name(scopes.of(stack), name)
            if isinstance(name, str):
                yield (form[1], form[2].format(name)), arns.describe_owner(logical_id, stack.account, stack.region)


def _resolve_name(scope: Scope, value: Json) -> Json:
    try:
        return scope.resolve(value)
    except Branch:
        return None
