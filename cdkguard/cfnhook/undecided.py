"""Which findings are there only because CloudFormation does not tell the hook what the stack is given.

It sends templates without the values of parameters, without exports of other stacks, and without nested templates. A finding
hangs on what is not told where it is another one, or none, with some values that it can have: that is tried, not guessed.
What takes away something that runs is never one of them: it holds until somebody knows better.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.api.nouns import Verdict
from cdkguard.cfnhook.stack_values import name_stack_values
from cdkguard.errors import CdkguardError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_file import parse
from cdkguard.model import Finding, Outcome

if TYPE_CHECKING:
    from cdkguard.api.nouns import Body

MAX_TRIALS = 16  # choices of values that are tried; each costs one judgement
MAX_SECONDS = 6.0  # for all of them; CloudFormation waits 30
# Values of which most properties take one: a name, a switch, an address, a number, an ARN.
_USUAL = ("cdkguard-any-value", "true", "false", "10.0.0.0/8", "1", "arn:aws:iam::000000000000:role/cdkguard")
# Rules that say that a template was not read: CloudFormation sends that of the stack alone.
_UNREAD = ("nested-template-unread", "deployed-template-unread", "unread-stack-changed")

_Key = tuple[str, str, str | None, str | None]
Bodies = Sequence[Mapping[str, Json]]


def find_undecided(
    verdict: Verdict,
    templates: Sequence[Body],
    known: Mapping[str, Json],
    judge_with: Callable[[dict[str, Json], Bodies], Verdict],
) -> frozenset[int]:
    """The places, in the verdict's findings, of the deciding ones that what the hook is not told would decide.

    `known` are parameters that somebody has read; `judge_with` judges these templates again, with these values of the others.
    """
    deciding = [(place, finding) for place, finding in enumerate(verdict.findings) if verdict.decides(finding)]
    undecided = {place for place, finding in deciding if finding.rule_id in _UNREAD}
    losses = {change.token for change in verdict.changes if change.fate or change.has_detail("condition-unknown")}
    left = [(place, f) for place, f in deciding if place not in undecided and f.change not in losses]
    bodies = name_stack_values([_value_of(body) for body in templates])
    declared: dict[str, Json] = {}
    for body in bodies:
        declared.update(mapping_or_empty(body.get("Parameters")))
    open_ones = {name: one for name, one in declared.items() if name not in known}
    if not left or not open_ones:
        return frozenset(undecided)

    ends = time.monotonic() + MAX_SECONDS
    for values in list_trials(open_ones, bodies):
        if time.monotonic() > ends:
            break  # What has not been shown to hang on them counts.
        trial = judge_with(values, bodies)
        if trial.errors:
            continue  # It proves nothing.
        outcomes: dict[_Key, set[Outcome]] = {}
        for finding in trial.findings:
            outcomes.setdefault(_key_of(finding), set()).add(finding.outcome)
        for place, finding in left:
            if finding.outcome not in outcomes.get(_key_of(finding), set()):
                undecided.add(place)
    return frozenset(undecided)


def _key_of(finding: Finding) -> _Key:
    """What a finding is the same by, under other values of parameters."""
    return finding.rule_id, finding.stack_path, finding.logical_id, finding.impact


def list_trials(declared: Mapping[str, Json], bodies: Sequence[Mapping[str, Json]]) -> Iterator[dict[str, Json]]:
    """Values of all parameters: their Defaults, then the other values, first of all of them together, then of one by one."""
    choices = {name: _list_choices(name, mapping_or_empty(one), bodies) for name, one in declared.items()}
    usual = {name: found[0] for name, found in choices.items()}
    trials = [usual]
    for at in range(1, max(map(len, choices.values()))):
        trials.append({name: found[min(at, len(found) - 1)] for name, found in choices.items()})
    trials += [{**usual, name: value} for name, found in choices.items() for value in found[1:]]
    seen: list[dict[str, Json]] = []
    for trial in trials:
        if trial not in seen and len(seen) < MAX_TRIALS:
            seen.append(trial)
            yield trial


def _list_choices(name: str, declared: Mapping[str, Json], bodies: Sequence[Mapping[str, Json]]) -> list[Json]:
    """Values that the parameter can have, the usual one first; never none."""
    default = declared.get("Default")
    found = [default] if isinstance(default, str | int | float) and not isinstance(default, bool) else []
    allowed = declared.get("AllowedValues")
    if isinstance(allowed, list):
        found += [value for value in allowed if isinstance(value, str | int | float)]
    else:
        compared = [text for body in bodies for text in _find_compared(body.get("Conditions"), {"Ref": name})]
        found += compared
        kind = str(declared.get("Type", "String"))
        found += [declared.get("MinValue", 1)] if kind == "Number" else _USUAL
    texts = list(dict.fromkeys(str(value) for value in found))
    return [*texts] or [_USUAL[0]]


def _find_compared(value: Json, reference: Json) -> Iterator[str]:
    """The texts with which conditions compare the parameter."""
    pending, looks = [value], 10_000
    while pending and looks:
        looks -= 1
        one = pending.pop()
        if isinstance(one, list):
            if reference in one:
                yield from (text for text in one if isinstance(text, str))
            pending += one
        elif isinstance(one, dict):
            pending += one.values()


def _value_of(body: Body) -> Mapping[str, Json]:
    try:
        return mapping_or_empty(parse(body, "template")) if isinstance(body, str) else body
    except CdkguardError:
        return {}  # The verdict holds that it cannot be read.
