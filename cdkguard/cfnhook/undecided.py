"""Which findings are there only because CloudFormation does not tell the hook what the stack is given.

It sends templates without the values of parameters, without exports of other stacks, and without nested templates. A finding
hangs on parameters where it is another one, or none, with some values that they can have: that is tried, not guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.api.nouns import Verdict
from cdkguard.errors import CdkguardError
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.inputs.template_file import parse
from cdkguard.model import Finding, Outcome

MAX_TRIALS = 8  # choices of values that are tried; each costs one judgement
_PLACEHOLDER = "cdkguard-any-value"
# Rules that say that a template was not read: CloudFormation sends that of the stack alone.
_UNREAD = ("nested-template-unread", "deployed-template-unread", "unread-stack-changed")

Key = tuple[str, str, str | None, str | None]


def find_undecided(
    verdict: Verdict,
    templates: Sequence[str],
    known: Mapping[str, Json],
    judge_with: Callable[[dict[str, Json]], Verdict],
) -> frozenset[Key]:
    """The keys of the deciding findings that what the hook is not told would decide.

    `known` are parameters that somebody has read; `judge_with` judges again with these values of the others.
    """
    deciding = verdict.deciding
    bodies = [_parse(text) for text in templates]
    undecided = {key_of(f) for f in deciding if f.rule_id in _UNREAD or _waits_for_stacks(f, bodies)}
    left = [f for f in deciding if key_of(f) not in undecided]
    declared: dict[str, Json] = {}
    for body in bodies:
        declared.update(mapping_or_empty(body.get("Parameters")))
    open_ones = {name: one for name, one in declared.items() if name not in known}
    if not left or not open_ones:
        return frozenset(undecided)

    for values in list_trials(open_ones, bodies):
        trial = judge_with(values)
        if trial.errors:
            continue  # It proves nothing.
        outcomes: dict[Key, set[Outcome]] = {}
        for finding in trial.findings:
            outcomes.setdefault(key_of(finding), set()).add(finding.outcome)
        for finding in left:
            if finding.outcome not in outcomes.get(key_of(finding), set()):
                undecided.add(key_of(finding))
    return frozenset(undecided)


def key_of(finding: Finding) -> Key:
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
        found.append(declared.get("MinValue", 1) if kind == "Number" else _PLACEHOLDER)
        if not compared and kind != "Number":
            found += ["true", "false"]  # What a property that is a switch asks for.
    texts = list(dict.fromkeys(str(value) for value in found))
    return [*texts] or [_PLACEHOLDER]


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


def _waits_for_stacks(finding: Finding, bodies: Sequence[Mapping[str, Json]]) -> bool:
    """Whether an undecided resource takes a value from a nested stack or from an export, which nobody tells the hook."""
    if finding.outcome is not Outcome.UNKNOWN or finding.logical_id is None:
        return False
    for body in bodies:
        text = json.dumps(mapping_or_empty(body.get("Resources")).get(finding.logical_id))
        if '"Fn::ImportValue"' in text or ("Outputs." in text and "Fn::GetAtt" in text):
            return True
    return False


def _parse(text: str) -> Mapping[str, Json]:
    try:
        return mapping_or_empty(parse(text, "template")) if text else {}
    except CdkguardError:
        return {}  # The verdict holds that it cannot be read.
