"""The table of calls of the SDK: its types and properties are CloudFormation's, and every candidate is decided."""

import importlib.util
import json
from importlib.metadata import version

import pytest

from cdkguard.packs.load import load_packs
from tests.repository.test_schema_tables import needs_the_pinned_schemas
from tests.support.paths import ROOT

TABLE = json.loads((ROOT / "cdkguard/data/sdk_calls.json").read_text())
ROWS = [
    (service, action, *((row, {}) if isinstance(row, str) else row))
    for service, calls in TABLE["stands_for"].items()
    for action, row in calls.items()
]


@pytest.fixture(scope="module")
def maker():
    pytest.importorskip("botocore")
    spec = importlib.util.spec_from_file_location("make_sdk_calls", ROOT / "tools/sdk_calls/make_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_the_pinned_schemas
def test_types_and_properties_are_those_of_the_schemas(maker):
    schemas = maker.read_schemas({kind for _service, _action, kind, _renamed in ROWS})
    for service, action, kind, renamed in ROWS:
        properties = schemas[kind]["properties"]
        for member, target in renamed.items():
            name = member[1:] if member.startswith("=") else target
            if member != "=Attribute" and name not in ("*", "@permissions"):
                assert name.rstrip("[]^").partition(".")[0] in properties, f"{service}.{action}: {kind} has no {name}"


def test_every_call_that_deletes_what_holds_data_or_protects_is_decided(maker):
    if TABLE["_"]["cfn_lint"] == version("cfn-lint"):
        packs = load_packs()
        kinds = packs.sets["stateful"] | packs.sets["stateful-more"] | packs.sets["safeguards"]
        assert maker.make_sets(maker.read_schemas(kinds), packs) == maker.SETS.read_text(), "run the maker"
