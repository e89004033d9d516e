"""What the outputs of a diff have in common: counts, words, and which changes are folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.diff.comparable import as_json
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import (
    DETAILS,
    IMPACTS,
    REMOVE_IMPACTS,
    REPLACE_IMPACTS,
    STACK_IMPACTS,
    Change,
    PropertyChange,
    Stack,
)
from cdkguard.outputs.summary import plural
from cdkguard.template.rendering import render_value
from cdkguard.template.values import Deferred
from cdkguard.text.credentials import masked

WORST_FIRST = (*reversed(STACK_IMPACTS), *reversed(IMPACTS))


class Difference(NamedTuple):
    """Two sides, compared; what `cdkguard diff` shows."""

    changes: tuple[Change, ...]
    stacks: tuple[Stack, ...]  # of the new side
    against: str
    to: str
    notes: tuple[str, ...] = ()
    version: str = ""


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """Impact -> number, worst first; changes that every build brings are counted apart under "harmless"."""
    found = dict.fromkeys(WORST_FIRST, 0)
    harmless = 0
    for change in changes:
        if is_folded(change):
            harmless += 1
        else:
            found[change.impact] += 1
    return {**{k: v for k, v in found.items() if v}, **({"harmless": harmless} if harmless else {})}


def is_folded(change: Change) -> bool:
    """A change that nobody wants to read: asset hashes, metadata, CDK's own metadata resource."""
    return change.noise


_WORDS = {
    "WILL_DESTROY": "destroyed",
    "WILL_ORPHAN": "left behind",
    "WILL_REPLACE": "replaced",
    "MAY_REPLACE": "perhaps replaced",
    "WILL_UPDATE": "updated",
    "WILL_CREATE": "created",
    "STACK_ADDED": "stack added",
    "STACK_REMOVED": "stack removed",
    "STACK_RENAMED": "stack renamed",
    "STACK_MOVED": "stack moved",
    "STACK_UNPROTECTED": "stack without termination protection",
    "STACK_RECLASSIFIED": "stack of another environment",
}


def summary(changes: Sequence[Change]) -> str:
    """`1 destroyed, 2 replaced, 14 harmless`, or `no change`."""
    return ", ".join(f"{n} {_WORDS.get(k, k)}" for k, n in counts(changes).items()) or "no change"


def name_of(change: Change) -> str:
    """Construct path, else logical id, else the stack."""
    return change.construct_path or change.logical_id or change.stack.construct_path or change.stack.name


FATES = {
    "destroyed": "deleted for good",
    "snapshot": "deleted after a final snapshot",
    "retained": "kept, outside the stack",
    "unknown": "deleted or kept: that is not known before deployment",
}


def sentences(change: Change) -> list[str]:
    """What the impact's word does not say."""
    found = []
    if change.impact in REPLACE_IMPACTS and change.fate:
        found.append(f"the one that runs is {FATES[change.fate]}")
    elif change.impact == "WILL_DESTROY" and (change.stateful or change.fate not in ("", "destroyed")):
        found.append(FATES[change.fate])
    if change.partner:
        is_told = not change.partner_stack or change.partner.startswith(f"{change.partner_stack}/")
        there = "" if is_told else f" in {change.partner_stack}"
        back = "was" if change.impact == "WILL_CREATE" else "is now"
        found.append(f"{'moved' if change.partner_stack else 'renamed'}: {back} {change.partner}{there}")
        if change.impact != "WILL_CREATE" and change.stateful:
            found.append(
                f"to keep it: put the construct id back, override the logical id with {change.logical_id}, "
                "or move it with `cdk refactor`"
            )
    found += [f"loses {part.text}" for part in find_lost_data_parts(change)]
    told = ("snapshot", "renamed", "moved", "part-lost", "follows", "stack-removed")
    found += [DETAILS[word] for word in change.detail if word in DETAILS and word not in told]
    found += [_about_stack(change)] if change.impact in STACK_IMPACTS else []
    return [text for text in found if text]


_FATES_WORST_FIRST = ("destroyed", "unknown", "snapshot", "", "retained")


def data_that_goes(changes: Iterable[Change]) -> list[str]:
    """A line for each resource whose data the deployment takes away from those who use it, worst first."""
    found = []
    for change in sorted(changes, key=lambda c: _FATES_WORST_FIRST.index(c.fate)):
        parts = [part.text for part in find_lost_data_parts(change)]
        if not change.stateful or change.impact in ("WILL_CREATE", "WILL_UPDATE") and not parts:
            continue
        words = [f"loses {', '.join(parts)}"] if parts else []
        if change.impact != "WILL_UPDATE":
            fate = FATES.get(change.fate, "")
            words.insert(
                0,
                fate if change.impact in REMOVE_IMPACTS else f"{_WORDS[change.impact]}; the one that runs is {fate}",
            )
        found.append(f"{name_of(change)} · {change.resource_type} · {'; '.join(filter(None, words))}")
    return found


def _about_stack(change: Change) -> str:
    old, new = change.before, change.after
    count = int(old["Resources"]) if isinstance(old, dict) and "Resources" in old else 0
    number = "1 resource goes" if count == 1 else f"{count} resources go"
    return {
        "STACK_REMOVED": f"its {number} on running, and nothing manages them any more",
        "STACK_RENAMED": f"was {change.partner}; a second stack is made, and the old one stays behind",
        "STACK_MOVED": f"from {_at(old)} to {_at(new)}; a second stack is made, and the old one stays behind",
        "STACK_UNPROTECTED": "its termination protection is switched off",
        "STACK_RECLASSIFIED": f"was judged as {_at(old)}, is judged as {_at(new)}",
        "STACK_ADDED": plural(int(new["Resources"]), "resource")
        if isinstance(new, dict) and "Resources" in new
        else "",
    }.get(change.impact, "")


def _at(body: Any) -> str:
    return str(body.get("Environment")) if isinstance(body, dict) else ""


def value(changed: PropertyChange, side: Any) -> str:
    """A value in few characters; what looks like a secret is hidden."""
    name = changed.name or changed.path
    clear, other = masked(name, side), changed.after if side is changed.before else changed.before
    text = render_value(clear, False)
    if isinstance(clear, Deferred) and text == render_value(masked(name, other), False):
        return render_value(
            masked(name, as_json(side)), False
        )  # what is not known looks alike: as the template says it
    return text if not isinstance(clear, str) or text.startswith("(hidden,") else f'"{text}"'
