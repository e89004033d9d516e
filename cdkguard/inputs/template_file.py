"""A template file (JSON or YAML, short-form intrinsics too) -> its body and, late, its line numbers."""

from __future__ import annotations

import json
import math
import os
import re
from bisect import bisect
from collections.abc import Callable

from cdkguard._typing import Any, Json
from cdkguard.errors import NoTemplateError, TemplateError
from cdkguard.system import files
from cdkguard.text.nesting import MAX_DEPTH, may_be_deep
from cdkguard.text.regexes import late

MAX_BYTES = 64 * 1024 * 1024
MORE_NODES, MORE_TEXT = 100_000, 1_000_000  # that YAML aliases may add to a file: an alias bomb ends here
_LOOP = "Fn::ForEach::"
_SECTIONS = frozenset(
    (
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Outputs",
    )
)  # without a macro, which may make resources
_TAGS = ["Ref", "Condition", "And", "Base64", "Cidr", "Equals", "FindInMap", "ForEach", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform", "GetStackOutput", "Contains", "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll"]  # fmt: skip


def read_template(
    path: str, shown: str | None = None, may_be_empty: bool = False
) -> tuple[dict[str, Json], Callable[[str], int | None]]:
    """The template's body, and a function from a logical id to its line in the file.

    A stack without resources, which CDK writes without that section, is one where it `may_be_empty` and has nothing that
    CloudFormation does not know: `resources` are some, too. `shown` is how the file is named in errors. Raises TemplateError for whatever is no CloudFormation template.
    """
    shown = shown or path
    text = read_text(path, shown)
    body = parse(text, shown)
    if may_be_empty and isinstance(body, dict) and _SECTIONS.issuperset(body):
        body.setdefault("Resources", {})
    check_template(body, shown)
    return body, Lines(text)


def read_text(path: str, shown: str) -> str:
    """A file's text without its byte-order mark; raises TemplateError."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise TemplateError(f"{shown}: larger than {MAX_BYTES // 1024 // 1024} MB")
        raw = files.read_bytes(path, MAX_BYTES + 1)  # of a pipe or device the size is not known before
        if len(raw) > MAX_BYTES:
            raise TemplateError(f"{shown}: larger than {MAX_BYTES // 1024 // 1024} MB")
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except OSError as problem:
        raise TemplateError(f"{shown}: cannot be read: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise TemplateError(f"{shown}: not UTF-8 text (byte {problem.start})") from problem


def parse(text: str, shown: str) -> Json:
    """JSON where the text begins like it, else YAML; raises TemplateError."""
    start = text.lstrip()[:1]
    if start == "":
        raise NoTemplateError(f"{shown}: empty")
    if start in "{[":
        try:
            return parse_json(text, shown)
        except TemplateError:
            if not _may_be_flow_yaml(text):
                raise
    return _parse_yaml(text, shown)


def parse_json(text: str, shown: str) -> Json:
    """Strict JSON: no duplicate keys, no NaN, bounded nesting; raises TemplateError."""
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as problem:
        raise TemplateError(f"{shown}:{problem.lineno}: not JSON: {problem.msg}") from problem
    except RecursionError as problem:
        raise TemplateError(f"{shown}: nested too deeply") from problem
    except ValueError as problem:
        raise TemplateError(f"{shown}: {problem}") from problem
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(value):
        raise TemplateError(f"{shown}: nested deeper than {MAX_DEPTH} levels")
    return value


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(f"key '{key}' is there twice")
            seen.add(key)
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large a number")
    return value


_CONTAINERS = frozenset({dict, list})


def _too_deep(value: Json) -> bool:
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [inner for item in level for inner in (item.values() if type(item) is dict else item)
                 if type(inner) in _CONTAINERS]  # fmt: skip
        if not level:
            return False
    return True


def _may_be_flow_yaml(text: str) -> bool:
    """YAML can begin with a brace, too; then its keys are mostly bare."""
    return re.match(r"\s*\{\s*[A-Za-z]", text) is not None


def check_template(body: Json, shown: str) -> None:
    """Refuse what CloudFormation would not take for a template."""
    if not isinstance(body, dict):
        raise NoTemplateError(f"{shown}: a template is a mapping, not {_kind(body)}")
    if "Resources" not in body and "CheckBootstrapVersion" in (body.get("Rules") or ()):
        body["Resources"] = {}  # what CDK writes of a stack in which nothing is
    if "Resources" not in body:
        raise NoTemplateError(f"{shown}: is not a CloudFormation template: no Resources")
    resources = body["Resources"]
    if not isinstance(resources, dict):
        raise TemplateError(f"{shown}: Resources is {_kind(resources)}, not a mapping")
    for section in ("Parameters", "Mappings", "Conditions"):
        if body.get(section) is not None and not isinstance(body[section], dict):
            raise TemplateError(f"{shown}: {section} is {_kind(body[section])}, not a mapping")
    for logical_id, resource in resources.items():
        if isinstance(logical_id, str) and logical_id.startswith(_LOOP) and isinstance(resource, list):
            continue
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(f"{shown}: resource '{logical_id}' has no Type")
        properties = resource.get("Properties")
        if properties is not None and not isinstance(properties, dict):
            raise TemplateError(f"{shown}: Properties of resource '{logical_id}' is {_kind(properties)}, not a mapping")


def _kind(value: Json) -> str:
    return {type(None): "null", list: "a list", dict: "a mapping", str: "a string", bool: "a boolean"}.get(
        type(value), "a number"
    )


# -- YAML


def _parse_yaml(text: str, shown: str) -> Json:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if may_be_deep(text):  # before composing: libyaml recurses in C, and nesting without end would crash the process
        raise TemplateError(f"{shown}: nested deeper than {MAX_DEPTH} levels")
    try:
        node = yaml.compose(text, Loader=loader)
        return _Builder(shown, len(text)).build(node, 0) if node is not None else None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        words = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise TemplateError(f"{shown}:{mark.line + 1 if mark else 1}: not YAML: {words}") from problem
    except RecursionError as problem:
        raise TemplateError(f"{shown}: nested too deeply") from problem
    except ValueError as problem:
        raise TemplateError(f"{shown}: {problem}") from problem


class _Builder:
    """YAML nodes -> plain values, with aliases written out within bounds and short forms made long."""

    def __init__(self, shown: str, size: int) -> None:
        import yaml

        self.shown, self.left, self.text_left = shown, size // 2 + MORE_NODES, size + MORE_TEXT
        self.open: set[int] = set()
        self.resolver: Any = yaml.SafeLoader("")  # for scalars only: numbers, booleans, null as YAML 1.1 has them

    def wrong(self, node: Any, message: str) -> TemplateError:
        return TemplateError(f"{self.shown}:{node.start_mark.line + 1}: {message}")

    def build(self, node: Any, depth: int) -> Json:
        self.left -= 1
        if node.id == "scalar":
            self.text_left -= len(node.value)
        if self.left < 0 or self.text_left < 0:
            raise self.wrong(node, "aliases make more values than a template can have")
        if depth > MAX_DEPTH:
            raise self.wrong(node, f"nested deeper than {MAX_DEPTH} levels")
        if id(node) in self.open:
            raise self.wrong(node, "an alias contains itself")
        kind = type(node).__name__
        if kind == "ScalarNode":
            return self._tagged(node, self._scalar(node))
        self.open.add(id(node))
        try:
            value = (
                self._mapping(node, depth) if kind == "MappingNode" else [self.build(n, depth + 1) for n in node.value]
            )
        finally:
            self.open.discard(id(node))
        return self._tagged(node, value)

    def _scalar(self, node: Any) -> Json:
        if node.tag.startswith("!") or node.tag.endswith((":timestamp", ":binary", ":value", ":merge")):
            return node.value
        value = self.resolver.construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            raise self.wrong(node, f"{node.value} is not a number that a template can hold")
        return value

    def _mapping(self, node: Any, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise self.wrong(key, "merge keys (<<) are not CloudFormation")
            if type(key).__name__ != "ScalarNode":
                raise self.wrong(key, "a key is a string")
            if key.value in found:
                raise self.wrong(key, f"key '{key.value}' is there twice")
            found[key.value] = self.build(value, depth + 1)
        return found

    def _tagged(self, node: Any, value: Json) -> Json:
        if not node.tag.startswith("!") or node.tag == "!":
            return value
        name = node.tag[1:]
        if name not in _TAGS:
            raise self.wrong(node, f"no intrinsic function '{node.tag}'")
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_KEY = late(r"""(?:^|[{,\s])["']?([\w:.-]*\w)["']?\s*:\s*(?:[\[{&#\r\n]|$)""", re.MULTILINE)
_RESOURCES = late(r"""^\s*["']?Resources["']?\s*:""", re.MULTILINE)
_SECTION = late(r"""^([ \t]*)["']?Resources["']?[ \t]*:[ \t]*\{?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
_FIRST = late(r"^([ \t]*)[^\s#]", re.MULTILINE)


class Lines:
    """Logical id -> the line on which its resource begins; the file is looked through when first asked."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, int] = {}
        self._done: list[Callable[[str], None]] = []
        self._breaks: list[int] = []

    def __call__(self, logical_id: str) -> int | None:
        for look in (self._read_block, self._read_rest):
            if logical_id not in self._places and look not in self._done:
                self._done.append(look)
                look(self._text)
        at = self._places.get(logical_id)
        if at is not None and not self._breaks:
            self._breaks = [found.start() for found in re.finditer("\n", self._text)] or [len(self._text)]
        return None if at is None else bisect(self._breaks, at) + 1

    def _read_block(self, text: str) -> None:
        """Where each resource has a line of its own, as in most files: the keys of just the section's first level."""
        sections = list(_SECTION.finditer(text))
        if not sections:
            return
        section = min(sections, key=lambda found: len(found.group(1)))  # Metadata can have a key Resources, too
        first = _FIRST.search(text, section.end())
        if first is None or len(first.group(1)) <= len(section.group(1)):
            return
        end = re.compile(rf"^[ \t]{{0,{len(section.group(1))}}}[^\s#]", re.MULTILINE).search(text, first.start())
        keys = re.compile(
            rf"""^{first.group(1)}(?:("(?:[^"\\]|\\.)*")|'([^']*)'|([^\s"'#{{}}\[\]][^\n]*?))[ \t]*:(?=[\s{{\[]|$)""",
            re.MULTILINE,
        )
        for found in keys.finditer(text, first.start(), end.start() if end else len(text)):
            quoted, single, bare = found.groups()
            self._places.setdefault(_unquoted(quoted) if quoted else single or bare or "", found.start())

    def _read_rest(self, text: str) -> None:
        """What is written otherwise: on one line, or without a shape."""
        start = _RESOURCES.search(text) or re.search(r"""["']Resources["']\s*:""", text)
        if start is None:
            return
        for found in _KEY.finditer(text, start.end()):
            self._places.setdefault(found.group(1), found.start(1))


def _unquoted(key: str) -> str:
    try:
        return str(json.loads(key))
    except ValueError:  # YAML has escapes that JSON has not
        return key[1:-1]
