"""The subject of a requirement, the context of an operator, and what both may look up in the rest of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple, Protocol
from cdkguard.logic import Tri
from cdkguard.template.scope import Scope

if TYPE_CHECKING:
    from cdkguard.aws import arns


class World(Protocol):
    """The other resources of the same run."""

    def target(self, scope: Scope, logical_id: str) -> Json:
        """The body of a resource of the scope's stack; None where there is none."""

    def others(self, scope: Scope, types: Iterable[str]) -> Iterable[tuple[str, Json, Scope]]:
        """(logical id, body, scope) of the stack's resources of these types, in the template's order."""

    def importers(self, scope: Scope, logical_id: str, types: Iterable[str]) -> Iterable[tuple[str, str, Json]]:
        """(name of the export, logical id, body) of resources in other stacks that import this one."""

    def backup_selections(self, scope: Scope) -> Iterable[Json]:
        """The bodies of the app's backup selections in the stack's account and region, their values resolved."""

    def facts(self, scope: Scope) -> arns.AccountFacts | None:
        """The accounts and names that the stack's texts are compared with."""


class Subject(NamedTuple):
    """The value that a requirement is asked about: a resource body, a list's element, a text, a stack."""

    root: Json
    scope: Scope
    logical_id: str = ""
    world: World | None = None
    # The path from the resource to `root`, where that is an element of a list.
    prefix: tuple[str | int, ...] = ()
    # Where it is a list, (property path, value) of each value that does not hold is added to it.
    evidence: list[tuple[str, Json]] | None = None


class OperatorContext(NamedTuple):
    """Everything that an operator may look at besides the value; see `Operator.looks_at`."""

    scope: Scope
    # The value's property path, "Properties.Policy.Statement[0]".
    path: str = ""
    # The value as the template writes it, before it is resolved; None where it was built.
    raw: Json = None
    # The accounts and names of the run.
    facts: arns.AccountFacts | None = None
    # The resource that the value belongs to.
    logical_id: str = ""


Decide = Callable[[Subject], Tri]
Predicate = Callable[[Json, Scope], bool | None]  # A Python function of a rule.
