"""The parts that all outputs of changes share: counts, words, and which changes are folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.diff.comparable import as_json
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.diff.refusals import find_refusals
from cdkguard.model import (
    DETAILS,
    IMPACTS,
    REPLACE_IMPACTS,
    STACK_IMPACTS,
    Change,
    PropertyChange,
    Stack,
)
from cdkguard.outputs.summary import plural
from cdkguard.template.rendering import is_hidden, render_value
from cdkguard.template.values import Deferred
from cdkguard.text.credentials import mask_secrets

if TYPE_CHECKING:
    from cdkguard.model import Detail, Fate

WORST_FIRST = (*reversed(STACK_IMPACTS), *reversed(IMPACTS))


class Difference(NamedTuple):
    """Two sides and the changes between them."""

    changes: tuple[Change, ...]
    stacks: tuple[Stack, ...]  # The stacks of the new side, then those of the old one.
    against: str  # The old side in words.
    to: str  # The new side in words.
    notes: tuple[str, ...] = ()  # Notices about how the sides were read.
    version: str = ""
    is_destruction: bool = False  # Whether `cdk destroy` makes the changes.


def count_impacts(changes: Iterable[Change]) -> dict[str, int]:
    """Impact -> number of changes, worst first; folded changes are counted under "harmless"."""
    found = dict.fromkeys(WORST_FIRST, 0)
    harmless = 0
    for change in changes:
        if is_folded(change):
            harmless += 1
        else:
            found[change.impact] += 1
    return {**{k: v for k, v in found.items() if v}, **({"harmless": harmless} if harmless else {})}


def is_folded(change: Change) -> bool:
    """Whether only asset hashes, metadata or CDK's own metadata resource change, which each build brings."""
    return change.noise


# Impact -> the word in a summary.
_WORDS = {
    "WILL_DESTROY": "destroyed",
    "WILL_ORPHAN": "left behind",
    "WILL_REPLACE": "replaced",
    "MAY_REPLACE": "perhaps replaced",
    "WILL_UPDATE": "updated",
    "WILL_CREATE": "created",
    "STACK_ADDED": "added",
    "STACK_REMOVED": "removed",
    "STACK_RENAMED": "renamed",
    "STACK_MOVED": "moved",
    "STACK_UNPROTECTED": "without termination protection",
    "STACK_RECLASSIFIED": "of another environment",
    "STACK_REFUSED": "refused",
}


def summarize_changes(changes: Sequence[Change]) -> str:
    """`1 stack refused, 2 destroyed, 14 harmless`, or `no change`."""
    found = []
    for impact, number in count_impacts(changes).items():
        what = plural(number, "stack") if impact in STACK_IMPACTS and impact in _WORDS else str(number)
        found.append(f"{what} {_WORDS.get(impact, impact)}")
    return ", ".join(found) or "no change"


def name_of_change(change: Change) -> str:
    """Construct path, else logical id, else the stack."""
    return change.construct_path or change.logical_id or change.stack.construct_path or change.stack.name


# Change.fate -> the fate of the resource that runs now.
FATES: dict[Fate, str] = {
    "destroyed": "deleted for good",
    "snapshot": "deleted after a final snapshot",
    "retained": "kept, outside the stack",
    "protected": "kept: its deletion fails while its deletion protection is on",
    "if-empty": "deleted if it is empty; otherwise that fails, and it is left behind",
    "refused": "kept: CloudFormation refuses the change",
    "unknown": "deleted or kept: that is not known before deployment",
}


def describe_change(change: Change) -> list[str]:
    """Sentences with what the impact alone does not say: the fate of data, renames, reasons."""
    found = [describe_fate(change)]
    if change.partner:
        found += _describe_partner(change)
    found += describe_details(change)
    found += [describe_stack(change)] if change.impact in STACK_IMPACTS else []
    return [text for text in found if text]


def describe_fate(change: Change) -> str:
    """The fate of the resource that runs, where the impact does not say it."""
    if change.fate and (change.stateful or change.fate != "destroyed"):  # What holds no data is not worth the words.
        if change.impact in REPLACE_IMPACTS:
            return f"the one that runs is {FATES[change.fate]}"
        if change.impact == "WILL_DESTROY":
            return FATES[change.fate]
    return ""


def describe_details(change: Change) -> list[str]:
    """The parts with data that it loses, and why or in which case it happens."""
    found = [f"loses {part.text}" for part in find_lost_data_parts(change)]
    return found + [DETAILS[word] for word in change.detail if word in DETAILS and word not in _DESCRIBED_ELSEWHERE]


# Words of Change.detail that the impact, the fate or another sentence says already.
_DESCRIBED_ELSEWHERE: tuple[Detail, ...] = (
    "snapshot", "renamed", "moved", "nested", "other-environment", "part-lost", "follows", "stack-removed",
)  # fmt: skip


def _describe_partner(change: Change) -> list[str]:
    """Where the other half of a rename or move is, and how a resource with data is kept."""
    partner, stack = str(change.partner), change.partner_stack
    there = "" if not stack or partner.startswith(f"{stack}/") else f" in {stack}"
    verb = "was" if change.impact == "WILL_CREATE" else "is now"
    found = [f"{'moved' if stack else 'renamed'}: {verb} {partner}{there}"]
    if change.impact != "WILL_CREATE" and change.stateful:
        found.append(f"to keep it: {advise_keeping(change)}")
    return found


def advise_keeping(change: Change) -> str:
    """What keeps a resource that would move. `cdk refactor` works within one environment, on stacks that are deployed:
    https://docs.aws.amazon.com/cdk/v2/guide/refactor.html
    """
    if change.has_detail("other-environment"):
        return "put `env` back, for nothing moves data to another account or region but a copy"
    if change.has_detail("stack-removed"):
        return f"let the stack keep its name, {change.stack.root.name}"
    if change.has_detail("nested"):
        return "put it and its nested stack back, or move it with a stack refactor of CloudFormation"
    if change.has_detail("moved"):
        return "put it back into its stack, or move it with `cdk refactor`"
    return (
        f"put the construct id back, override the logical id with {change.logical_id}, or move it with `cdk refactor`"
    )


FATES_WORST_FIRST: tuple[Fate, ...] = (
    "destroyed", "unknown", "if-empty", "snapshot", "", "protected", "retained", "refused",
)  # fmt: skip


def describe_stack(change: Change) -> str:
    """What happens to a stack as a whole."""
    old, new = change.before, change.after
    count = int(old["Resources"]) if isinstance(old, dict) and "Resources" in old else 0
    number = "1 resource goes" if count == 1 else f"{count} resources go"
    return {
        "STACK_REMOVED": f"its {number} on running, and nothing manages them any more",
        "STACK_RENAMED": f"was {change.partner}; a second stack is made, and the old one stays behind",
        "STACK_MOVED": f"from {_environment_of(old)} to {_environment_of(new)}; a second stack is made, and the old one stays behind",
        "STACK_UNPROTECTED": "its termination protection is switched off",
        "STACK_RECLASSIFIED": f"was judged as {_environment_of(old)}, is judged as {_environment_of(new)}",
        "STACK_REFUSED": "; ".join(
            f"{'cannot' if refusal.certain else 'may not be able to'} {refusal.text}"
            for refusal in find_refusals(change)
        ),
        "STACK_ADDED": plural(int(new["Resources"]), "resource")
        if isinstance(new, dict) and "Resources" in new
        else "",
    }.get(change.impact, "")


def _environment_of(body: Any) -> str:
    return str(body.get("Environment")) if isinstance(body, dict) else ""


def render_side(changed: PropertyChange, side: Any) -> str:
    """One side of a changed value in few characters, without secrets."""
    name = changed.name or changed.path
    other = changed.after if side is changed.before else changed.before
    clear = mask_secrets(name, side)
    text = render_value(clear, False)
    if isinstance(clear, Deferred) and text == render_value(mask_secrets(name, other), False):
        # Two values that nobody knows yet look alike, so the text of the template tells them apart.
        return render_value(mask_secrets(name, as_json(side)), False)
    is_shown_as_text = isinstance(clear, str) and clear == side and not is_hidden(clear, False)
    return f'"{text}"' if is_shown_as_text else text
