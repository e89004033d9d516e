"""Exports that go or change while another stack imports them, which CloudFormation refuses.

"Export X cannot be deleted as it is in use by Y": it counts what is deployed, so that a consumer which lets go of the export
has to be deployed before the stack that exports it. `cdk deploy` does the opposite where the one depends on the other.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Stack.html#exportwbrvalueexportedvalue-options
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.attributes import Attributes
from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.differences import are_equal
from cdkguard.diff.references import find_references
from cdkguard.diff.sides import Sides
from cdkguard.diff.stack_pairs import Pair, ResourceKey, find_stack_path
from cdkguard.model import Change, Stack
from cdkguard.template.scope import Scope
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Branch, Deferred

_IMPORT = "Fn::ImportValue"
_MOST_TOLD = 3
_MAX_DEPTH = 50  # Of a value in which imports are looked for.


class _Export(NamedTuple):
    """An export that is not what it was."""

    name: str
    verb: str
    before: Json  # Its comparable value in the baseline.
    certain: bool = True


class _Refusal(NamedTuple):
    """What CloudFormation refuses of an export."""

    words: str
    certain: bool
    importer: str  # The path of the stack that imports it.


class RefusedStack(NamedTuple):
    """A stack that deletes or changes exports which another one imports."""

    change: Change
    values: tuple[Json, ...]  # Of these exports in the baseline, comparable.


def find_refused_stacks(
    pairs: Sequence[Pair],
    changes: Mapping[ResourceKey, Change],
    attributes: Attributes,
    sides: Sides,
    stacks: tuple[Sequence[Stack], Sequence[Stack]],
) -> list[RefusedStack]:
    """One change for each stack that deletes or changes exports which another one imports."""
    found, consumers = [], None
    for old, new in pairs:
        exports = list(_find_changed_exports(old, new, changes, attributes, sides))
        if not exports:
            continue
        consumers = consumers or _Consumers(pairs, sides, stacks)
        by_export = [(export, list(consumers.refuse(old, new, export))) for export in exports]
        refused = [(r.words, r.certain) for _export, refusals in by_export for r in refusals]
        if refused:
            more = len(refused) - _MOST_TOLD
            shown = refused[:_MOST_TOLD] + ([(f"do so with {more} more", refused[-1][1])] if more > 0 else [])
            importers = dict.fromkeys(r.importer for _export, refusals in by_export for r in refusals)
            change = Change("STACK_REFUSED", new, old_stack=old, after={"Refused": shown}, importers=tuple(importers))
            found.append(RefusedStack(change, tuple(export.before for export, refusals in by_export if refusals)))
    return found


def _find_changed_exports(
    old: Stack, new: Stack, changes: Mapping[ResourceKey, Change], attributes: Attributes, sides: Sides
) -> Iterator[_Export]:
    before = _read_exports(old, sides.before.of(old))
    if not before:
        return
    after, pair = _read_exports(new, sides.after.of(new)), sides.pair(old, new)
    for name, value in before.items():
        if name not in after:
            # Another export of which the name is not known may be this one.
            yield _Export(name, "delete its export", make_comparable(pair.before, value), "" not in after)
        elif name:
            values = make_comparable(pair.before, value), make_comparable(pair.after, after[name])
            certain = _find_certainty(values, new, changes, attributes)
            if certain is not None:
                yield _Export(name, "change the value of its export", values[0], certain)


def _find_certainty(
    values: tuple[Json, Json], new: Stack, changes: Mapping[ResourceKey, Change], attributes: Attributes
) -> bool | None:
    """Whether the value of an export changes for certain; None where it stays."""
    if not are_equal(*values):
        return not any(isinstance(value, Deferred | dict) for value in values)
    certain = None
    for target, attribute in find_references(values[1]):
        change = changes.get((new, target))
        renewed = "no" if change is None else attributes.decide(change, attribute)
        if renewed != "no":
            certain = certain or renewed == "yes"
    return certain


def _read_exports(stack: Stack, scope: Scope) -> dict[str, Json]:
    """Name -> value, as the template writes it; "" for those of which the name is not known."""
    outputs = stack.template.get("Outputs")
    found: dict[str, Json] = {}
    for output in outputs.values() if isinstance(outputs, dict) else ():
        export = output.get("Export") if isinstance(output, dict) else None
        if not isinstance(export, dict):
            continue
        condition = output.get("Condition")
        if isinstance(condition, str) and scope.condition_if_known(condition) is False:
            continue
        found[_resolve_name(export.get("Name"), scope)] = output.get("Value")
    return found


def _resolve_name(value: Json, scope: Scope) -> str:
    try:
        value = scope.resolve(value)
    except Branch:
        return ""
    return value if isinstance(value, str) else ""


class _Consumers:
    """What the stacks import, as deployed and as they will be, and the order in which they are deployed."""

    def __init__(self, pairs: Sequence[Pair], sides: Sides, stacks: tuple[Sequence[Stack], Sequence[Stack]]) -> None:
        self.new_of = dict(pairs)
        self.before = _find_imports(stacks[0], sides.before)
        self.after = _find_imports(stacks[1], sides.after)
        self.by_artifact = {stack.artifact: stack for stack in stacks[1] if stack.artifact and stack.parent is None}

    def refuse(self, old: Stack, new: Stack, export: _Export) -> Iterator[_Refusal]:
        """What CloudFormation says of the export, once for each stack that imports it."""
        for consumer, names in self.before.items():
            if export.name not in names or consumer is old.root or not _may_share_place(consumer, old.root):
                continue
            certain = self._still_imports(consumer, new.root, export.name)
            if certain is not False:
                importer = find_stack_path(consumer)
                words = f"{export.verb} {export.name}, which {importer} imports"
                yield _Refusal(words, export.certain and certain is True, importer)

    def _still_imports(self, consumer: Stack, producer: Stack, name: str) -> bool | None:
        """Whether the consumer imports the export when its producer is deployed; None where that is not known.

        A consumer that left the app runs on, unless somebody deletes it.
        """
        new = self.new_of.get(consumer)
        if new is None:
            return None
        if name in self.after.get(new, ()) or self._depends_on(new, producer):
            return True
        return False if self._depends_on(producer, new) else None

    def _depends_on(self, stack: Stack, other: Stack) -> bool:
        """Whether `cdk deploy` deploys the other stack first."""
        seen, level = set(), [stack]
        while level:
            for name in level.pop().depends_on:
                found = self.by_artifact.get(name)
                if found is other:
                    return True
                if found is not None and name not in seen:
                    seen.add(name)
                    level.append(found)
        return False


def _may_share_place(one: Stack, other: Stack) -> bool:
    pairs = ((one.account, other.account), (one.region, other.region))
    return all(a is None or b is None or a == b for a, b in pairs)


def _find_imports(stacks: Sequence[Stack], scopes: StackScopes) -> dict[Stack, set[str]]:
    """Root stack -> the exports that it and its nested stacks import, where the names are known."""
    found: dict[Stack, set[str]] = {}
    for stack in stacks:
        scope = scopes.of(stack)
        created = [
            body
            for body in scopes.resources(stack).values()
            if not isinstance(body.get("Condition"), str) or scope.condition_if_known(body["Condition"]) is not False
        ]
        names = {
            _resolve_name(operand, scope) for operand in _find_operands([created, stack.template.get("Outputs")], 0)
        }
        found.setdefault(stack.root, set()).update(names - {""})
    return found


def _find_operands(value: Json, depth: int) -> Iterator[Json]:
    if depth > _MAX_DEPTH:
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == _IMPORT:
            yield inner
        elif isinstance(inner, dict | list):
            yield from _find_operands(inner, depth + 1)
