"""Looks up other resources, accounts and names for requirements; see `World` in language/subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.engine.rules import EngineSettings
from cdkguard.model import Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch

if TYPE_CHECKING:
    from cdkguard.aws import arns

    OwnName = tuple[str, str]  # (service, resource part) of an ARN


class Lookups:
    """Other resources of the stack, and the accounts and names of the app.

    `accounts` and `names` are those of the whole app, where `stacks` are only a part of it.
    """

    def __init__(
        self,
        stacks: Sequence[Stack],
        scopes: StackScopes,
        settings: EngineSettings,
        accounts: frozenset[str] | None = None,
        names: Mapping[OwnName, str] | None = None,
    ) -> None:
        self._stacks, self._scopes, self._settings = stacks, scopes, settings
        self._accounts, self._names = accounts, names
        self._facts: dict[Stack, arns.AccountFacts] = {}
        self._by_type: dict[int, dict[str, list[tuple[int, str, Json]]]] = {}  # by id of a stack's resources

    def target(self, scope: Scope, logical_id: str) -> Json:
        """The resource with this logical ID in the same stack."""
        return self._scopes.resources(scope.stack).get(logical_id)

    def others(self, scope: Scope, types: Iterable[str]) -> Iterator[tuple[str, Json, Scope]]:
        """(logical ID, body, scope) of the stack's resources of these types, in the order of the template."""
        resources = self._scopes.resources(scope.stack)
        if id(resources) not in self._by_type:
            index: dict[str, list[tuple[int, str, Json]]] = {}
            for place, (logical_id, body) in enumerate(resources.items()):
                index.setdefault(body.get("Type"), []).append((place, logical_id, body))
            self._by_type[id(resources)] = index

        of_types = [found for name in types if (found := self._by_type[id(resources)].get(name, []))]
        in_order = of_types[0] if len(of_types) == 1 else sorted(sum(of_types, []), key=lambda entry: entry[0])
        for _place, logical_id, body in in_order:
            yield logical_id, body, scope

    def facts(self, scope: Scope) -> arns.AccountFacts:
        """The accounts and names that an ARN in the stack may hold, as far as they are known."""
        from cdkguard.aws import arns

        stack: Stack = scope.stack
        if stack not in self._facts:
            if self._accounts is None:
                self._accounts = frozenset(s.account for s in self._stacks if s.account)
            if self._names is None:
                self._names = dict(own_names(self._stacks, self._scopes))
            self._facts[stack] = arns.AccountFacts(
                stack.account,
                self._accounts,
                self._settings.allowed_accounts,
                self._settings.aws_accounts,
                self._settings.environment_of_account,
                stack.environment,
                self._names,
                (stack.account or "", stack.region or ""),
            )
        return self._facts[stack]


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
