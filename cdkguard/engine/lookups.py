"""Looks up other resources, accounts and names for requirements; see `World` in language/subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.engine.app_facts import IMPORTERS, PROTECTING, SELECTIONS, Key, export_names, place_of
from cdkguard.engine.rules import EngineSettings
from cdkguard.model import Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes

if TYPE_CHECKING:
    from cdkguard.aws import arns


class Lookups:
    """Other resources of the stack, and the accounts and names of the app.

    `accounts` and `app_facts` are those of the whole app, where `stacks` are only a part of it.
    """

    def __init__(
        self,
        stacks: Sequence[Stack],
        scopes: StackScopes,
        settings: EngineSettings,
        accounts: frozenset[str] | None = None,
        app_facts: Mapping[Key, Json] | None = None,
    ) -> None:
        self._stacks, self._scopes, self._settings = stacks, scopes, settings
        self._accounts = accounts
        self._app_facts = {} if app_facts is None else app_facts
        self._names = app_facts  # of the resources of the app; without facts they are found when they are asked for
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

        by_type = self._by_type[id(resources)]
        of_types = [by_type[name] for name in types if name in by_type]
        if not of_types:
            return
        in_order = of_types[0] if len(of_types) == 1 else sorted(sum(of_types, []), key=lambda entry: entry[0])
        for _place, logical_id, body in in_order:
            yield logical_id, body, scope

    def importers(self, scope: Scope, logical_id: str, types: Iterable[str]) -> Iterator[tuple[str, str, Json]]:
        """(name of the export, logical ID, body) of resources in other stacks that import this one."""
        if "Outputs" not in scope.stack.template or PROTECTING.isdisjoint(types):
            return
        for name in export_names(scope.stack, scope, logical_id):
            for foreign in self._app_facts.get((IMPORTERS, place_of(scope, name))) or ():
                if foreign.resource_type in types:
                    yield name, foreign.logical_id, foreign.body

    def backup_selections(self, scope: Scope) -> Iterator[Json]:
        """The backup selections of the app in the stack's account and region, their values resolved."""
        for foreign in self._app_facts.get((SELECTIONS, place_of(scope, ""))) or ():
            yield foreign.body

    def facts(self, scope: Scope) -> arns.AccountFacts:
        """The accounts and names that an ARN in the stack may hold, as far as they are known."""
        from cdkguard.aws import arns

        stack: Stack = scope.stack
        if stack not in self._facts:
            if self._accounts is None:
                self._accounts = frozenset(s.account for s in self._stacks if s.account)
            if self._names is None:
                from cdkguard.engine.own_names import own_names

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
