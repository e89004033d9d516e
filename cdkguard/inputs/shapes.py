"""Values of JSON documents that others wrote, which may have any shape."""

from __future__ import annotations

from cdkguard._typing import Json


def mapping_or_empty(value: Json) -> dict[str, Json]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_or_empty(value: Json) -> list[Json]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def metadata_of(resource: Json) -> dict[str, Json]:
    """The `Metadata` of a template's resource; empty where it has none."""
    return mapping_or_empty(mapping_or_empty(resource).get("Metadata"))


def construct_path_of(resource: Json) -> str | None:
    """The construct path that CDK writes into a resource's metadata."""
    path = metadata_of(resource).get("aws:cdk:path")
    return path if isinstance(path, str) else None


def find_construct_paths(template: Json) -> dict[str, str]:
    """Logical id -> construct path, as far as the resources of the template hold them."""
    resources = mapping_or_empty(mapping_or_empty(template).get("Resources"))
    return {name: path for name, resource in resources.items() if (path := construct_path_of(resource)) is not None}
