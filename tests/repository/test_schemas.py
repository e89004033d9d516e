"""The shipped schemas agree with the loaders."""

import json
import subprocess
import sys

import jsonschema
import pytest
import yaml

from tests.support.paths import ROOT

RULES = sorted(p for p in (ROOT / "rules").rglob("*.yaml") if p.name != "sets.yaml")


def test_the_rule_schema_is_up_to_date():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/make_rule_schema.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", RULES, ids=lambda p: p.stem)
def test_built_in_rules_are_valid_by_the_schema(path):
    schema = json.loads((ROOT / "cdkguard/schemas/rule.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)


@pytest.mark.parametrize("name", ["rule", "config", "report", "plan", "preflight"])
def test_schemas_are_schemas(name):
    schema = json.loads((ROOT / f"cdkguard/schemas/{name}.schema.json").read_text())
    jsonschema.validators.validator_for(schema).check_schema(schema)
