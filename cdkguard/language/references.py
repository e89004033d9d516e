"""The requirements `target` and `referrer`: what a resource refers to, and which resources refer to it.

A value refers to a resource by a link (Ref, Fn::GetAtt, Fn::Sub), or, where the requirement says `named`, by a text that
spells out the resource's physical name or an ARN with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from cdkguard._typing import Json, NamedTuple
from cdkguard.language.subject import Decide, Subject, World
from cdkguard.logic import Tri, all_of, any_of
from cdkguard.template import paths
from cdkguard.template.caches import IdentityCache
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Branch, Deferred, import_name

# -- target


def bind_target(node: Json, types: frozenset[str], satisfies: Decide | None, otherwise: Tri, universal: bool) -> Decide:
    """Bind `target`: the resource that the value refers to has one of the types, and satisfies the inner requirement.

    `otherwise` is the answer where the value refers to no resource of the template.
    """
    walk = paths.bind_steps(node["steps"])
    name_at = paths.bind_steps(node["named"]) if "named" in node else None

    def find_target(value: Json, subject: Subject, world: World) -> tuple[str, Json] | None:
        """(logical id, body) of the resource that the value refers to."""
        links = list(value.links()) if isinstance(value, Deferred) else []
        if links and links[0].target is not None:
            body = world.target(subject.scope, links[0].target)
            return (links[0].target, body) if isinstance(body, dict) and body.get("Type") in types else None

        if name_at is None or (text := text_of(value)) is None:
            return None
        for logical_id, body, scope in world.others(subject.scope, types):
            if any(spells(text, name) or spells(value, name) for _path, name in name_at(scope, body)):
                return logical_id, body
        return None

    def decide_value(value: Json, subject: Subject) -> Tri:
        if value is ABSENT:
            return False
        target = find_target(value, subject, subject.world) if subject.world is not None else None
        if target is None:
            return otherwise
        logical_id, body = target
        return True if satisfies is None else satisfies(Subject(body, subject.scope, logical_id, subject.world))

    def decide(subject: Subject) -> Tri:
        answers = [decide_value(value, subject) for _path, value in walk(subject.scope, subject.root)]
        return (all_of(answers) if answers else False) if universal else any_of(answers)

    return decide


# -- referrer


class _References(NamedTuple):
    """The references of one resource at the requirement's path."""

    # Logical ids; None among them says that the text of a value must be read, too.
    targets: set[str | None]
    # The texts of the values, § for unknown parts; those with unknown parts themselves, too.
    texts: set[str | Deferred]
    # The first condition that is neither known nor assumed: values behind it were not looked at.
    unknown_condition: Branch | None
    # Whether it can refer to more where a condition or parameter is assumed.
    is_open: bool


class _Other(NamedTuple):
    """A resource that may refer to the subject."""

    # Its place in the template: resources are asked in that order.
    position: int
    logical_id: str
    body: Json
    # Whether it refers to the subject under every assumption.
    is_certain: bool


class _Index(NamedTuple):
    """The resources of the types that `referrer` names."""

    # Those that refer to a resource by a link, by its logical id.
    by_target: dict[str | None, list[_Other]]
    # Those that every subject has to ask.
    for_all: list[_Other]


class Referrers:
    """A bound `referrer`: some resource of the types refers to the subject and satisfies the inner requirement."""

    def __init__(self, node: Json, types: frozenset[str], satisfies: Decide | None, protects: bool) -> None:
        # Whether a referrer keeps the subject from a finding, so that one which is not deployed counts for nothing.
        self._protects = protects
        self._walk, self._types, self._satisfies = paths.bind_steps(node["steps"]), types, satisfies
        self._name_at = paths.bind_steps(node["named"]) if "named" in node else None

    def decide(self, subject: Subject) -> Tri:
        """The answer for a subject; it may raise Branch, as every requirement."""
        if subject.world is None:
            return None
        scope = subject.scope
        names = [name for _path, name in self._name_at(scope, subject.root)] if self._name_at is not None else []
        index = self._index_of(scope, subject.world)
        others = sorted([*index.by_target.get(subject.logical_id, ()), *index.for_all], key=_position)
        here = any_of(self._decide_other(subject, other, names) for other in others)
        if here is True or not self._protects:
            return here
        importers = subject.world.importers(scope, subject.logical_id, self._types)
        return any_of((here, *(self._decide_importer(subject, *importer) for importer in importers)))

    def _decide_importer(self, subject: Subject, name: str, logical_id: str, body: Json) -> Tri:
        """The answer of a resource in another stack, which imports the subject under this name."""
        scope = Scope({})
        try:
            values = [value for _path, value in self._walk(scope, body)]
            if not any(imports(value, name) for value in values):
                return False
            return self._satisfies is None or self._satisfies(Subject(body, scope, logical_id, subject.world))
        except Branch:
            return None

    def _decide_other(self, subject: Subject, other: _Other, names: list[Json]) -> Tri:
        refers = other.is_certain or self._refers(other.body, subject.scope, subject.logical_id, names)
        if refers is False:
            return False
        answer: Tri = True
        if self._satisfies is not None:
            answer = self._satisfies(Subject(other.body, subject.scope, other.logical_id, subject.world))
        if answer is False or self._protects and not subject.scope.creates(other.body):
            return False
        return answer if refers else None

    def _refers(self, body: Json, scope: Scope, logical_id: str, names: list[Json]) -> Tri:
        """Whether a resource refers to the one of this logical id and these names, under the scope's assumptions."""
        found = self._references_of(body, scope)
        if logical_id in found.targets or any(spells(text, name) for text in found.texts for name in names):
            return True
        if found.unknown_condition is not None:
            # A new exception: one that was raised before keeps the frames that it came through.
            raise Branch(found.unknown_condition.atom, found.unknown_condition.condition)
        # An unknown parameter may select the resource from those that the body names.
        return None if found.is_open and logical_id in find_named_ids(body) else False

    def _references_of(self, body: Json, scope: Scope) -> _References:
        """What a resource refers to, found once for all subjects that ask it under the same assumptions."""
        cache = scope.links.get(self)
        if cache is None:
            cache = scope.links[self] = IdentityCache()
        known = cache.get(id(body))
        if known is None:
            known = cache.store(body, self._find_references(body, scope))
        found: _References = known[1]
        return found

    def _find_references(self, body: Json, scope: Scope) -> _References:
        targets: set[str | None] = set()
        texts: set[str | Deferred] = set()
        is_open = False
        try:
            for _path, value in self._walk(scope, body):
                found = scope.resolve_deep(value) if isinstance(value, dict | list) else value
                links = [link.target for link in find_links(found)]
                targets.update(links)
                is_open = is_open or depends_on_unknown(found)
                if self._name_at is not None and found is not ABSENT:
                    if not links or isinstance(found, Deferred) and found.kind == "text":
                        targets.add(None)
                    if (text := text_of(found)) is not None:
                        texts.update((text, found))
        except Branch as branch:
            return _References(targets, texts, Branch(branch.atom, branch.condition), True)
        return _References(targets, texts, None, is_open)

    def _index_of(self, scope: Scope, world: World) -> _Index:
        """The index of the template's resources, made once for all scopes of the template.

        Without it each of thousands of resources would look at all the others. Links that are found without assumptions
        hold under all of them, so that every fork of the scope shares the index; where fewer Defaults count, others hold.
        """
        indexes, key = scope.shared.referrers, (self, scope.open)
        if key not in indexes:
            indexes[key] = self._make_index(scope.without_assumptions(), world)
        index: _Index = indexes[key]
        return index

    def _make_index(self, scope: Scope, world: World) -> _Index:
        by_target: dict[str | None, list[_Other]] = {}
        for_all: list[_Other] = []
        for position, (logical_id, body, _scope) in enumerate(world.others(scope, self._types)):
            found = self._find_references(body, scope)
            if self._name_at is not None and (found.unknown_condition is not None or not all(found.targets)):
                for_all.append(_Other(position, logical_id, body, False))
                continue
            certain = found.targets if found.unknown_condition is None else set()
            for target in {*certain, *find_named_ids(body)} if found.is_open else certain:
                by_target.setdefault(target, []).append(_Other(position, logical_id, body, target in certain))
        return _Index(by_target, for_all)


_position = attrgetter("position")


# -- references in values


def find_named_ids(value: Json) -> Iterator[str]:
    """Every logical id that a template value names, in whatever branch of its conditions."""
    if isinstance(value, dict):
        for key, inner in value.items():
            function = FUNCTIONS.get(key)
            if function is not None:
                yield from (name for name, _attribute in function.links(inner))
            if isinstance(inner, dict | list):
                yield from find_named_ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_named_ids(inner)


def find_links(value: Json) -> Iterable[Deferred]:
    """The links to resources in a resolved value."""
    if isinstance(value, Deferred):
        yield from value.links()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from find_links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_links(inner)


def imports(value: Json, name: str) -> bool:
    """Whether a value is the import of an export, or a text with it."""
    if not isinstance(value, Deferred):
        return False
    return import_name(value) == f"import {name}" or any(imports(part, name) for part in value.parts)


def depends_on_unknown(value: Json) -> bool:
    """Whether a part of a resolved value depends on an unknown one, such as the index of an Fn::Select."""
    if isinstance(value, Deferred):
        return value.kind == "unknown" or any(map(depends_on_unknown, value.parts))
    if isinstance(value, dict | list):
        return any(map(depends_on_unknown, value.values() if isinstance(value, dict) else value))
    return False


def text_of(value: Json) -> str | None:
    """A resolved value as text, with § for each part that only the deployment knows; None of any other value."""
    if isinstance(value, Deferred):
        return value.text() if value.kind == "text" else None
    return value if isinstance(value, str) else None


def spells(text: str | Deferred, name: Json) -> bool:
    """Whether a text is the physical name of a resource, with or without a qualifier, or an ARN with it."""
    if isinstance(text, Deferred):
        return isinstance(name, Deferred) and _spells_parts(text.parts, name.parts)
    if not isinstance(name, str) or not name or name not in text:
        return False
    return (text.startswith(name) and text[len(name) : len(name) + 1] in ("", ":")) or (
        text.startswith("arn:") and name in text[:2048].split(":", 5)[-1].replace("/", ":").split(":")
    )


def _spells_parts(text: tuple[object, ...], name: tuple[object, ...]) -> bool:
    """The same of texts with parts that only the deployment knows: `orders-${AWS::Region}:live`."""
    at = len(name) - 1
    if at < 0 or len(text) <= at or text[:at] != name[:at]:
        return False
    last, behind = text[at], text[at + 1] if len(text) > at + 1 else ""
    if last == name[at]:
        return behind == "" or isinstance(behind, str) and behind.startswith(":")
    return isinstance(last, str) and isinstance(name[at], str) and last.startswith(f"{name[at]}:")
