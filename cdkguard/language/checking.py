"""Checks a requirement when its rule is loaded, and parses its paths; each mistake says by which keys it is reached."""

from __future__ import annotations

from collections.abc import Iterable

from cdkguard._typing import Json
from cdkguard.language.operands import find_operand_problem
from cdkguard.language.operators import OPERATORS
from cdkguard.language.vocabulary import BACKUP_KEYS, COMBINERS, OTHERWISE, QUANTIFIERS, RELATED_KEYS
from cdkguard.template import jsonpath
from cdkguard.template.paths import Step
from cdkguard.text.spelling import did_you_mean


class RequirementError(ValueError):
    """A mistake in a requirement; `keys` lead to it from the rule's top."""

    def __init__(self, message: str, keys: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.keys = keys


def prepare_requirement(
    node: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]
) -> Json:
    """Check a requirement, and return it as JSON with its paths parsed; raises RequirementError.

    `keys` lead to it from the rule's top, `parameters` and `sets` are the names that `{with: ...}` and `@set` may use.
    """
    if not isinstance(node, dict) or not node:
        raise RequirementError("a requirement is a mapping such as {path: $.Properties.X, equals: true}", keys)

    out: dict[str, Json] = {}
    for key, value in node.items():
        at = (*keys, key)
        if key in ("all", "any"):
            if not isinstance(value, list) or not value:
                raise RequirementError(f"'{key}' takes a list of requirements", at)
            out[key] = [prepare_requirement(part, (*at, i), parameters, sets) for i, part in enumerate(value)]
        elif key in ("not", "opens_together") or key in QUANTIFIERS:
            out[key] = prepare_requirement(value, at, parameters, sets)
        elif key in ("target", "referrer"):
            out[key] = _prepare_related(value, at, parameters, sets)
        elif key == "backup_selected":
            out[key] = _prepare_backup_selected(value, at)
        elif key == "path":
            out["steps"] = _prepare_path(value, at)
        elif key == "python":
            if not isinstance(value, str) or value.count(":") != 1:
                raise RequirementError("'python' takes 'package.module:function'", at)
            out[key] = value
        elif key in OPERATORS:
            out[key] = _prepare_operand(key, value, at, parameters, sets)
        else:
            known = [*OPERATORS, *COMBINERS, *QUANTIFIERS, "path"]
            raise RequirementError(
                f"no operator '{key}'{did_you_mean(str(key), known)}; there are: {', '.join(sorted(known))}", at
            )

    combined = [key for key in out if key in COMBINERS]
    if len(combined) > 1 or (combined and len(out) > 1):
        raise RequirementError(
            f"'{combined[0]}' stands alone in its mapping: put the others into an 'all' with it", keys
        )
    if not combined and not any(key in OPERATORS or key in QUANTIFIERS for key in out):
        raise RequirementError("a path needs an operator beside it", keys)
    return out


def _prepare_path(value: Json, keys: tuple[str | int, ...]) -> list[Step]:
    if not isinstance(value, str) or not value.startswith("$"):
        raise RequirementError(f"a path starts with '$', not {value!r}", keys)
    try:
        return jsonpath.parse_path(value)
    except jsonpath.PathError as problem:
        raise RequirementError(str(problem), keys) from problem


def _prepare_related(value: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]) -> Json:
    if not isinstance(value, dict) or "path" not in value or "types" not in value:
        raise RequirementError(f"'{keys[-1]}' takes {{path, types, satisfies}}", keys)
    for key in value:
        if key not in RELATED_KEYS:
            raise RequirementError(f"no key '{key}' here{did_you_mean(str(key), RELATED_KEYS)}", (*keys, key))
    for name in value["types"] if isinstance(value["types"], list) else [None]:
        if not isinstance(name, str) or name.startswith("@") and name[1:] not in sets:
            raise RequirementError("'types' is a list of resource types and @sets", (*keys, "types"))

    out = {
        "steps": _prepare_path(value["path"], (*keys, "path")),
        "types": value["types"],
        "otherwise": value.get("otherwise", "unknown"),
    }
    if not isinstance(out["otherwise"], str) or out["otherwise"] not in OTHERWISE:
        raise RequirementError("'otherwise' is pass, fail or unknown", (*keys, "otherwise"))
    if "named" in value:
        out["named"] = _prepare_path(value["named"], (*keys, "named"))
    if "satisfies" in value:
        out["satisfies"] = prepare_requirement(value["satisfies"], (*keys, "satisfies"), parameters, sets)
    return out


def _prepare_backup_selected(value: Json, keys: tuple[str | int, ...]) -> Json:
    if not isinstance(value, dict) or set(value) != {*BACKUP_KEYS} or ":" not in str(value["arn"]):
        raise RequirementError("'backup_selected' takes {arn: 'service:resource/', named, tags}", keys)
    steps = {key: _prepare_path(value[key], (*keys, key)) for key in ("named", "tags")}
    return {"arn": value["arn"], **steps}


def _prepare_operand(
    name: str, value: Json, keys: tuple[str | int, ...], parameters: Iterable[str], sets: Iterable[str]
) -> Json:
    if isinstance(value, dict) and list(value) == ["with"]:
        if not isinstance(value["with"], str) or value["with"] not in parameters:
            raise RequirementError(
                f"no parameter '{value['with']}'{did_you_mean(str(value['with']), parameters)}", keys
            )
        return value
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in sets:
            raise RequirementError(f"no named set '{value}'{did_you_mean(value[1:], sets)}", keys)
        return value
    problem = find_operand_problem(name, value)
    if problem:
        raise RequirementError(problem, keys)
    return value
