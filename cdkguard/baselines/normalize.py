"""A template without the parts that differ from build to build: asset hashes, CDK's metadata, the bootstrap check."""

from __future__ import annotations

from collections.abc import Callable

from cdkguard._typing import Json
from cdkguard.diff.asset_hashes import HASH_LENGTH, is_asset_parameter, mark_cdk_assets
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.model import Stack

_OWN_METADATA = ("aws:cdk:", "aws:asset:")


def normalize(template: dict[str, Json]) -> dict[str, Json]:
    """The template as two builds of the same code give it; `ASSET` stands where a hash was.

    The argument is not changed; what needs no change is shared with the result, which is the argument itself where
    nothing does.
    """
    changed: dict[str, Json] = {}
    for section, value in template.items():
        new = _SECTIONS.get(section, without_hashes)(value)
        if new is not value:
            changed[section] = new
    found = (
        {k: changed.get(k, v) for k, v in template.items() if changed.get(k, v) is not None} if changed else template
    )
    if any(is_asset_parameter(name) for name in mapping_or_empty(template.get("Parameters"))):
        return _normalize_asset_parameters(found)
    return found


def normalize_stack(stack: Stack) -> Stack:
    """The stack as a snapshot holds it, with the values that are given to it."""
    parameters = {without_hashes(name): without_hashes(value) for name, value in stack.parameters.items()}
    return stack._replace(template=normalize(stack.template), parameters=parameters)


def without_hashes(value: Json) -> Json:
    """Any value of a template with `ASSET` for each asset's hash; the value itself where it holds none."""
    if isinstance(value, str):
        return mark_cdk_assets(value) if len(value) >= HASH_LENGTH else value
    if not isinstance(value, dict | list):
        return value
    copy: Json = None
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        kind = type(inner)
        if kind is str:
            if len(inner) < HASH_LENGTH:
                continue
            new: Json = mark_cdk_assets(inner)
        elif kind is dict or kind is list:
            new = without_hashes(inner)
        else:
            continue
        if new is not inner:
            copy = value.copy() if copy is None else copy
            copy[key] = new
    return value if copy is None else copy


def _normalize_resources(resources: Json) -> Json:
    if not isinstance(resources, dict):
        return resources
    found: dict[str, Json] = {}
    same = True
    for logical_id, body in resources.items():
        if isinstance(body, dict) and body.get("Type") == "AWS::CDK::Metadata":
            same = False
            continue
        new = without_hashes(_without_own_metadata(body))
        same = same and new is body
        found[logical_id] = new
    return resources if same else found


def _without_own_metadata(body: Json) -> Json:
    metadata = body.get("Metadata") if isinstance(body, dict) else None
    if not isinstance(metadata, dict) or not any(key.startswith(_OWN_METADATA) for key in metadata):
        return body
    kept = {key: value for key, value in metadata.items() if not key.startswith(_OWN_METADATA)}
    rest = {key: value for key, value in body.items() if key != "Metadata"}
    return rest | {"Metadata": kept} if kept else rest


def _normalize_parameters(parameters: Json) -> Json:
    value = mapping_or_empty(mapping_or_empty(parameters).get("BootstrapVersion")).get("Default")
    return _without_entry(parameters, "BootstrapVersion") if str(value).startswith("/cdk-bootstrap/") else parameters


def _without_entry(section: Json, name: str) -> Json:
    """The section without the entry of this name; None where the section is then empty."""
    if not isinstance(section, dict) or name not in section:
        return section
    return {key: value for key, value in section.items() if key != name} or None


_SECTIONS: dict[str, Callable[[Json], Json]] = {
    "Resources": _normalize_resources,
    "Parameters": _normalize_parameters,
    "Rules": lambda rules: _without_entry(rules, "CheckBootstrapVersion"),
    "Conditions": lambda conditions: _without_entry(conditions, "CDKMetadataAvailable"),
}


def _normalize_asset_parameters(template: dict[str, Json]) -> dict[str, Json]:
    """The template with the hashes taken out of the names of CDK's older asset parameters.

    Parameters whose names differ in the hash only become one.
    """
    found: dict[str, Json] = _replace_hashes(template)
    for name, body in found["Parameters"].items():
        if "AssetParameters" in name and isinstance(body, dict):
            body.pop("Description", None)  # it repeats the hash
    return found


def _replace_hashes(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            mark_cdk_assets(key) if len(key) >= HASH_LENGTH else key: _replace_hashes(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_replace_hashes(inner) for inner in value]
    return without_hashes(value)
