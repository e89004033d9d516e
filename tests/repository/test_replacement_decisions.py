"""The replacement table beside what AWS says of the types that hold data: each difference is decided, with a source."""

import csv
import importlib.util
import json
from importlib.metadata import version

import pytest
import yaml

from tests.support.paths import ROOT

_spec = importlib.util.spec_from_file_location("compare_sources", ROOT / "tools/replacement/compare_sources.py")
compare_sources = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compare_sources)

with compare_sources.DECISIONS.open(newline="", encoding="utf-8") as handle:
    ROWS = list(csv.DictReader(handle, delimiter="\t"))
TABLE = json.loads((ROOT / "cdkguard/data/replacement.json").read_text())
SAID = ("table", "schema", "service", "spec", "docs")


def test_every_row_has_a_decision_and_a_source():
    assert list(ROWS[0]) == compare_sources.FIELDS
    places = [(row["type"], row["property"]) for row in ROWS]
    assert places == sorted(set(places))
    for row in ROWS:
        assert row["decision"] not in ("", "?") and row["source"] not in ("", "?"), row


def test_every_row_is_a_difference_of_a_type_that_holds_data():
    kinds = set(compare_sources.data_types())
    for row in ROWS:
        assert row["type"] in kinds, row
        assert compare_sources.differs([row[name] for name in SAID]), row


def test_every_row_says_what_the_table_says():
    for row in ROWS:
        assert compare_sources.look_up(compare_sources.read_rows(TABLE.get(row["type"], ())), row["property"]) == row["table"], row  # fmt: skip


def test_a_decision_names_the_word_of_the_table():
    for row in ROWS:
        assert row["decision"].startswith((f"{row['table']}: ", "by the update policy ")), row


def test_the_corrections_of_data_types_are_decided():
    overlay = yaml.safe_load((ROOT / "tools/replacement/overlay.yaml").read_text())
    kinds, decided = set(compare_sources.data_types()), {row["type"] for row in ROWS}
    assert {entry["type"] for entry in overlay} & kinds <= decided | {"AWS::Cognito::UserPool"}


@pytest.mark.skipif(importlib.util.find_spec("cfnlint") is None, reason="cfn-lint is not installed")
@pytest.mark.skipif(TABLE["_"]["cfn_lint"] != version("cfn-lint"), reason="the table was made with another cfn-lint")
def test_every_difference_from_the_provider_schemas_is_decided():
    schemas, _date = compare_sources.provider_schemas()
    decided = {(row["type"], row["property"]): (row["table"], row["schema"]) for row in ROWS}
    for kind in compare_sources.data_types():
        for path, words in compare_sources.find_differences(kind, TABLE, schemas.get(kind), None, {}):
            assert decided.get((kind, path)) == words[:2], f"{kind} {path}: run tools/replacement/compare_sources.py"
