"""Prepared packs: kept in the cache, and made again where they are damaged or stale."""

import json
import os
from pathlib import Path

import pytest

from cdkguard.outputs.report_json import rule_document
from cdkguard.packs.load import load_packs
from cdkguard.packs.prepared import describe_rule
from tests.support.pack_files import RULE, write_pack

pytestmark = pytest.mark.usefixtures("own_cache")


def test_the_cache_is_json_is_used_and_a_damaged_one_is_rewritten(tmp_path):
    folder = write_pack(tmp_path, RULE.format(id="my-rule"))
    first = load_packs([folder])
    cached = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert cached and all(json.loads(line) for f in cached for line in f.read_text().strip().split("\n")[1:])
    for file in cached:
        file.write_text("{")
    assert load_packs([folder]) == first
    assert all(json.loads(line) for f in cached for line in f.read_text().strip().split("\n")[1:])


@pytest.mark.parametrize("change", [b"high", b"[]", b"AWS::"])
def test_a_cache_entry_that_is_not_what_was_written_is_not_believed(tmp_path, change):
    folder = write_pack(tmp_path, RULE.format(id="my-rule"))
    first = load_packs([folder])
    cached = [os.path.join(d, f) for d, _, fs in os.walk(tmp_path / "cache") for f in fs]
    for file in map(Path, cached):
        file.write_bytes(file.read_bytes().replace(change, change[::-1]))
    assert load_packs([folder]) == first


def test_a_changed_rule_file_is_read_again(tmp_path):
    text = RULE.format(id="my-rule")
    load_packs([write_pack(tmp_path, text)])
    loaded = load_packs([write_pack(tmp_path, text.replace("severity: high", "severity: low"))])
    assert next(r for r in loaded.rules if r.id == "my-rule").severity == "low"


def test_an_entry_of_a_report_says_what_the_rule_says():
    for rule in load_packs().rules:
        assert json.loads(rule.report_entry) == json.loads(json.dumps(rule_document(describe_rule(rule))))
        assert rule.report_entry.isascii() and b"\n" not in rule.report_entry
