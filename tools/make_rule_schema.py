"""Writes cdkguard/schemas/rule.schema.json from the tables that the loader itself uses; `--check` fails on drift."""

import json
import sys
from pathlib import Path

from cdkguard.language import vocabulary
from cdkguard.language.operators import OPERATORS
from cdkguard.model import IMPACTS, SEVERITIES, STACK_IMPACTS, WIDENING_KINDS
from cdkguard.text.addresses import schema_address

FILE = Path(__file__).parents[1] / "cdkguard" / "schemas" / "rule.schema.json"


def schema():
    strings = {"type": "array", "items": {"type": "string"}}
    advice = {key: {"type": "string"} for key in ("text", *vocabulary.REMEDY_LANGUAGES)}
    severity = {"enum": list(SEVERITIES)}
    severities = {"anyOf": [severity, {"type": "object", "required": ["default"], "additionalProperties": severity}]}
    requirement = {"$ref": "#/definitions/requirement"}
    related = {
        "type": "object", "required": ["path", "types"], "additionalProperties": False,
        "properties": {"path": {"$ref": "#/definitions/path"}, "types": strings, "named": {"$ref": "#/definitions/path"},
                       "satisfies": requirement,
                       "otherwise": {"enum": list(vocabulary.OTHERWISE)}},
    }  # fmt: skip
    parts = {
        "path": {"$ref": "#/definitions/path"},
        **{name: operand(record) for name, record in OPERATORS.items()},
        **{name: requirement for name in (*vocabulary.QUANTIFIERS, "not", "opens_together")},
        **{name: {"type": "array", "items": requirement, "minItems": 1} for name in ("all", "any")},
        **{name: related for name in ("target", "referrer")},
        "backup_selected": {
            "type": "object",
            "required": list(vocabulary.BACKUP_KEYS),
            "additionalProperties": False,
            "properties": dict.fromkeys(vocabulary.BACKUP_KEYS, {"type": "string"}),
        },
        "python": {"type": "string", "pattern": "^[\\w.]+:\\w+$"},
    }
    properties = {
        "id": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "title": {"type": "string"},
        "problem": {"type": "string", "maxLength": 72},
        "severity": severities,
        "weights": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": list(vocabulary.WEIGHT_NEEDED), "additionalProperties": False,
            "properties": {"where": requirement, "severity": severities,
                           **dict.fromkeys(("message", "under"), {"type": "string"})}}},
        "profiles": {"type": "array", "items": {"enum": list(vocabulary.PROFILES)}},
        "scope": {"enum": list(vocabulary.SCOPES)},
        "types": strings, "environments": strings, "where": requirement, "require": requirement, "forbid": requirement,
        "on_change": {"type": "array", "items": {"enum": [*IMPACTS, *STACK_IMPACTS]}, "minItems": 1},
        "weakens": {"anyOf": [
            {"type": "object", "required": ["rules"], "additionalProperties": False,
             "properties": dict.fromkeys(vocabulary.WEAKENS_RULES, strings)},
            {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["path", "by"], "additionalProperties": False,
                "properties": {"path": {"$ref": "#/definitions/path"}, "by": {"enum": list(vocabulary.DIRECTIONS)},
                               "types": strings, "order": {"type": "array"}, "default": {},
                               "inside": {"type": ["boolean", "string"]}, "beside": strings,
                               "unset": {"type": "string"},
                               "unit": {"type": "string"}, "elements": {"enum": list(vocabulary.ELEMENTS)}}}},
        ]},
        "widens": {"anyOf": [{"const": True}, {"type": "array", "items": {"enum": list(WIDENING_KINDS)}, "minItems": 1}]},
        "on_unknown": {"enum": list(vocabulary.ON_UNKNOWN)}, "checklist": {"enum": list(vocabulary.CHECKLIST)},
        "message": {"type": "string"}, "why": {"type": "string"},
        "remedy": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["text"], "additionalProperties": False,
                   "properties": {**advice, "cases": {"type": "array", "minItems": 1, "items": {
                       "type": "object", "required": list(vocabulary.REMEDY_CASE_NEEDED), "additionalProperties": False,
                       "properties": {**advice, "where": {"$ref": "#/definitions/requirement"}}}}}}]},
        "references": strings, "equivalents": {"type": "object", "additionalProperties": strings}, "covers": strings,
        "with": {"type": "object"}, "secret": {"type": "boolean"},
        "examples": {"type": "object", "additionalProperties": False, "required": ["pass", "fail"],
                     "properties": {k: {"type": "array"} for k in vocabulary.EXAMPLES}},
    }  # fmt: skip
    assert set(properties) == set(vocabulary.KEYS), set(properties) ^ set(vocabulary.KEYS)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": schema_address("rule"),
        "title": "A rule of cdkguard",
        "type": "object",
        "required": list(vocabulary.NEEDED_KEYS),
        "additionalProperties": False,
        "properties": properties,
        "definitions": {
            "path": {"type": "string", "pattern": "^\\$"},
            "requirement": {"type": "object", "minProperties": 1, "additionalProperties": False, "properties": parts},
        },
    }


def operand(operator):
    """What an editor shows of an operand; `{with: ...}` and `@set` may stand for any, so that its type is left open."""
    return {} if operator.operand == vocabulary.ANYTHING else {"description": operator.operand}


def main():
    text = json.dumps(schema(), indent=2) + "\n"
    if "--check" in sys.argv:
        return 0 if FILE.read_text() == text else f"{FILE.name} is stale: run tools/make_rule_schema.py"
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
