"""Prepared packs: kept in the cache, and made again where they are damaged or stale."""

import json
import os
import sys
from pathlib import Path

import pytest

import cdkguard.packs
from cdkguard.errors import RulePackError
from cdkguard.outputs.report_json import rule_document
from cdkguard.packs import folders
from cdkguard.packs.load import load_packs, prepare_pack
from cdkguard.packs.prepared import describe_rule
from cdkguard.packs.shipped import shipped_files
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


def test_a_wheel_holds_the_packs_of_the_checkout_word_for_word(tmp_path, monkeypatch):
    folder = folders.builtin_folder()
    texts = {path: folders.read_rule_file(path) for path in folders.find_rule_files(folder)}
    for path, content in shipped_files(prepare_pack(folder, texts, {})).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    checkout = load_packs()

    monkeypatch.setattr(folders, "builtin_folder", lambda: str(tmp_path / "rules"))
    monkeypatch.setattr(cdkguard.packs, "__path__", [*cdkguard.packs.__path__, str(tmp_path / "packs")])
    shipped = load_packs()
    assert shipped == checkout and [rule.report_entry for rule in shipped.rules] == [
        rule.report_entry for rule in checkout.rules
    ]

    (tmp_path / "rules/compiled.jsonl").write_bytes((tmp_path / "rules/compiled.jsonl").read_bytes()[:-1])
    with pytest.raises(RulePackError, match="damaged: install it again"):
        load_packs()
    sys.modules.pop("cdkguard.packs.builtin_heads")
    del cdkguard.packs.builtin_heads
