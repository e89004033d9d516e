"""Two assemblies -> what a deployment of the second over the first would do to each resource."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff import data_parts, renames, stack_pairs
from cdkguard.diff.asset_hashes import differ_in_assets_only
from cdkguard.diff.comparable import stand_beside
from cdkguard.diff.differences import find_differences
from cdkguard.diff.fates import (
    RETAINING,
    find_deletion_policy,
    find_fate,
    find_replace_policy,
    is_cluster_member,
    is_retained,
)
from cdkguard.diff.propagation import follow_replacements
from cdkguard.diff.renames import have_same_physical_name
from cdkguard.diff.replacement import Replacements
from cdkguard.diff.sides import Sides, _Body, _here, _pinned, _same_surroundings, _told_apart
from cdkguard.diff.tokens import _name, make_token
from cdkguard.model import IMPACTS, Change, PropertyChange, Stack
from cdkguard.template.paths import render_path
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import ABSENT, Deferred, Scope, scalar_text
from cdkguard.text.credentials import hides, named_by

_FLEET = "AWS::AutoScaling::AutoScalingGroup"
_OTHERWISE = {"Type", "Properties", "DependsOn", "Metadata", "Condition"}  # compared in a way of their own
_RANK = {"WILL_UPDATE": 0, "MAY_REPLACE": 1, "WILL_REPLACE": 2}
_REPLACING = {"no": "WILL_UPDATE", "maybe": "MAY_REPLACE", "yes": "WILL_REPLACE"}
_OF_STACKS = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet")  # nobody reads what the second holds


class TypeFacts(NamedTuple):
    """What is known of resource types; the sets are those of the rules."""

    replacements: Replacements
    stateful: frozenset[str] = frozenset()
    snapshot_on_delete: frozenset[str] = frozenset()
    snapshot_on_replace: frozenset[str] = frozenset()


def compare_stacks(
    before: Sequence[Stack], after: Sequence[Stack], tables: TypeFacts, sides: Sides
) -> tuple[Change, ...]:
    """Every change, stack by stack in the new assembly's order, stacks that are gone at the end."""
    return _Comparison(before, after, tables, sides).run()


class _Comparison:
    def __init__(self, before: Sequence[Stack], after: Sequence[Stack], tables: TypeFacts, sides: Sides) -> None:
        self.before, self.after, self.tables, self.sides = before, after, tables, sides
        self.changes: dict[tuple[int, str], Change] = {}  # by (id of the stack it is shown in, logical id)
        self.scopes: dict[int, Scope] = {}  # of the pairs, in which parameters that differ are told apart
        self.removed_roots: frozenset[int] = frozenset()
        self.out_of_sight: set[int] = set()  # stacks whose templates cannot be read any more
        self.read = {(id(s.parent), s.parent_logical_id) for s in before if s.parent is not None}

    def run(self) -> tuple[Change, ...]:
        matched = stack_pairs.match_stacks(self.before, self.after, self._exists)
        self.removed_roots = frozenset(map(id, matched.gone_roots))
        for old, new in matched.pairs:
            self._pair(old, new)
        for old in [*matched.gone, *self._lost_from_sight(matched.unread)]:
            self._all_of(old, gone=True)
        for new in matched.come:
            self._all_of(new, gone=False)
        follow = follow_replacements(
            matched.pairs, self.changes, self.tables.replacements, self.sides.after, self._body, self._replaced_fate
        )
        for key, change in follow:
            self.changes[key] = change._replace(stateful=self._holds_data(change.resource_type, change.before))
        self._rename()
        whole = [*matched.changes, *self.changes.values()]
        order = {id(stack): i for i, stack in enumerate([*self.after, *self.before])}
        whole.sort(key=lambda c: (order[id(c.stack)], c.logical_id is not None, c.construct_path or c.logical_id or ""))
        return tuple(self._finished(change) for change in whole)

    # -- one pair of stacks

    def _pair(self, old: Stack, new: Stack) -> None:
        one, other = self.sides.before.resources(old), self.sides.after.resources(new)
        scopes = _told_apart(old, new, self.sides, self.scopes)
        alike, pinned = _same_surroundings(old, new, scopes), _pinned(old, new, scopes[1])
        if pinned is not None:
            stand_beside(pinned, scopes[0])
        for logical_id in {**one, **other}:
            a, b = one.get(logical_id), other.get(logical_id)
            if alike and a == b:
                continue
            change = self._compared(old, new, logical_id, _here(a, scopes[0]), _here(b, scopes[1]))
            if pinned is not None:
                change = _either(change, self._compared(old, new, logical_id, _here(a, scopes[0]), _here(b, pinned)))
            if change is not None:
                self.changes[id(new), logical_id] = change

    def _exists(self, nested: Stack) -> bool:
        """Whether the parent creates the nested stack: its condition may be false."""
        scopes = self.sides.before if any(nested is s for s in self.before) else self.sides.after
        if nested.parent is None:
            return True
        raw = scopes.resources(nested.parent).get(nested.parent_logical_id or "")
        condition = raw.get("Condition") if isinstance(raw, dict) else None
        is_off = isinstance(condition, str) and scopes.of(nested.parent).condition_if_known(condition) is False
        return isinstance(raw, dict) and not is_off

    def _body(self, stack: Stack, logical_id: str) -> Json:
        """The resolved resource of the new side; None where it is not created."""
        raw = self.sides.after.resources(stack).get(logical_id)
        return _here(raw, self.scopes.get(id(stack)) or self.sides.after.of(stack)).body

    def _compared(self, old: Stack, new: Stack, logical_id: str, one: _Body, other: _Body) -> Change | None:
        if one.body is None and other.body is None:
            return None
        if other.body is None:
            return self._removed(old, new, logical_id, one.body, other)
        if one.body is None:
            return self._change("WILL_CREATE", new, logical_id, None, other.body, was=old)
        return self._updated(old, new, logical_id, one.body, other)

    def _removed(self, old: Stack, new: Stack, logical_id: str, body: Json, other: _Body) -> Change:
        """A removal is carried out under the deployed template's policy, never the new one's."""
        fate = find_fate(find_deletion_policy(body), body, self.tables.snapshot_on_delete)
        if fate == "destroyed" and self._is_unread(old, logical_id, body):
            fate = "unknown"
        detail = ["condition"] if other.raw is not None else []
        if (
            other.raw is not None
            and fate == "destroyed"
            and other.raw.get("DeletionPolicy") in (*RETAINING, "Snapshot")
        ):
            detail.append("retained-too-late")
        impact = "WILL_ORPHAN" if fate == "retained" else "WILL_DESTROY"
        return self._change(impact, new, logical_id, body, None, was=old, detail=detail, fate=fate)

    def _updated(self, old: Stack, new: Stack, logical_id: str, one: Json, other: _Body) -> Change | None:
        kind = str(one.get("Type"))
        found = list(self._property_changes(kind, one, other.body))
        if kind != str(other.body.get("Type")):
            fate = find_fate(find_replace_policy(one, other.body), one, self.tables.snapshot_on_replace)
            changed = PropertyChange("Type", kind, other.body.get("Type"), "yes")
            return self._change(
                "WILL_REPLACE", new, logical_id, one, other.body, (changed,), old, ["type-changed"], fate
            )
        if not found:
            return None
        impact = max((_REPLACING[f.replacement] for f in found), key=_RANK.__getitem__)
        fate = "" if impact == "WILL_UPDATE" else self._replaced_fate(one, other.body)
        detail, noise = _news(kind, found)
        if noise and self._is_unread(old, logical_id, one) and detail != ["metadata"]:
            noise = False  # another template, though its name differs by a hash alone
        if any(f.path == "Condition" and f.after is not ABSENT for f in found):
            detail.append("condition-changed")
        if any(True for _ in data_parts.find_lost_parts(kind, one, other.body)):
            detail.append("part-lost")
        return self._change(impact, new, logical_id, one, other.body, tuple(found), old, detail, fate, noise)

    def _property_changes(self, kind: str, one: Json, other: Json) -> Iterator[PropertyChange]:
        before, after = one.get("Properties", {}), other.get("Properties", {})
        for path, a, b in find_differences(before, after):
            replacement = self.tables.replacements.of(kind, path)
            if kind == _FLEET and replacement == "maybe":
                replacement = _fleet_replacement(other)
            names = [named_by(_owner(side, path), path[-1]) for side in (before, after)] if path else []
            name = next(filter(hides, names), "")
            yield PropertyChange(render_path(("Properties", *path)), a, b, replacement, name=name)
        for name in sorted((one.keys() | other.keys()) - _OTHERWISE):
            for path, a, b in find_differences(one.get(name, ABSENT), other.get(name, ABSENT)):
                yield PropertyChange(render_path((name, *path)), a, b)
        for name, pair in (("DependsOn", _depends), ("Metadata", _metadata), ("Condition", _condition)):
            for path, a, b in find_differences(pair(one), pair(other)):
                yield PropertyChange(render_path((name, *path)), a, b)

    def _replaced_fate(self, one: Json, other: Json) -> str:
        return find_fate(find_replace_policy(one, other), one, self.tables.snapshot_on_replace)

    # -- whole stacks

    def _all_of(self, stack: Stack, gone: bool) -> None:
        scopes = self.sides.before if gone else self.sides.after
        for logical_id, raw in scopes.resources(stack).items():
            body = _here(raw, scopes.of(stack)).body
            if body is None:
                continue
            if not gone:
                self.changes[id(stack), logical_id] = self._change("WILL_CREATE", stack, logical_id, None, body)
                continue
            self.changes[id(stack), logical_id] = self._all_gone(stack, logical_id, body)

    def _lost_from_sight(self, nested: Iterable[tuple[Stack, Stack]]) -> Iterator[Stack]:
        """Nested stacks whose templates could be read and cannot any more: what was in them may be gone, unless the same
        template is named."""
        for old, parent in nested:
            assert old.parent is not None and old.parent_logical_id is not None
            one, other = (
                _here(scopes.resources(stack).get(old.parent_logical_id), scopes.of(stack))
                for stack, scopes in ((old.parent, self.sides.before), (parent, self.sides.after))
            )
            if other.body is not None and _template_url(one.body) == _template_url(other.body):
                continue
            found = stack_pairs.within(self.before, old)
            if other.body is not None:
                self.out_of_sight |= set(map(id, found))
            yield from found

    def _all_gone(self, stack: Stack, logical_id: str, body: Json) -> Change:
        if stack.parent is None or id(stack.root) in self.removed_roots:
            return self._change(
                "WILL_ORPHAN", stack, logical_id, body, None, was=stack, detail=["stack-removed"], fate="retained"
            )
        fate = find_fate(find_deletion_policy(body), body, self.tables.snapshot_on_delete)
        detail = ["template-unread"] if id(stack) in self.out_of_sight else []
        if fate == "destroyed" and (detail or self._is_unread(stack, logical_id, body)):
            fate = "unknown"
        if self._kept_with_parent(stack):
            fate = "retained"
        impact = "WILL_ORPHAN" if fate == "retained" else "WILL_DESTROY"
        return self._change(impact, stack, logical_id, body, None, was=stack, detail=detail, fate=fate)

    def _kept_with_parent(self, stack: Stack) -> bool:
        """Whether the nested stack's own resource is retained: then everything in it lives on."""
        while stack.parent is not None:
            raw = self.sides.before.resources(stack.parent).get(stack.parent_logical_id or "")
            body = _here(raw, self.sides.before.of(stack.parent)).body
            if body is not None and find_deletion_policy(body) in RETAINING:
                return True
            stack = stack.parent
        return False

    # -- renames and moves

    def _rename(self) -> None:
        key_of: dict[int, tuple[int, str]] = {}

        def candidates(impacts: tuple[str, ...]) -> list[renames.Candidate]:
            found = []
            for key, c in self.changes.items():
                if c.impact in impacts and c.resource_type != "AWS::CDK::Metadata":
                    body = c.before if c.before is not None else c.after
                    path = c.construct_path or str(c.logical_id)
                    one = renames.Candidate(_name(c.stack), str(c.logical_id), str(c.resource_type), path, body)
                    key_of[id(one)] = key
                    found.append(one)
            return found

        gone, come = candidates(("WILL_DESTROY", "WILL_ORPHAN")), candidates(("WILL_CREATE",))
        for old, new in renames.match_renames(gone, come):
            one, other = key_of[id(old)], key_of[id(new)]
            elsewhere = one[0] != other[0]
            word = "moved" if elsewhere else "renamed"
            words = [word, *(["same-name"] if have_same_physical_name(old, new) else [])]
            for key, partner, home in ((one, new, self.changes[other].stack), (other, old, self.changes[one].stack)):
                change = self.changes[key]
                there = partner.stack if partner.stack != _name(change.stack) else _told_from(home, change.stack)
                self.changes[key] = change._replace(
                    detail=(*change.detail, *words),
                    partner=partner.construct_path,
                    partner_id=partner.logical_id,
                    partner_stack=there if elsewhere else None,
                )
            late = self.changes[one]
            if late.fate == "destroyed" and is_retained(new.body):
                self.changes[one] = late._replace(detail=(*late.detail, "retained-too-late"))

    # -- records

    def _change(
        self,
        impact: str,
        stack: Stack,
        logical_id: str,
        before: Json,
        after: Json,
        properties: tuple[PropertyChange, ...] = (),
        was: Stack | None = None,
        detail: Sequence[str] = (),
        fate: str = "",
        noise: bool = False,
    ) -> Change:
        body = before if after is None else after
        kind, was_body = str(body.get("Type")), after if before is None else before
        home = stack if after is not None or was is None else was
        if fate == "snapshot":
            detail = [*detail, "snapshot"]
        unsure = isinstance(body.get("Condition"), Deferred)
        return Change(
            impact=impact,
            stack=stack,
            logical_id=logical_id,
            resource_type=kind,
            construct_path=home.construct_paths.get(logical_id),
            before=before,
            after=after,
            properties=properties,
            detail=(*detail, *(["condition-unknown"] if unsure else [])),
            fate=fate,
            noise=noise or kind == was_body.get("Type") == "AWS::CDK::Metadata",
            stateful=self._holds_data(str(was_body.get("Type")), was_body)
            or (before is not None and self._is_unread(was or stack, logical_id, before)),
            was=was,
        )

    def _is_unread(self, stack: Stack, logical_id: str, body: Json) -> bool:
        """Whether it is a nested stack, or a set of stacks, of which nobody knows what it holds."""
        return body.get("Type") in _OF_STACKS and (id(stack), logical_id) not in self.read

    def _holds_data(self, kind: str | None, body: Json) -> bool:
        return kind in self.tables.stateful and not is_cluster_member(str(kind), body)

    def _finished(self, change: Change) -> Change:
        home = change.stack
        if change.after is None and change.was is not None:
            home = change.was
        source = home.source_of(change.logical_id) if change.logical_id else home.source
        return change._replace(source=source, token=make_token(change))


def _fleet_replacement(body: Json) -> str:
    """Another launch template replaces an Auto Scaling group where its UpdatePolicy asks for it, and only there."""
    policy = body.get("UpdatePolicy")
    replacing = policy.get("AutoScalingReplacingUpdate") if isinstance(policy, dict) else None
    asked = scalar_text(replacing.get("WillReplace")) if isinstance(replacing, dict) else "false"
    return {"true": "yes", "false": "no"}.get(asked or "", "maybe")


def _either(change: Change | None, kept: Change | None) -> Change | None:
    """What happens if a parameter takes its new Default, or what happens if it keeps its old one: the worse of both."""
    if change is None and kept is None:
        return None
    if change is None or kept is not None and IMPACTS.index(kept.impact) > IMPACTS.index(change.impact):
        return kept and _perhaps(kept, "parameter-kept")
    if kept is None or kept.impact != change.impact:
        return _perhaps(change, "parameter-default")
    return change


def _perhaps(change: Change, word: str) -> Change:
    impact = "MAY_REPLACE" if change.impact == "WILL_REPLACE" else change.impact
    return change._replace(impact=impact, detail=(*change.detail, word))


def _depends(body: Json) -> Json:
    value = body.get("DependsOn")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        return ABSENT
    return sorted(n if isinstance(n, str) else json.dumps(n, sort_keys=True) for n in names)


def _metadata(body: Json) -> Json:
    return body.get("Metadata", ABSENT)


def _template_url(body: Json) -> Json:
    properties = body.get("Properties") if isinstance(body, dict) else None
    return properties.get("TemplateURL") if isinstance(properties, dict) else None


def _condition(body: Json) -> Json:
    return body.get("Condition", ABSENT)


def _owner(properties: Json, path: Sequence[str | int]) -> Json:
    """The mapping or list that the value at the path stands in; None where there is none such."""
    for step in path[:-1]:
        try:
            properties = properties[step]
        except (KeyError, IndexError, TypeError):
            return None
    return properties


def _news(kind: str, found: Sequence[PropertyChange]) -> tuple[list[str], bool]:
    """Words for a change that every build brings, and whether it is one."""
    if kind == "AWS::CDK::Metadata":
        return ["metadata"], True
    if all(f.path.startswith("Metadata") for f in found):
        return ["metadata"], True
    if all(differ_in_assets_only(f.before, f.after, f.path) or f.path.startswith("Metadata") for f in found):
        return ["asset"], all(f.replacement == "no" for f in found)
    return [], False


def _told_from(stack: Stack, other: Stack) -> str:
    """A stack under whose construct path there was another one: it has another name, or another place."""
    place = f" of {stack.account or 'any account'}/{stack.region or 'any region'}"
    return stack.name + (place if stack.name == other.name else "")


def find_destroy_changes(stacks: Sequence[Stack], tables: TypeFacts, scopes: StackScopes) -> tuple[Change, ...]:
    """What `cdk destroy` of these stacks would do, by their own policies."""
    comparison = _Comparison(stacks, (), tables, Sides(scopes, scopes))
    found = []
    for stack in stacks:
        for logical_id, raw in scopes.resources(stack).items():
            body = _here(raw, scopes.of(stack)).body
            if body is not None:
                change = comparison._removed(stack, stack, logical_id, body, _Body(None, None))
                if change.fate != "retained" and comparison._kept_with_parent(stack):
                    change = change._replace(impact="WILL_ORPHAN", fate="retained")
                found.append(comparison._finished(change))
    return tuple(found)


def resolve_pair(old: Stack, new: Stack, sides: Sides) -> tuple[dict[str, Json], dict[str, Json]]:
    """Logical id -> resolved body of what each side creates; resources that are equal are resolved once."""
    chain, known = [(old, new)], dict[int, Scope]()
    while chain[0][0].parent is not None and chain[0][1].parent is not None:
        chain.insert(0, (chain[0][0].parent, chain[0][1].parent))
    for one, other in chain:
        scopes = _told_apart(one, other, sides, known)
    raw = sides.before.resources(old), sides.after.resources(new)
    after = {k: _here(body, scopes[1]).body for k, body in raw[1].items()}
    alike = _same_surroundings(old, new, scopes)
    before = {
        k: after[k] if alike and k in after and raw[1][k] == body else _here(body, scopes[0]).body
        for k, body in raw[0].items()
    }
    return tuple({k: v for k, v in side.items() if v is not None} for side in (before, after))  # type: ignore[return-value]
