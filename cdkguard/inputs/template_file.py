"""Reads a template file, JSON or YAML: its body, and the line of each resource where somebody asks for it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from cdkguard._typing import Json
from cdkguard.errors import NoTemplateError, TemplateError
from cdkguard.inputs.template_json import parse_json
from cdkguard.system import files

MAX_BYTES = 64 * 1024 * 1024  # of a file; CloudFormation takes 1 MB
_LOOP = "Fn::ForEach::"
# The sections of a template without Resources and Transform: a macro may make resources.
_SECTIONS = frozenset(
    ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Outputs")
)


def read_template(
    path: str, name: str | None = None, may_be_empty: bool = False
) -> tuple[dict[str, Json], Callable[..., int | None]]:
    """The template's body, and a function from a logical id, and perhaps a property path, to the line in the file.

    `name` is the file's name in errors. CDK writes a stack without resources without that section: where the template
    `may_be_empty`, one that holds nothing but sections that CloudFormation knows is a template. Raises TemplateError.
    """
    name = name or path
    text = read_text(path, name)
    body = parse(text, name)
    if may_be_empty and isinstance(body, dict) and _SECTIONS.issuperset(body):
        body.setdefault("Resources", {})
    check_template(body, name)
    return body, find_lines_later(text)


def parse_template(text: str, name: str, has_holes: bool = False) -> dict[str, Json]:
    """The body of a template that stands as text in another one; raises TemplateError.

    Where it `has_holes`, each § is a part that the deployment fills in: what holds one is not known.
    """
    body = _open_holes(parse(text, name)) if has_holes else parse(text, name)
    check_template(body, name)
    return body  # type: ignore[no-any-return]


def _open_holes(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _open_holes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_open_holes(inner) for inner in value]
    if isinstance(value, str) and "§" in value:
        return {"Fn::Sub": [value.replace("${", "${!").replace("§", "${§}"), {"§": {"Ref": "§"}}]}
    return value


def find_lines_later(text: str) -> Callable[..., int | None]:
    found: Callable[[str, str], int | None] | None = None

    def find_line(logical_id: str, path: str = "") -> int | None:
        nonlocal found
        if found is None:
            from cdkguard.inputs.template_lines import ResourceLines  # most runs have no finding, and ask for no line

            found = ResourceLines(text)
        return found(logical_id, path)

    return find_line


def read_text(path: str, name: str) -> str:
    """A file's text without its byte-order mark; raises TemplateError."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise TemplateError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MB")
        raw = files.read_bytes(path, MAX_BYTES + 1)  # of a pipe or device the size is not known before
        if len(raw) > MAX_BYTES:
            raise TemplateError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MB")
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as problem:
        raise TemplateError(f"{name}: cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise TemplateError(f"{name}: not UTF-8 text (byte {problem.start})") from problem


def parse(text: str, name: str) -> Json:
    """JSON where the text begins like it, else YAML; raises TemplateError."""
    start = text.lstrip()[:1]
    if start == "":
        raise NoTemplateError(f"{name}: empty")
    if start in "{[":
        try:
            return parse_json(text, name)
        except TemplateError:
            if not _may_be_flow_yaml(text):
                raise

    from cdkguard.inputs.template_yaml import parse_yaml

    return parse_yaml(text, name)


def _may_be_flow_yaml(text: str) -> bool:
    """Whether text that begins with a brace is YAML, perhaps: there most keys stand without quotes."""
    return re.match(r"\s*\{\s*[A-Za-z]", text) is not None


def check_template(body: Json, name: str) -> None:
    """Refuses a value that CloudFormation would not take for a template; raises TemplateError.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
    """
    if not isinstance(body, dict):
        raise NoTemplateError(f"{name}: a template is a mapping, not {_describe_kind(body)}")
    if "Resources" not in body and "CheckBootstrapVersion" in (body.get("Rules") or ()):
        body["Resources"] = {}  # CDK writes a stack without resources like this
    if "Resources" not in body:
        raise NoTemplateError(f"{name}: is not a CloudFormation template: no Resources")

    resources = body["Resources"]
    if not isinstance(resources, dict):
        raise TemplateError(f"{name}: Resources is {_describe_kind(resources)}, not a mapping")
    for section in ("Parameters", "Mappings", "Conditions"):
        if body.get(section) is not None and not isinstance(body[section], dict):
            raise TemplateError(f"{name}: {section} is {_describe_kind(body[section])}, not a mapping")

    if "Fn::Transform" in resources:  # such as AWS::Include, which brings resources: like one over the whole template
        there = body.get("Fn::Transform")
        body["Fn::Transform"] = [
            *(there if isinstance(there, list) else [there] if there else []),
            resources.pop("Fn::Transform"),
        ]
    for logical_id, resource in resources.items():
        if isinstance(logical_id, str) and logical_id.startswith(_LOOP) and isinstance(resource, list):
            continue
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(f"{name}: resource '{logical_id}' has no Type")
        properties = resource.get("Properties")
        if properties is not None and not isinstance(properties, dict):
            raise TemplateError(
                f"{name}: Properties of resource '{logical_id}' is {_describe_kind(properties)}, not a mapping"
            )


def _describe_kind(value: Json) -> str:
    return {type(None): "null", list: "a list", dict: "a mapping", str: "a string", bool: "a boolean"}.get(
        type(value), "a number"
    )
