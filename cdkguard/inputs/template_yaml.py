"""Reads the text of a YAML template: bounded, without duplicate keys, with the short forms of intrinsic functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import math

import yaml

from cdkguard._typing import Any, Json
from cdkguard.errors import TemplateError
from cdkguard.template.functions import FUNCTIONS
from cdkguard.text.nesting import MAX_DEPTH, may_be_deep
from cdkguard.text.yaml_nodes import fast_loader, mistake_of

MORE_NODES, MORE_TEXT = 100_000, 1_000_000  # nodes and characters that aliases may add to a file
# Short forms that are no value of a resource: a loop, and functions of the section Rules.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
_OTHER_TAGS = ("ForEach", "Contains", "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll")


def parse_yaml(text: str, name: str) -> Json:
    """The value of a YAML document, short forms of intrinsic functions made long; `name` names it in errors.

    Raises TemplateError.
    """
    if may_be_deep(text):  # before composing: libyaml recurses in C, and nesting without end would crash the process
        raise TemplateError(f"{name}: nested deeper than {MAX_DEPTH} levels")
    try:
        node = yaml.compose(text, Loader=fast_loader())
        return _Builder(name, len(text)).build(node, 0) if node is not None else None
    except yaml.YAMLError as problem:
        line, words = mistake_of(problem)
        raise TemplateError(f"{name}:{line}: not YAML: {words}") from problem
    except RecursionError as problem:
        raise TemplateError(f"{name}: nested too deeply") from problem
    except ValueError as problem:
        raise TemplateError(f"{name}: {problem}") from problem


class _Builder:
    """Builds plain values of YAML nodes: aliases written out within bounds, short forms of functions made long."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        # An alias is written out each time, so that a small file could make a huge value: its parts are counted.
        self.nodes_left, self.characters_left = size // 2 + MORE_NODES, size + MORE_TEXT
        # The ids of the nodes around the one that is being built: an alias of one of them contains itself.
        self.unfinished: set[int] = set()
        self.long_names = {function.tag: function.name for function in FUNCTIONS.values()}
        self.resolver: Any = yaml.SafeLoader("")  # for scalars only: numbers, booleans, null as YAML 1.1 has them

    def error_at(self, node: Any, message: str) -> TemplateError:
        return TemplateError(f"{self.name}:{node.start_mark.line + 1}: {message}")

    def build(self, node: Any, depth: int) -> Json:
        self.nodes_left -= 1
        if node.id == "scalar":
            self.characters_left -= len(node.value)
        if self.nodes_left < 0 or self.characters_left < 0:
            raise self.error_at(node, "aliases make more values than a template can have")
        if depth > MAX_DEPTH:
            raise self.error_at(node, f"nested deeper than {MAX_DEPTH} levels")
        if id(node) in self.unfinished:
            raise self.error_at(node, "an alias contains itself")

        kind = type(node).__name__
        if kind == "ScalarNode":
            return self._expand_short_form(node, self._build_scalar(node))
        self.unfinished.add(id(node))
        try:
            value = (
                self._build_mapping(node, depth)
                if kind == "MappingNode"
                else [self.build(n, depth + 1) for n in node.value]
            )
        finally:
            self.unfinished.discard(id(node))
        return self._expand_short_form(node, value)

    def _build_scalar(self, node: Any) -> Json:
        if node.tag.startswith("!") or node.tag.endswith((":timestamp", ":binary", ":value", ":merge")):
            return node.value
        value = self.resolver.construct_object(node)
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error_at(node, f"{node.value} is not a number that a template can hold")
        return value

    def _build_mapping(self, node: Any, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise self.error_at(key, "merge keys (<<) are not CloudFormation")
            if type(key).__name__ != "ScalarNode":
                raise self.error_at(key, "a key is a string")
            if key.value in found:
                raise self.error_at(key, f"key '{key.value}' is there twice")
            found[key.value] = self.build(value, depth + 1)
        return found

    def _expand_short_form(self, node: Any, value: Json) -> Json:
        if not node.tag.startswith("!") or node.tag == "!":
            return value
        tag = node.tag[1:]
        name = self.long_names.get(tag) or (f"Fn::{tag}" if tag in _OTHER_TAGS else None)
        if name is None:
            raise self.error_at(node, f"no intrinsic function '{node.tag}'")
        if name == "Fn::GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name: value}
