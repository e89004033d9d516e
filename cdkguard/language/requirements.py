"""Requirements of the rule language: checked when a rule is loaded, one closure each when it first runs.

A requirement is one of
    {all: [...]}, {any: [...]}, {not: {...}}
    {path: $.Properties.X, <operator>: operand, ...}      every operator must hold
    {path: $.Properties.List[*], every|some|none: {...}}  the inner requirement's `$` is the element
    {target: {path: $.Properties.X, types: [...], named: $.Properties.Name, satisfies: {...}, otherwise: unknown}}
    {referrer: {types: [...], path: $.Properties.Y, named: $.Properties.Name, satisfies: {...}}}
    {python: "package.module:function"}
A path that names several values must hold for all of them; under `not`, `forbid` and `where` one is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile

from cdkguard._typing import TYPE_CHECKING, Any, Json, NamedTuple, Protocol
from cdkguard.language.operands import OperatorContext
from cdkguard.language.operators import (
    OPERATORS,
    RAW,
    VALUE,
    Operator,
    evaluate_deferred,
    evaluate_operator,
    find_operand_problem,
)
from cdkguard.language.vocabulary import COMBINERS, OTHERWISE, QUANTIFIERS, RELATED_KEYS
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template import paths
from cdkguard.template.caches import IdentityCache
from cdkguard.template.functions import FUNCTIONS
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Branch, Deferred
from cdkguard.text.spelling import did_you_mean

if TYPE_CHECKING:
    from cdkguard.aws import arns


class World(Protocol):
    """What a requirement may ask about other resources of the same run."""

    def target(self, scope: Scope, logical_id: str) -> Json: ...
    def others(self, scope: Scope, types: Iterable[str]) -> Iterable[tuple[str, Json, Scope]]: ...
    def facts(self, scope: Scope) -> arns.Facts | None: ...


class Subject(NamedTuple):
    """What a requirement is asked about: a resource body, a list element, a text, a stack."""

    root: Json
    scope: Scope
    logical_id: str = ""
    world: World | None = None
    prefix: tuple[str | int, ...] = ()
    evidence: list[tuple[str, Json]] | None = None  # (property path, value) of what did not hold


Decide = Callable[[Subject], Tri]
Test = Callable[[Json, Subject, tuple[str | int, ...]], Tri]  # of one value at a path
Predicate = Callable[[Json, Scope], bool | None]


class RequirementError(ValueError):
    """A mistake in a requirement; `keys` lead to it from the rule's top."""

    def __init__(self, message: str, keys: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.keys = keys


# -- when a rule is loaded


def prepare(node: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]) -> Json:
    """The requirement with its paths parsed, as JSON; raises RequirementError."""
    if not isinstance(node, dict) or not node:
        raise RequirementError("a requirement is a mapping such as {path: $.Properties.X, equals: true}", keys)
    out: dict[str, Json] = {}
    for key, value in node.items():
        at = (*keys, key)
        if key in ("all", "any"):
            if not isinstance(value, list) or not value:
                raise RequirementError(f"'{key}' takes a list of requirements", at)
            out[key] = [prepare(part, (*at, i), parameters, sets) for i, part in enumerate(value)]
        elif key == "not" or key in QUANTIFIERS:
            out[key] = prepare(value, at, parameters, sets)
        elif key in ("target", "referrer"):
            out[key] = _prepare_related(value, at, parameters, sets)
        elif key == "path":
            out["steps"] = _prepare_path(value, at)
        elif key == "python":
            if not isinstance(value, str) or value.count(":") != 1:
                raise RequirementError("'python' takes 'package.module:function'", at)
            out[key] = value
        elif key in OPERATORS:
            out[key] = _prepare_operand(key, value, at, parameters, sets)
        else:
            known = [*OPERATORS, *COMBINERS, *QUANTIFIERS, "path"]
            raise RequirementError(
                f"no operator '{key}'{did_you_mean(str(key), known)}; there are: {', '.join(sorted(known))}", at
            )
    combined = [key for key in out if key in COMBINERS]
    if len(combined) > 1 or (combined and len(out) > 1):
        raise RequirementError(
            f"'{combined[0]}' stands alone in its mapping: put the others into an 'all' with it", keys
        )
    if not combined and not any(key in OPERATORS or key in QUANTIFIERS for key in out):
        raise RequirementError("a path needs an operator beside it", keys)
    return out


def _prepare_path(value: Json, keys: tuple[str | int, ...]) -> list[paths.Step]:
    if not isinstance(value, str) or not value.startswith("$"):
        raise RequirementError(f"a path starts with '$', not {value!r}", keys)
    try:
        return paths.parse(value)
    except paths.PathError as problem:
        raise RequirementError(str(problem), keys) from problem


def _prepare_related(value: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]) -> Json:
    if not isinstance(value, dict) or "path" not in value or "types" not in value:
        raise RequirementError(f"'{keys[-1]}' takes {{path, types, satisfies}}", keys)
    for key in value:
        if key not in RELATED_KEYS:
            raise RequirementError(f"no key '{key}' here{did_you_mean(str(key), RELATED_KEYS)}", (*keys, key))
    for name in value["types"] if isinstance(value["types"], list) else [None]:
        if not isinstance(name, str) or name.startswith("@") and name[1:] not in sets:
            raise RequirementError("'types' is a list of resource types and @sets", (*keys, "types"))
    out = {
        "steps": _prepare_path(value["path"], (*keys, "path")),
        "types": value["types"],
        "otherwise": value.get("otherwise", "unknown"),
    }
    if not isinstance(out["otherwise"], str) or out["otherwise"] not in OTHERWISE:
        raise RequirementError("'otherwise' is pass, fail or unknown", (*keys, "otherwise"))
    if "named" in value:
        out["named"] = _prepare_path(value["named"], (*keys, "named"))
    if "satisfies" in value:
        out["satisfies"] = prepare(value["satisfies"], (*keys, "satisfies"), parameters, sets)
    return out


def _prepare_operand(
    name: str, value: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]
) -> Json:
    if isinstance(value, dict) and list(value) == ["with"]:
        if not isinstance(value["with"], str) or value["with"] not in parameters:
            raise RequirementError(
                f"no parameter '{value['with']}'{did_you_mean(str(value['with']), parameters)}", keys
            )
        return value
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in sets:
            raise RequirementError(f"no named set '{value}'{did_you_mean(value[1:], sets)}", keys)
        return value
    problem = find_operand_problem(name, value)
    if problem:
        raise RequirementError(problem, keys)
    return value


# -- when a rule first runs


class Binding(NamedTuple):
    """What a rule's requirement is bound with."""

    parameters: Mapping[str, Json]
    sets: Mapping[str, frozenset[str]]
    predicates: Mapping[str, Predicate]


def bind(node: Json, binding: Binding, universal: bool = True) -> Decide:
    """The prepared requirement as one closure."""
    if "all" in node:
        return _bind_all([bind(part, binding, universal) for part in node["all"]])
    if "any" in node:
        return _bind_any([bind(part, binding, universal) for part in node["any"]])
    if "not" in node:
        decide = _bind_not(bind(node["not"], binding, not universal))
        return decide if universal else _without_absences(decide)
    if "target" in node:
        return _bind_target(node["target"], binding, universal)
    if "referrer" in node:
        return _bind_referrer(node["referrer"], binding, universal)
    if "python" in node:
        predicate = binding.predicates[node["python"]]
        return lambda subject: predicate(subject.root, subject.scope)
    return _bind_test(node, binding, universal)


def _without_absences(decide: Decide) -> Decide:
    """An exception from what is forbidden: that it is not there says nothing beside what was found."""

    def decide_quietly(subject: Subject) -> Tri:
        if not subject.evidence:
            return decide(subject)
        own: list[tuple[str, Json]] = []
        answer = decide(subject._replace(evidence=own))
        subject.evidence.extend((path, found) for path, found in own if found is not ABSENT)
        return answer

    return decide_quietly


def _bind_all(parts: list[Decide]) -> Decide:
    """`all_of` over the parts, as a loop: it runs for every resource."""

    def decide(subject: Subject) -> Tri:
        answer: Tri = True
        for part in parts:
            one = part(subject)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return decide


def _bind_not(inner: Decide) -> Decide:
    def decide(subject: Subject) -> Tri:
        answer = inner(subject)
        return None if answer is None else not answer

    return decide


def _bind_any(parts: list[Decide]) -> Decide:
    def decide(subject: Subject) -> Tri:
        answer: Tri = False
        for part in parts:
            one = part(subject)
            if one is True:
                return True
            if one is None:
                answer = None
        return answer

    return decide


def _operand(value: Json, binding: Binding) -> Json:
    if isinstance(value, dict) and list(value) == ["with"]:
        return binding.parameters[value["with"]]
    if isinstance(value, str) and value.startswith("@"):
        return binding.sets[value[1:]]
    return value


def _bind_test(node: Json, binding: Binding, universal: bool) -> Decide:
    steps = node.get("steps", [])
    walk, names = paths.bind(steps), paths.fields(steps)
    tests: list[Test] = []
    for key, operand in node.items():
        if key in QUANTIFIERS:
            around = _fields_before(steps) if key == "some" and universal else None
            return _bind_quantifier(key, walk, bind(operand, binding, key == "every"), around)
        if key in OPERATORS:
            one = _bind_operator(OPERATORS[key], _operand(operand, binding))
            tests.append(_of_construct_path(one) if names == ("Metadata", "aws:cdk:path") else one)
    if names is not None and len(tests) == 1:
        return _bind_single(names, tests[0], not universal)
    combine = all_of if universal else any_of
    decisive = not universal

    def decide(subject: Subject) -> Tri:
        if subject.evidence is not None:
            return told(subject)
        prefix, undecided = subject.prefix, False
        for path, found in walk(subject.scope, subject.root):
            full = (*prefix, *path) if prefix else path
            answer = (
                tests[0](found, subject, full) if len(tests) == 1 else all_of(t(found, subject, full) for t in tests)
            )
            if answer is decisive:
                return decisive  # whatever the others say
            undecided = undecided or answer is None
        return None if undecided else universal

    def told(subject: Subject) -> Tri:
        """The same, with every value that did not hold as evidence."""
        answers: list[Tri] = []
        for path, found in walk(subject.scope, subject.root):
            full = (*subject.prefix, *path)
            answer = all_of(one(found, subject, full) for one in tests)
            answers.append(answer)
            if subject.evidence is not None and (answer is not True if universal else answer is not False):
                subject.evidence.append((paths.render_path(full), found))
        return combine(answers)

    return decide


def _bind_single(names: tuple[str, ...], one: Test, decisive: bool) -> Decide:
    """Most requirements: one operator on the one value that member names lead to."""
    value_at = paths.value_at

    def decide(subject: Subject) -> Tri:
        found = value_at(subject.scope, subject.root, names)
        path = (*subject.prefix, *names) if subject.prefix else names
        answer = one(found, subject, path)
        if subject.evidence is not None and (answer is None or answer is decisive):
            subject.evidence.append((paths.render_path(path), found))
        return answer

    return decide


def _of_construct_path(one: Test) -> Test:
    """Templates hold it only where the CDK CLI asked for it; the tree of the assembly always does."""

    def of_either(found: Json, subject: Subject, path: tuple[str | int, ...]) -> Tri:
        if found is ABSENT:
            found = getattr(subject.scope.stack, "construct_paths", {}).get(subject.logical_id, ABSENT)
        return one(found, subject, path)

    return of_either


def _bind_operator(operator: Operator, operand: Json) -> Test:
    if operator.looks_at != VALUE:
        return _bind_looking_around(operator, operand)
    takes_absent, decide_deferred = operator.absent is None, operator.deferred
    of_absent = operator.absent is not None and operator.absent(operand)
    decide = operator.bind(operand) if operator.bind is not None else operator.decide

    def test(found: Json, subject: Subject, _path: tuple[str | int, ...]) -> Tri:
        if found is ABSENT and not takes_absent:
            return of_absent
        context = OperatorContext(subject.scope, "", None, None, subject.logical_id)
        if decide_deferred is None or not isinstance(found, Deferred):
            return decide(found, operand, context)
        return evaluate_deferred(decide_deferred, found, operand, context)

    return test


def _bind_looking_around(operator: Operator, operand: Json) -> Test:
    """A test of an operator that looks at more than the value: how it is written, or the accounts of the run."""
    name, needs_raw = operator.name, operator.looks_at == RAW

    def test(found: Json, subject: Subject, path: tuple[str | int, ...]) -> Tri:
        facts = subject.world.facts(subject.scope) if subject.world is not None and not needs_raw else None
        raw = _raw(subject, path) if needs_raw else None
        shown = paths.render_path(path) if facts else ""
        return evaluate_operator(
            name, found, operand, OperatorContext(subject.scope, shown, raw, facts, subject.logical_id)
        )

    return test


def _raw(subject: Subject, path: tuple[str | int, ...]) -> Json:
    """The unresolved value at a path of the subject."""
    value: Any = subject.root
    for part in path[len(subject.prefix) :]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):  # an intrinsic stands between: there is no raw value at that path
            return None
    return value


def _fields_before(steps: list[paths.Step]) -> tuple[str, ...]:
    """The names that lead to the list that a path goes through."""
    return tuple(step[1] for step in takewhile(lambda step: step[0] == "f", steps))


def _bind_quantifier(name: str, walk: paths.Walk, inner: Decide, around: tuple[str, ...] | None) -> Decide:
    """`around` leads to what is shown where no element will do."""

    def decide(subject: Subject) -> Tri:
        answers: list[Tri] = []
        for path, found in walk(subject.scope, subject.root):
            if found is ABSENT:
                continue
            full = (*subject.prefix, *path)
            part = Subject(found, subject.scope, subject.logical_id, subject.world, full)
            answer = None if isinstance(found, Deferred) else inner(part)
            answers.append(answer)
            if subject.evidence is not None and (answer is not True if name == "every" else answer is not False):
                deeper: list[tuple[str, Json]] = []
                if not isinstance(found, Deferred):
                    inner(part._replace(evidence=deeper))
                subject.evidence.extend(deeper or [(paths.render_path(full), found)])
        if around is not None and subject.evidence is not None and not any(answers):
            found = paths.value_at(subject.scope, subject.root, around)
            subject.evidence.append((paths.render_path((*subject.prefix, *around)), found))
        if name == "every":
            return all_of(answers)
        return any_of(answers) if name == "some" else negate(any_of(answers))

    return decide


def expand_types(types: Iterable[str], sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Type names with `@set`s replaced by their members; globs stay."""
    return frozenset(t for name in types for t in (sets[name[1:]] if name.startswith("@") else (name,)))


def _bind_target(node: Json, binding: Binding, universal: bool) -> Decide:
    walk, types = paths.bind(node["steps"]), expand_types(node["types"], binding.sets)
    name_at = paths.bind(node["named"]) if "named" in node else None
    inner = bind(node["satisfies"], binding, universal) if "satisfies" in node else None
    otherwise = OTHERWISE[node["otherwise"]]

    def meant(found: Json, subject: Subject, world: World) -> tuple[str, Json] | None:
        """The resource that the value refers to, or spells out the name of."""
        links = list(found.links()) if isinstance(found, Deferred) else []
        if links and links[0].target is not None:
            body = world.target(subject.scope, links[0].target)
            return (links[0].target, body) if isinstance(body, dict) and body.get("Type") in types else None
        if name_at is None or (text := _text(found)) is None:
            return None
        for logical_id, body, scope in world.others(subject.scope, types):
            if any(spells(text, name) for _path, name in name_at(scope, body)):
                return logical_id, body
        return None

    def one(found: Json, subject: Subject) -> Tri:
        if found is ABSENT:
            return False
        place = meant(found, subject, subject.world) if subject.world is not None else None
        if place is None:
            return otherwise
        return True if inner is None else inner(Subject(place[1], subject.scope, place[0], subject.world))

    def decide(subject: Subject) -> Tri:
        found = [one(value, subject) for _path, value in walk(subject.scope, subject.root)]
        return (all_of(found) if found else False) if universal else any_of(found)

    return decide


def _bind_referrer(node: Json, binding: Binding, universal: bool) -> Decide:
    walk, types = paths.bind(node["steps"]), expand_types(node["types"], binding.sets)
    name_at = paths.bind(node["named"]) if "named" in node else None
    inner = bind(node["satisfies"], binding, universal) if "satisfies" in node else None

    def refers(body: Json, scope: Scope, logical_id: str, names: list[Json]) -> Tri:
        cache = scope.links.get(refers)  # many subjects ask the same of each other resource
        if cache is None:
            cache = scope.links[refers] = IdentityCache()
        known = cache.get(id(body))
        if known is None:
            known = cache.store(body, linked(body, scope))
        targets, texts, stop, is_open = known[1]
        if logical_id in targets or any(spells(text, name) for text in texts for name in names):
            return True
        if stop is not None:
            raise Branch(stop.atom, stop.condition)  # a new one: what is raised keeps where it came through
        return (
            None if is_open and logical_id in _named(body) else False
        )  # one of those that a parameter selects, perhaps

    def judged(subject: Subject, other: str, body: Json, certain: bool, names: list[Json]) -> Tri:
        refers_to_it = certain or refers(body, subject.scope, subject.logical_id, names)
        if refers_to_it is False:
            return False
        answer = True if inner is None else inner(Subject(body, subject.scope, other, subject.world))
        return answer if refers_to_it or answer is False else None

    def index(scope: Scope, world: World) -> tuple[dict[str | None, list[_Other]], list[_Other]]:
        """Those that name a target by a link, by that target, and those that any subject has to ask: each (place, logical
        id, body, whether it refers for certain). Once, or thousands of resources would each look at all the others."""
        indexes = scope.shared.referrers
        if index not in indexes:  # what is a link where nothing is assumed is one under every assumption
            root = scope.without_assumptions()
            sure: dict[str | None, list[_Other]] = {}
            asked: list[_Other] = []
            for place, (other, body, _scope) in enumerate(world.others(root, types)):
                targets, _texts, stop, is_open = linked(body, root)
                if name_at is not None and (stop is not None or not all(targets)):
                    asked.append((place, other, body, False))
                    continue
                certain = targets if stop is None else set()
                for target in {*certain, *_named(body)} if is_open else certain:
                    sure.setdefault(target, []).append((place, other, body, target in certain))
            indexes[index] = sure, asked
        found: tuple[dict[str | None, list[_Other]], list[_Other]] = indexes[index]
        return found

    def linked(body: Json, scope: Scope) -> tuple[set[str | None], set[str], Branch | None, bool]:
        """What the body refers to and what it spells out, up to the first condition that is not known; and whether an
        assumption can make it refer to more."""
        targets: set[str | None] = set()
        texts: set[str] = set()
        is_open = False
        try:
            for _path, value in walk(scope, body):
                found = scope.resolve_deep(value) if isinstance(value, dict | list) else value
                links = [link.target for link in _links(found)]
                targets.update(links)
                is_open = is_open or _is_open(found)
                if name_at is not None and found is not ABSENT:
                    if not links or isinstance(found, Deferred) and found.kind == "text":
                        targets.add(None)  # no link alone: its text has to be read, too
                    if (text := _text(found)) is not None:
                        texts.add(text)
        except Branch as branch:
            return targets, texts, Branch(branch.atom, branch.condition), True
        return targets, texts, None, is_open

    def decide(subject: Subject) -> Tri:
        if subject.world is None:
            return None
        scope, world, logical_id = subject.scope, subject.world, subject.logical_id
        names = [name for _path, name in name_at(scope, subject.root)] if name_at is not None else []
        sure, others = index(scope, world)
        return any_of(
            judged(subject, other, body, certain, names)
            for _place, other, body, certain in sorted([*sure.get(logical_id, ()), *others], key=_first)
        )

    return decide


_Other = tuple[int, str, Json, bool]


def _named(value: Json) -> Iterator[str]:
    """Every logical id that a value names, in whatever branch."""
    if isinstance(value, dict):
        for key, inner in value.items():
            function = FUNCTIONS.get(key)
            if function is not None:
                yield from (name for name, _attribute in function.links(inner))
            if isinstance(inner, dict | list):
                yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _is_open(value: Json) -> bool:
    """Whether something in a resolved value hangs on what is not known: an element that a parameter selects."""
    if isinstance(value, Deferred):
        return value.kind == "unknown" or any(map(_is_open, value.parts))
    if isinstance(value, dict | list):
        return any(map(_is_open, value.values() if isinstance(value, dict) else value))
    return False


def _first(other: _Other) -> int:
    return other[0]


def _text(value: Json) -> str | None:
    """A value as text, with § where only the deployment knows a part."""
    if isinstance(value, Deferred):
        return value.text() if value.kind == "text" else None
    return value if isinstance(value, str) else None


def spells(text: str, name: Json) -> bool:
    """Whether written-out text means the resource of that name: the name itself, or an ARN with it."""
    if not isinstance(name, str) or not name:
        return False
    return text == name or (
        text.startswith("arn:") and name in text[:2048].split(":", 5)[-1].replace("/", ":").split(":")
    )


def _links(value: Json) -> Iterable[Deferred]:
    if isinstance(value, Deferred):
        yield from value.links()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _links(inner)
