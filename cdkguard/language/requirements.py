"""Requirements of the rule language: each becomes one closure when its rule first runs (checking.py checks it before).

A requirement is one of
    {all: [...]}, {any: [...]}, {not: {...}}
    {path: $.Properties.X, <operator>: operand, ...}      every operator must hold
    {path: $.Properties.List[*], every|some|none: {...}}  the inner requirement's `$` is the element
    {target: {path: $.Properties.X, types: [...], named: $.Properties.Name, satisfies: {...}, otherwise: unknown}}
    {referrer: {types: [...], path: $.Properties.Y, named: $.Properties.Name, satisfies: {...}}}
    {backup_selected: {arn: "dynamodb:table/", named: $.Properties.TableName, tags: $.Properties.Tags}}
    {opens_together: {path: $, ports_include: [22]}}      asked of each rule of a security group
    {python: "package.module:function"}
A path that names several values must hold for all of them; under `not`, `forbid` and `where` one is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile

from cdkguard._typing import Any, Json, NamedTuple, cast
from cdkguard.language.operators import (
    OPERATORS,
    RAW,
    VALUE,
    Operator,
    evaluate_choices,
    evaluate_deferred,
    evaluate_operator,
)
from cdkguard.language.subject import Decide, OperatorContext, Predicate, Subject
from cdkguard.language.vocabulary import OTHERWISE, QUANTIFIERS
from cdkguard.logic import Tri, all_of, any_of, negate
from cdkguard.template import paths
from cdkguard.template.values import ABSENT, Deferred

# Decides one value from (value, subject, path of the value).
Test = Callable[[Json, Subject, tuple[str | int, ...]], Tri]


_CONSTRUCT_PATH = ("Metadata", "aws:cdk:path")


class Binding(NamedTuple):
    """The names that a rule's requirement may use: its parameters, named sets, and Python functions."""

    parameters: Mapping[str, Json]
    sets: Mapping[str, frozenset[str]]
    predicates: Mapping[str, Predicate]


def bind_requirement(node: Json, binding: Binding, universal: bool = True) -> Decide:
    """Make one closure of a prepared requirement.

    `universal`: a path that names several values must hold for all of them, else for one.
    """
    if "all" in node:
        return _bind_all([bind_requirement(part, binding, universal) for part in node["all"]])
    if "any" in node:
        decide = _bind_any([bind_requirement(part, binding, universal) for part in node["any"]])
        return _bind_wide_any(node["any"], decide, binding, universal) if len(node["any"]) > 3 else decide
    if "not" in node:
        decide = _bind_not(bind_requirement(node["not"], binding, not universal))
        return decide if universal else _without_absences(decide)
    if "target" in node:
        return _bind_target(node["target"], binding, universal)
    if "referrer" in node:
        return _bind_referrer(node["referrer"], binding, universal)
    if "backup_selected" in node:
        return _bind_backup_selected(node["backup_selected"])
    if "opens_together" in node:
        return _bind_opens_together(bind_requirement(node["opens_together"], binding))
    if "python" in node:
        predicate = binding.predicates[node["python"]]
        return lambda subject: predicate(subject.root, subject.scope)
    return _bind_test(node, binding, universal)


def _without_absences(decide: Decide) -> Decide:
    """Leave absent values out of the evidence where there is other evidence.

    Of an exception from what is forbidden, that it is not there explains nothing beside the value that was found.
    """

    def decide_quietly(subject: Subject) -> Tri:
        if not subject.evidence:
            return decide(subject)
        own: list[tuple[str, Json]] = []
        answer = decide(subject._replace(evidence=own))
        subject.evidence.extend((path, found) for path, found in own if found is not ABSENT)
        return answer

    return decide_quietly


def _bind_all(parts: list[Decide]) -> Decide:
    # A loop takes a third of the time of all_of over a generator, and this runs for every resource.
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
        return negate(inner(subject))

    return decide


def _bind_any(parts: list[Decide]) -> Decide:
    # A loop instead of any_of, as in _bind_all.
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


def _operand_value(value: Json, binding: Binding) -> Json:
    """The value of an operand: of a parameter (`{with: name}`), of a named set (`@name`), or itself."""
    if isinstance(value, dict) and list(value) == ["with"]:
        return binding.parameters[value["with"]]
    if isinstance(value, str) and value.startswith("@"):
        return binding.sets[value[1:]]
    return value


def _bind_test(node: Json, binding: Binding, universal: bool) -> Decide:
    steps = node.get("steps", [])
    walk, names = paths.bind_steps(steps), paths.member_names(steps)

    tests: list[Test] = []
    of_absent: tuple[Tri, ...] = ()
    for key, operand in node.items():
        if key in QUANTIFIERS:
            around = _fields_before(steps) if key == "some" and universal else None
            inner = bind_requirement(operand, binding, key == "every")
            return _where_listed(steps, key != "some", _bind_quantifier(key, walk, inner, around))
        if key in OPERATORS:
            value = _operand_value(operand, binding)
            of_absent = _answers_of_absent(OPERATORS[key], value)
            tests.append(_bind_operator(OPERATORS[key], value))

    if names == _CONSTRUCT_PATH:
        tests, of_absent = [*map(_with_construct_path, tests)], ()
    if names is not None and len(tests) == 1:
        return _bind_single(names, tests[0], of_absent, not universal)
    return _where_listed(steps, universal, _bind_several(walk, tests, universal))


def _where_listed(steps: list[paths.Step], of_none: bool, decide: Decide) -> Decide:
    """`decide` where a list is written that the path goes through: most are not, and of no element the answer is known."""
    names = _fields_before(steps)
    if not names or len(names) == len(steps) or steps[len(names)][0] not in ("*", ".*"):
        return decide

    is_missing = paths.is_missing

    def decide_listed(subject: Subject) -> Tri:
        if subject.evidence is None and is_missing(subject.root, names):
            return of_none
        return decide(subject)

    return decide_listed


def _bind_several(walk: paths.Walk, tests: list[Test], universal: bool) -> Decide:
    """Tests of each value that a path names."""
    combine = all_of if universal else any_of
    decisive = not universal

    def decide(subject: Subject) -> Tri:
        if subject.evidence is not None:
            return decide_with_evidence(subject)
        prefix, undecided = subject.prefix, False
        for path, found in walk(subject.scope, subject.root):
            full = (*prefix, *path) if prefix else path
            answer = (
                tests[0](found, subject, full) if len(tests) == 1 else all_of(t(found, subject, full) for t in tests)
            )
            if answer is decisive:
                return decisive  # Whatever the others answer.
            undecided = undecided or answer is None
        return None if undecided else universal

    def decide_with_evidence(subject: Subject) -> Tri:
        """The same answer; every value that does not hold is added to the evidence."""
        answers: list[Tri] = []
        for path, found in walk(subject.scope, subject.root):
            full = (*subject.prefix, *path)
            answer = all_of(one(found, subject, full) for one in tests)
            answers.append(answer)
            if subject.evidence is not None and (answer is not True if universal else answer is not False):
                subject.evidence.append((paths.render_path(full), found))
        return combine(answers)

    return decide


def _bind_single(names: tuple[str, ...], one: Test, of_absent: tuple[Tri, ...], decisive: bool) -> Decide:
    """One test of the one value that member names lead to: most requirements are so, and this is their fast form.

    Most values are absent: `of_absent` holds the test's answer then, where it needs nothing else.
    """
    value_at = paths.find_value

    def decide(subject: Subject) -> Tri:
        found = value_at(subject.scope, subject.root, names)
        if found is ABSENT and of_absent and subject.evidence is None:
            return of_absent[0]
        path = (*subject.prefix, *names) if subject.prefix else names
        answer = one(found, subject, path)
        if subject.evidence is not None and (answer is None or answer is decisive):
            subject.evidence.append((paths.render_path(path), found))
        return answer

    return decide


def _with_construct_path(one: Test) -> Test:
    """A test of the construct path, taken from the assembly's tree where the template does not hold it.

    CDK writes it into templates only if its CLI asks for path metadata; the tree holds it always.
    """

    def test(found: Json, subject: Subject, path: tuple[str | int, ...]) -> Tri:
        if found is ABSENT:
            found = getattr(subject.scope.stack, "construct_paths", {}).get(subject.logical_id, ABSENT)
        return one(found, subject, path)

    return test


def _answers_of_absent(operator: Operator, operand: Json) -> tuple[Tri, ...]:
    """The answer of an operator on an absent value, where it depends on its operand alone."""
    return (operator.absent(operand),) if operator.looks_at == VALUE and operator.absent is not None else ()


def _bind_operator(operator: Operator, operand: Json) -> Test:
    if operator.looks_at != VALUE:
        return _bind_looking_around(operator, operand)
    takes_absent, decide_deferred = operator.absent is None, operator.deferred
    of_absent = operator.absent is not None and operator.absent(operand)
    decide = operator.bind(operand) if operator.bind is not None else operator.decide

    def test(found: Json, subject: Subject, _path: tuple[str | int, ...]) -> Tri:
        if found is ABSENT and not takes_absent:
            return of_absent
        # It has the fields that these operators read, scope and logical_id; a context for each test took 3 % of a run.
        context = cast(OperatorContext, subject)
        if decide_deferred is None or not isinstance(found, Deferred):
            return decide(found, operand, context)
        if found.choices():
            return evaluate_choices(decide, found, operand, context)
        return evaluate_deferred(decide_deferred, found, operand, context)

    return test


def _bind_looking_around(operator: Operator, operand: Json) -> Test:
    """A test of an operator that looks at more than the value: how it is written, or the accounts of the run."""
    name, needs_raw, mark = operator.name, operator.looks_at == RAW, operator.mark
    of_unmarked = operator.absent is not None and operator.absent(operand)

    def test(found: Json, subject: Subject, path: tuple[str | int, ...]) -> Tri:
        if mark is not None and type(found) is str and mark.search(found) is None:
            return of_unmarked
        facts = subject.world.facts(subject.scope) if subject.world is not None and not needs_raw else None
        raw = _raw(subject, path) if needs_raw else None
        shown = paths.render_path(path) if facts else ""
        return evaluate_operator(
            name, found, operand, OperatorContext(subject.scope, shown, raw, facts, subject.logical_id)
        )

    return test


def _raw(subject: Subject, path: tuple[str | int, ...]) -> Json:
    """The value at a path of the subject as the template writes it; None where an intrinsic function stands on the way."""
    value: Any = subject.root
    for part in path[len(subject.prefix) :]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _fields_before(steps: list[paths.Step]) -> tuple[str, ...]:
    """The member names that lead to the list which a path goes through."""
    return tuple(step[1] for step in takewhile(lambda step: step[0] == "f", steps))


def _bind_quantifier(name: str, walk: paths.Walk, inner: Decide, around: tuple[str, ...] | None) -> Decide:
    """Bind `every`, `some` or `none` over the elements; `around` leads to the evidence where no element holds."""

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
            found = paths.find_value(subject.scope, subject.root, around)
            subject.evidence.append((paths.render_path((*subject.prefix, *around)), found))

        if name == "every":
            return all_of(answers)
        return any_of(answers) if name == "some" else negate(any_of(answers))

    return decide


def expand_types(types: Iterable[str], sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Type names with `@set`s replaced by their members; globs stay."""
    plain = frozenset(types)
    if not any([name[:1] == "@" for name in plain]):
        return plain
    return frozenset().union(*[sets[name[1:]] if name[:1] == "@" else (name,) for name in plain])


# The module that follows references is imported when a rule first asks for it, since few rules do.
def _bind_target(node: Json, binding: Binding, universal: bool) -> Decide:
    from cdkguard.language.references import bind_target

    types, satisfies = expand_types(node["types"], binding.sets), _bind_satisfies(node, binding, universal)
    return bind_target(node, types, satisfies, OTHERWISE[node["otherwise"]], universal)


def _bind_referrer(node: Json, binding: Binding, universal: bool) -> Decide:
    from cdkguard.language.references import Referrers

    types, satisfies = expand_types(node["types"], binding.sets), _bind_satisfies(node, binding, universal)
    return Referrers(node, types, satisfies, universal).decide


def _bind_backup_selected(node: Json) -> Decide:
    from cdkguard.language.backup_selections import bind_backup_selected

    return bind_backup_selected(node)


def _bind_opens_together(counts: Decide) -> Decide:
    from cdkguard.language.group_rules import bind_opens_together

    return bind_opens_together(counts)


def _bind_wide_any(nodes: list[Json], decide: Decide, binding: Binding, universal: bool) -> Decide:
    from cdkguard.language.wide_any import bind_wide_any

    return bind_wide_any(nodes, decide, lambda operand: _operand_value(operand, binding), universal)


def _bind_satisfies(node: Json, binding: Binding, universal: bool) -> Decide | None:
    return bind_requirement(node["satisfies"], binding, universal) if "satisfies" in node else None
