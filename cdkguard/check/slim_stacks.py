"""Keeps of judged stacks only what suppressions, the rules on the assembly and the report still read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from cdkguard._typing import Any
from cdkguard.model import Stack, find_no_grant, find_nothing, replace_stacks

_KEPT_SECTIONS = ("Transform", "Fn::Transform", "Description")


def take_sections(stack: Stack) -> dict[str, Any]:
    """The small sections of a template that are read after its rules ran; taken before, since loops replace them."""
    return {key: stack.template[key] for key in _KEPT_SECTIONS if key in stack.template}


def slim_stacks(stacks: Sequence[Stack], sections: Sequence[dict[str, Any]]) -> tuple[Stack, ...]:
    """The stacks with these sections (see `kept_sections`) and a few resources, so that memory holds no whole template.

    They can be sent to another process: the functions that look lines up are gone.
    """
    sections_of = dict(zip(stacks, sections, strict=True))

    def slim(stack: Stack) -> Stack:
        resources = _keep_resources(stack.template.get("Resources") or {})
        return stack._replace(
            template={**sections_of[stack], "Resources": resources},
            construct_paths={name: stack.construct_paths[name] for name in resources if name in stack.construct_paths},
            source_of=find_nothing,
            line_of=find_nothing,
            granted_at=find_no_grant,
            unread=frozenset(),
        )

    return tuple(replace_stacks(stacks, slim))


def _keep_resources(resources: Mapping[str, Any]) -> dict[str, Any]:
    """One resource of each type, and those that hold a suppression."""
    kept: dict[str, Any] = {}
    types: set[str] = set()
    for logical_id, body in resources.items():
        metadata = body.get("Metadata") if isinstance(body, dict) else None
        is_suppressed = isinstance(metadata, dict) and "cdkguard" in metadata
        resource_type = body.get("Type") if isinstance(body, dict) else None
        if is_suppressed or (resource_type is not None and str(resource_type) not in types):
            types.add(str(resource_type))
            typed = {"Type": resource_type, "Metadata": metadata}
            kept[logical_id] = typed if is_suppressed else _bare_resource(str(resource_type))
    return kept


@cache
def _bare_resource(resource_type: str) -> dict[str, Any]:
    """A resource of which the type alone is kept; all of a type share one object."""
    return {"Type": resource_type}
