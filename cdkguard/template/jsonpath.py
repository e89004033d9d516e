"""Parses a JSONPath, once when a rule is loaded, into the plain steps that template.paths walks.

The steps are JSON, so that a prepared rule holds them and the parser is not loaded.
"""

from __future__ import annotations

import re

from cdkguard._typing import Any
from cdkguard.template.paths import Step
from cdkguard.text.regexes import lazy_pattern

# The common form, which needs no parser, and so no import of one.
_PLAIN = lazy_pattern(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\*\])*\Z")
_EACH = "each__element"  # the field name that stands for `[*]` while jsonpath-ng parses
MAX_DESCENTS = 2  # `..` in one path: each walks over all values that the one before it names


class PathError(ValueError):
    """The text is no JSONPath, or one that cdkguard does not understand."""


def parse_path(text: str) -> list[Step]:
    """The steps of a JSONPath such as `$.Properties.Tags[?(@.Key=='env')].Value`; raises PathError."""
    if _PLAIN.match(text):
        return [["*"] if part == "[*]" else ["f", part[1:]] for part in re.findall(r"\.\w+|\[\*\]", text)]

    from jsonpath_ng.ext.parser import parse as jsonpath_parse

    try:
        # jsonpath-ng reads `[*]` and `.*` alike; here the first names a list's elements, the second any members.
        steps = _steps_of(jsonpath_parse(text.replace("[*]", f".{_EACH}")))
    except PathError:
        raise
    except Exception as problem:  # jsonpath-ng raises its lexer's and parser's own and bare Exceptions
        raise PathError(f"'{text}' is not a JSONPath: {str(problem).splitlines()[0]}") from problem
    if steps.count([".."]) > MAX_DESCENTS:
        raise PathError(f"'{text}' has more than two '..', which can take very long")
    return steps


def _steps_of(node: Any) -> list[Step]:
    name = type(node).__name__
    if name in ("Root", "This"):
        return []
    if name == "Child":
        return _steps_of(node.left) + _steps_of(node.right)
    if name == "Descendants":
        return [*_steps_of(node.left), [".."], *_steps_of(node.right)]
    if name == "Wildcard":
        return [[".*"]]

    if name == "Fields":
        if tuple(node.fields) == ("*",):
            return [[".*"]]
        if tuple(node.fields) == (_EACH,):
            return [["*"]]
        if len(node.fields) == 1:
            return [["f", node.fields[0]]]

    if name == "Index":
        indices = getattr(node, "indices", None) or (node.index,)
        if len(indices) == 1:
            return [["i", int(indices[0])]]

    if name == "Filter" and len(node.expressions) == 1:
        expression = node.expressions[0]
        operator = "==" if expression.op == "=" else expression.op
        if operator in (None, "==", "!=") and isinstance(expression.value, str | int | float | None):
            return [["?", _steps_of(expression.target), operator, expression.value]]

    raise PathError(f"'{node}' is JSONPath that rules cannot use (fields, [*], [n], .*, .. and one [?(@.x=='y')] can)")
