"""Compares the stacks of a baseline with the app's: parameters that a deployment keeps, then the diff itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from cdkguard._typing import Json, NamedTuple
from cdkguard.baselines.open import Baseline
from cdkguard.check.evaluate import assign_environments
from cdkguard.config.settings import Config
from cdkguard.data.loader import load_table
from cdkguard.diff.attributes import Attributes
from cdkguard.diff.compare import compare_stacks, find_destroy_changes
from cdkguard.diff.physical_names import Names
from cdkguard.diff.read_anew import find_parameter_readings, find_reference_readings
from cdkguard.diff.replacement import Replacements
from cdkguard.diff.resource_changes import TypeFacts
from cdkguard.diff.sides import Sides
from cdkguard.errors import BaselineError, TemplateError
from cdkguard.model import Assembly, Change, Problem, Stack, replace_stacks
from cdkguard.template.stack_scopes import StackScopes

_MOST_READINGS = 3  # that a notice names
Sets = Mapping[str, frozenset[str]]


class Comparison(NamedTuple):
    """The changes between two sides, the stacks of both as they were compared, and the values of both."""

    changes: tuple[Change, ...]
    before: Sequence[Stack]
    after: Sequence[Stack]
    sides: Sides
    notes: tuple[Problem, ...] = ()  # What no change says: see `_note_readings`.


def compare_with_baseline(
    baseline: Baseline,
    before: Sequence[Stack],
    after: Sequence[Stack],
    sets: Sets,
    given: Mapping[str, Json],
    given_before: Mapping[str, Json] | None = None,
) -> Comparison:
    """The changes between the stacks of a baseline and the app's, both in their environments.

    `given` are values of parameters; `given_before` those in the baseline, where they may be others. Raises BaselineError
    or TemplateError where a side holds a loop that cannot be expanded, since what it makes would go unseen.
    """
    if baseline.deployed:
        after = _keep_parameters(before, after)
    if baseline.normalized:  # Otherwise each hash and each metadata would be a change, in every comparison.
        from cdkguard.baselines.normalize import normalize_stack  # Only a snapshot is.

        after = replace_stacks(after, normalize_stack)
    roots = [[s for s in side if s.parent is None] for side in (before, after)]
    if len(roots[0]) == len(roots[1]) == 1 and not (roots[0][0].from_assembly or roots[1][0].from_assembly):
        # Two template files are two versions of one stack, whatever the files are called.
        name = roots[1][0].name
        before = replace_stacks(before, lambda s: s._replace(name=name) if s.parent is None else s)

    sides = Sides(StackScopes(given if given_before is None else given_before), StackScopes(given))
    facts = type_facts(sets)
    found = compare_stacks(_deployed_by_stacks(before), _deployed_by_stacks(after), facts, sides)
    for problem in sides.before.problems:
        raise BaselineError(f"the baseline {baseline.words} was not read whole: {problem.message}")
    for problem in sides.after.problems:
        raise TemplateError(problem.message)
    return Comparison(found, before, after, sides, _note_readings(found, before, after, facts, sides))


def _note_readings(
    changes: Sequence[Change], before: Sequence[Stack], after: Sequence[Stack], facts: TypeFacts, sides: Sides
) -> tuple[Problem, ...]:
    """A notice where Parameter Store decides whether something with data or disks is replaced; see `diff.read_anew`.

    It is no change: each comparison would have it, whatever the team does.
    """
    stays = {stack.root.name for stack in before}
    stacks = [stack for stack in _deployed_by_stacks(after) if stack.root.name in stays]
    found = list(find_parameter_readings(stacks, sides.after, facts))
    for change in changes:
        if change.impact == "WILL_UPDATE" and not change.noise and change.logical_id is not None:
            found += find_reference_readings(change.stack, change.logical_id, change.after, facts)
    if not found:
        return ()

    found.sort(key=lambda reading: not reading.is_public)
    some = ", ".join(f"{r.property_name} of {r.logical_id} from {r.name}" for r in found[:_MOST_READINGS])
    more = f" and {len(found) - _MOST_READINGS} more" if len(found) > _MOST_READINGS else ""
    text = (
        "each deployment reads Parameter Store anew, and another value there replaces the resource, "
        f"though no template changes: {some}{more}"
    )
    return (Problem("notice", text, fatal=False),)


def _deployed_by_stacks(stacks: Sequence[Stack]) -> list[Stack]:
    """Without what stack sets, products and applications deploy: no baseline but the app's own code holds that."""

    def is_compared(stack: Stack) -> bool:
        if stack.parent is None:
            return True
        body = stack.parent.template["Resources"].get(stack.parent_logical_id)
        kind = body.get("Type") if isinstance(body, dict) else None
        return kind in (None, "AWS::CloudFormation::Stack") and is_compared(stack.parent)

    return [stack for stack in stacks if is_compared(stack)]


def _keep_parameters(before: Sequence[Stack], after: Sequence[Stack]) -> list[Stack]:
    """`cdk deploy` keeps the value of a deployed parameter that nobody gives anew, whatever its new Default says."""
    old = {(s.name, s.account, s.region): s for s in before if s.parent is None}

    def keep(stack: Stack) -> Stack:
        was = old.get((stack.name, stack.account, stack.region)) or old.get((stack.name, None, None))
        if stack.parent is not None or was is None:
            return stack
        return stack._replace(parameters={**was.parameters, **stack.parameters})

    return replace_stacks(after, keep)


def type_facts(sets: Sets) -> TypeFacts:
    """The facts about resource types that the diff needs, from the rules' named sets and the shipped tables."""
    stateful = sets.get("stateful", frozenset()) | sets.get("stateful-more", frozenset())
    return TypeFacts(
        load_replacements(),
        load_attributes(),
        stateful | sets.get("stateful-minor", frozenset()),
        sets.get("snapshot-on-delete", frozenset()),
        sets.get("snapshot-on-replace", frozenset()),
        sets.get("deleted-when-empty", frozenset()),
        load_names,
        load_places,
    )


@cache
def load_replacements() -> Replacements:
    """Which property changes replace a resource; made by tools/replacement/make_table.py."""
    return Replacements(load_table("replacement.json"))


@cache
def load_attributes() -> Attributes:
    """Which values of a resource its change renews; made by tools/attributes/make_table.py."""
    return Attributes(lambda: load_table("attributes.json"))


@cache
def load_names() -> Names:
    """Type -> the properties that are together its name in AWS; made by tools/names/make_table.py."""
    table: Names = load_table("names.json")
    return table


@cache
def load_places() -> Mapping[str, Mapping[str, Json]]:
    """What AWS has once, by type; made by tools/places/make_table.py."""
    table: Mapping[str, Mapping[str, Json]] = load_table("places.json")
    return table


def stacks_of(found: Assembly, config: Config) -> list[Stack]:
    """The stacks of an assembly in the environments that a configuration gives them."""
    return assign_environments(config._replace(app_context=found.context), found.stacks).stacks


def find_destroyed(stacks: Sequence[Stack], sets: Sets, given: Mapping[str, Json]) -> tuple[Change, ...]:
    """The changes that `cdk destroy` of these stacks would make, by the policies that they hold."""
    return find_destroy_changes(stacks, type_facts(sets), StackScopes(given))
