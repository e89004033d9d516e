"""Function URLs of Lambda that ask for no signature any more.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.access.branches import each_branch
from cdkguard.access.patterns import Pattern, render_pattern
from cdkguard.access.resource_types import FUNCTION_URL
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.widening import Widening
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred


def find_url_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """The URLs of functions that are on both sides and that everybody may call now."""
    auth_types = {_make_key(old, own): own.get("AuthType") for _, _, own in old.resources_of(FUNCTION_URL)}
    for logical_id, _, own in new.resources_of(FUNCTION_URL):
        before = auth_types.get(_make_key(new, own))
        function = own.get("TargetFunctionArn")
        function_id = next((one.target for one in function.links()), None) if isinstance(function, Deferred) else None
        if before is None and function_id is not None and function_id not in old.shared_ids:
            continue  # The function is new as well, and a matter of the rules.

        for assumptions, after in each_branch(own.get("AuthType")):
            was = [value for _, value in each_branch(before, assumptions)]
            is_open: Tri = None if isinstance(after, Deferred) else str(after).upper() == "NONE"
            if is_open is False or all(value in (after, "NONE") for value in was):
                continue
            label = function_id or render_pattern(new.make_pattern(function))
            yield Widening(
                logical_id=logical_id,
                kind="url-auth",
                severity="critical",
                message=f"everybody may now call {label} by its URL, without a signature",
                path="Properties.AuthType",
                before=before,
                after=after,
                certain=is_open is True,
            )


def _make_key(stack: StackIndex, own: Mapping[str, Json]) -> tuple[Pattern, Pattern]:
    """A function and a qualifier of it have one URL, whatever its logical ID."""
    return stack.make_pattern(own.get("TargetFunctionArn")), stack.make_pattern(own.get("Qualifier"))
