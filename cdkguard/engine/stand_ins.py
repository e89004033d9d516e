"""Custom resources as the resources that they stand for, and verdicts on those, told of the custom resource itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.aws.custom_resources import StandIn, expand_custom_resource
from cdkguard.engine.branching import PASSED, Verdict
from cdkguard.language.subject import World
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, as_mapping

_PROPERTIES = "Properties"


def list_stand_ins(
    body: Json, scope: Scope, world: World, table: Mapping[str, Json]
) -> Iterator[tuple[StandIn, Collection[str] | None]]:
    """The resources that a custom resource stands for, and the properties that it sets; None where that is all of them.

    A call that changes a resource of the template stands for that resource with the properties that the call names.
    """
    for made in expand_custom_resource(body, scope, table):
        said = made.body.get(_PROPERTIES, {})
        if made.is_whole:
            yield made, None
            continue
        around = _find_changed(made, world)
        yield made._replace(body={**made.body, _PROPERTIES: {**around, **said}}), said.keys()


def _find_changed(made: StandIn, world: World) -> Mapping[str, Json]:
    """The properties of the template's resource that a call names by a reference."""
    for value in made.body[_PROPERTIES].values():
        target = value.target if isinstance(value, Deferred) and value.kind == "resource" else None
        changed = as_mapping(world.target(made.scope, target)) if target is not None else {}
        if changed.get("Type") == made.body["Type"]:
            return as_mapping(changed.get(_PROPERTIES))
    return {}


def tell_of_stand_in(verdict: Verdict, place: str, said: Collection[str] | None) -> Verdict:
    """The verdict with the places in the custom resource.

    A rule counts only where it is about a property that is set: a call leaves the others as they are.
    """
    is_about = said is None or verdict.note or any(_sets(path, value, said) for path, value in verdict.evidence)
    if verdict is PASSED or not is_about:
        return PASSED
    evidence = tuple((_place(path, place), value) for path, value in verdict.evidence)
    return verdict._replace(evidence=evidence, subject=None)


def _sets(path: str, value: object, said: Collection[str]) -> bool:
    """Whether a value that does not hold is one that the call sets."""
    first, _, inner = path.partition(".")
    return value is not ABSENT and first == _PROPERTIES and inner.partition(".")[0].partition("[")[0] in said


def _place(path: str, place: str) -> str:
    """The path of a property in what the stand-in is made of; the whole of that for any other path."""
    if path.startswith(_PROPERTIES):
        return place + path.removeprefix(_PROPERTIES)
    return place.removesuffix(".parameters")
