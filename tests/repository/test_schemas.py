"""The shipped schemas agree with the loaders and the writers, and their addresses stay."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from fnmatch import fnmatchcase

import jsonschema
import pytest
import referencing
import yaml

from cdkguard.cli import init
from cdkguard.cli.schema import schema_names
from cdkguard.config import accepted, approvals
from cdkguard.config.preflight import RECORDS
from cdkguard.config.settings import ACCEPTED
from cdkguard.outputs import report_json
from cdkguard.outputs.audit.record import AUDIT_VERSION, FindingRow, StackRow, UnreadRow
from cdkguard.outputs.diff import json as diff_json
from cdkguard.outputs.fleet import json as fleet_json
from cdkguard.outputs.plan import json as plan_json
from cdkguard.outputs.preflight import json as preflight_json
from cdkguard.preflight.records import VerifiedRecord, write_record
from cdkguard.text.addresses import editor_line, schema_address
from tests.support import audit_results
from tests.support.paths import ROOT

RULES = sorted(p for p in (ROOT / "rules").rglob("*.yaml") if p.name != "sets.yaml")
SCHEMAS = {
    name: json.loads((ROOT / f"cdkguard/schemas/{name}.schema.json").read_text(encoding="utf-8"))
    for name in schema_names()
}
REGISTRY = referencing.Registry().with_resources(
    (schema["$id"], referencing.Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
# The format's number is a part of the address, so that the schema of an older format stays where it is.
VERSIONS = {
    "audit": AUDIT_VERSION,
    "accepted": str(accepted.VERSION),
    "diff": diff_json.SCHEMA_VERSION,
    "fleet": fleet_json.FLEET_VERSION,
    "plan": plan_json.PLAN_VERSION,
    "preflight": preflight_json.PREFLIGHT_VERSION,
    "report": report_json.SCHEMA_VERSION,
}
WRITTEN_BY_HAND = {"approvals", "config", "preflight-records", "rule"}


def validate(name: str, document: object) -> None:
    schema = SCHEMAS[name]
    jsonschema.validators.validator_for(schema)(schema, registry=REGISTRY).validate(document)


def test_the_rule_schema_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/make_rule_schema.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", RULES, ids=lambda p: p.stem)
def test_built_in_rules_are_valid_by_the_schema(path) -> None:
    validate("rule", yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name) -> None:
    jsonschema.validators.validator_for(SCHEMAS[name]).check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_id_of_a_schema_is_its_address_with_the_number_of_its_format(name) -> None:
    if name in WRITTEN_BY_HAND:
        address = schema_address(name)
    else:
        address = schema_address(f"{name}-{VERSIONS[name].partition('.')[0]}")
    assert SCHEMAS[name]["$id"] == address


def references(node: object):
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_a_schema_refers_to_is_there(name) -> None:
    resolver = REGISTRY.resolver(SCHEMAS[name]["$id"])
    assert all(resolver.lookup(reference).contents for reference in references(SCHEMAS[name]))


@pytest.mark.parametrize("name", ["audit", "diff", "fleet", "plan", "preflight", "report"])
def test_what_is_written_is_valid_by_its_schema(name) -> None:
    validate(name, json.loads((ROOT / f"tests/golden/{name}.json").read_text(encoding="utf-8")))


def test_the_schema_of_an_audit_has_the_fields_of_its_rows(tmp_path) -> None:
    definitions = SCHEMAS["audit"]["$defs"]
    for name, kind in (("finding", FindingRow), ("stack", StackRow), ("unread", UnreadRow)):
        assert tuple(definitions[name]["properties"]) == kind._fields
    audit_results.write_audit(
        str(tmp_path), list(audit_results.many_units(1, ("eu-west-1",), 2)), audit_results.header_of(1)
    )
    validate("audit", json.loads((tmp_path / "run.json").read_text(encoding="utf-8")))
    for table in ("findings", "stacks"):
        for line in gzip.decompress((tmp_path / table / "00000.jsonl.gz").read_bytes()).splitlines():
            validate("audit", json.loads(line))
    with pytest.raises(jsonschema.ValidationError):
        validate("audit", {"account": "1"})


APPROVAL = approvals.Approval("Shop", "WILL_REPLACE", "4f2a", "moved", "ana", "2030-01-31", "", "Table", rules=("x",))


def test_an_approval_is_valid_by_its_schema_and_names_it() -> None:
    text = approvals.render_approvals([APPROVAL, APPROVAL._replace(logical_id=None, construct=None, rules=())])
    assert text.startswith(editor_line("approvals"))
    validate("approvals", yaml.safe_load(text))


def test_the_schema_of_approvals_has_the_keys_of_the_loader() -> None:
    assert tuple(SCHEMAS["approvals"]["$defs"]["approval"]["properties"]) == approvals.KEYS
    for key in ("reason", "change"):
        row = {"stack": "S", "impact": "I", "change": "c", "reason": "r", "owner": "o", "expires": "2030-01-31"}
        validate("approvals", {"approvals": [row]})
        del row[key]
        with pytest.raises(jsonschema.ValidationError):
            validate("approvals", {"approvals": [row]})


def test_a_record_is_valid_by_its_schema_and_names_it(tmp_path) -> None:
    file = tmp_path / RECORDS
    write_record(str(file), VerifiedRecord("staging", "ana", "2030-01-31", "4f2a", "99aa", "paid an order"))
    text = file.read_text(encoding="utf-8")
    assert text.startswith(editor_line("preflight-records"))
    validate("preflight-records", yaml.safe_load(text))


def test_accepted_findings_are_valid_by_their_schema(tmp_path) -> None:
    file = tmp_path / ACCEPTED
    row = {"ruleId": "x", "severity": "high", "since": "2026-11-29", "fingerprint": "f", "constructPath": None}
    accepted.write_rows(str(file), [row, {**row, "fingerprint": "g", "reason": "known"}])
    validate("accepted", json.loads(file.read_text(encoding="utf-8")))


def test_a_new_configuration_is_valid_by_its_schema_and_names_it() -> None:
    text = init.render_configuration({})
    assert text.startswith(editor_line("config"))
    validate("config", yaml.safe_load(text))


def test_the_entries_for_the_schema_store_name_our_files_and_our_schemas() -> None:
    entries = json.loads((ROOT / "docs/development/schemastore.json").read_text(encoding="utf-8"))
    assert {entry["url"] for entry in entries} == {
        SCHEMAS[name]["$id"] for name in ("accepted", "approvals", "config", "preflight-records", "rule")
    }
    for file in (init.FILE, approvals.FILE, RECORDS, ACCEPTED, "s3-owner.cdkguard-rule.yaml"):
        matching = [e for e in entries if any(fnmatchcase(file, pattern) for pattern in e["fileMatch"])]
        assert len(matching) == 1, file
    assert all(set(entry) == {"name", "description", "fileMatch", "url"} for entry in entries)
