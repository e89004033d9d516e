"""Which stacks hold the dummy values that CDK puts in for context that is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from cdkguard.model import Missing, Stack, replace_stacks

_PLACE = re.compile(r"\b(account|region)=([^:]+)")  # in the key of a lookup


def leave_out_unused_lookups(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks, each without the missing context whose dummies it does not hold.

    A manifest lists what is missing for all of its stacks. Where none of them holds a dummy, it decided about something
    else in one of them, so all of its account and region keep it.
    """
    texts = {stack: json.dumps(stack.template) for stack in stacks if stack.missing}
    holders: dict[Missing, set[Stack]] = {}
    for stack, text in texts.items():
        for missing in stack.missing:
            if _is_of_place(missing, stack) and _holds(text, missing.dummies):
                holders.setdefault(missing, set()).update((stack, stack.root))  # the root is judged for what is in it

    def narrow(stack: Stack) -> Stack:
        if not stack.missing:
            return stack
        return stack._replace(missing=tuple(m for m in stack.missing if m not in holders or stack in holders[m]))

    return replace_stacks(stacks, narrow)


def _is_of_place(missing: Missing, stack: Stack) -> bool:
    place = {"account": stack.account, "region": stack.region}
    return all(place[name] in (None, value) for name, value in _PLACE.findall(missing.key))


def _holds(text: str, dummies: Sequence[str]) -> bool:
    """Whether a dummy stands there as a whole word: `ami-1234` is no part of a longer id."""
    return any(
        dummy in text and re.search(rf"(?<![\w-]){re.escape(json.dumps(dummy)[1:-1])}(?![\w-])", text)
        for dummy in dummies
    )
