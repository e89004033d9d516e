"""The environment variables that pydantic's settings classes read, by their fields.

https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from cdkguard._typing import NamedTuple
from cdkguard.preflight.env.reads import Read

_BASE = "BaseSettings"
_CONFIG = ("model_config", "Config")


class Field(NamedTuple):
    """A field of a class."""

    name: str
    line: int
    aliases: tuple[str, ...]  # names that stand for its own
    has_default: bool


class SettingsClass(NamedTuple):
    """A class, with what it says of fields and settings; only later is it known whether it is one of settings."""

    name: str
    bases: tuple[str, ...]
    fields: tuple[Field, ...]
    options: Mapping[str, object]
    file: str


def list_classes(file: str, text: str) -> Iterator[SettingsClass]:
    """The classes of a file that have a base; none where it cannot be parsed, which `read_python` says."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.bases:
            yield SettingsClass(node.name, tuple(_names(node.bases)), tuple(_fields(node)), _options(node), file)


def read_settings(classes: Iterable[SettingsClass]) -> Iterator[Read]:
    """The reads of all classes that descend from BaseSettings."""
    by_name: dict[str, SettingsClass] = {}
    for one in classes:
        by_name.setdefault(one.name, one)
    for one in by_name.values():
        line = list(_ancestors(one, by_name))
        if not any(_BASE in each.bases for each in line):
            continue
        options: dict[str, object] = {}
        for each in reversed(line):
            options |= each.options
        prefix, nested = str(options.get("env_prefix") or ""), str(options.get("env_nested_delimiter") or "")
        folds = options.get("case_sensitive") is not True
        for each in line:
            for field in each.fields:
                for name in field.aliases or (prefix + field.name,):
                    shown = name.upper() if folds else name
                    yield Read(shown, each.file, field.line, folds, field.has_default, nested)


def _ancestors(one: SettingsClass, by_name: Mapping[str, SettingsClass]) -> Iterator[SettingsClass]:
    """The class and those that it descends from, itself first."""
    seen: set[str] = set()
    waiting = [one.name]
    while waiting:
        name = waiting.pop(0)
        if name in by_name and name not in seen:
            seen.add(name)
            yield by_name[name]
            waiting += by_name[name].bases


def _names(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            name = item.target.id
            if not name.startswith("_") and name not in _CONFIG and "ClassVar" not in ast.unparse(item.annotation):
                yield Field(name, item.lineno, tuple(_aliases(item)), _has_default(item.value))


def _has_default(value: ast.expr | None) -> bool:
    """Whether the field has a value without the variable: `= 1`, `= Field(1)`, and not `= ...` or `= Field(alias="A")`."""
    if isinstance(value, ast.Call) and list(_names([value.func])) == ["Field"]:
        given = [*value.args[:1], *(k.value for k in value.keywords if k.arg in ("default", "default_factory"))]
        return any(map(_has_default, given))
    return value is not None and not (isinstance(value, ast.Constant) and value.value is ...)


def _aliases(item: ast.AnnAssign) -> Iterator[str]:
    """The names that `Field(alias=..., validation_alias=..., env=...)` gives, in the value or in Annotated."""
    for node in ast.walk(item):
        if isinstance(node, ast.Call) and list(_names([node.func])) == ["Field"]:
            found = {keyword.arg: keyword.value for keyword in node.keywords}
            chosen = found.get("validation_alias") or found.get("env") or found.get("alias")
            if chosen is not None:
                yield from (
                    each.value
                    for each in ast.walk(chosen)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


def _options(node: ast.ClassDef) -> dict[str, object]:
    """env_prefix and the like, from model_config, the inner class Config, or the class's own keywords."""
    found = _constants(node.keywords)
    for item in node.body:
        if isinstance(item, ast.Assign | ast.AnnAssign) and item.value is not None:
            targets = item.targets if isinstance(item, ast.Assign) else [item.target]
            if not any(isinstance(target, ast.Name) and target.id == "model_config" for target in targets):
                continue
            if isinstance(item.value, ast.Call):
                found |= _constants(item.value.keywords)
            elif isinstance(item.value, ast.Dict):
                pairs = zip(item.value.keys, item.value.values, strict=True)
                found |= {
                    str(key.value): value.value
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
                }
        elif isinstance(item, ast.ClassDef) and item.name == "Config":
            for inner in item.body:
                if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Constant):
                    found |= {target.id: inner.value.value for target in inner.targets if isinstance(target, ast.Name)}
    return found


def _constants(keywords: Iterable[ast.keyword]) -> dict[str, object]:
    return {k.arg: k.value.value for k in keywords if k.arg and isinstance(k.value, ast.Constant)}
