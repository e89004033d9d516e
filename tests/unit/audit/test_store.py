"""A result is whole or there is none, and its bytes do not depend on how it came about."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.audit.results.folder import LOCK, LocalFolder
from cdkguard.audit.results.line_files import TableWriter
from cdkguard.audit.results.result import open_result
from cdkguard.audit.results.store import open_store
from cdkguard.errors import ConfigError, InputError
from tests.support.audit_results import (
    RULES,
    finding,
    header_of,
    many_units,
    stack_row,
    unread_account,
    write_audit,
)
from tests.support.paths import ROOT

UNITS = list(many_units(2, ("eu-west-1", "us-east-1"), 30, per_unit=10))


def contents(place):
    """File -> bytes, without run.json."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in Path(place).rglob("*")
        if path.is_file() and path.name != "run.json"
    }


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    place = str(tmp_path_factory.mktemp("usual") / "audit")
    write_audit(place, UNITS, header_of())
    return place


# -- two audits into one place


def test_a_second_audit_is_kept_out_while_the_first_one_writes(tmp_path):
    place = str(tmp_path / "out")
    first, second = open_store(place), open_store(place)
    first.begin(header_of())
    for resume in (False, True):
        with pytest.raises(ConfigError, match="another audit is writing there now"):
            second.begin(header_of(), resume)
    first.close()
    with pytest.raises(ConfigError, match="--resume"):
        second.begin(header_of())
    assert second.begin(header_of(), resume=True)
    for unit, rows in UNITS:
        second.write_part(unit, rows)
    second.finish(header_of())
    assert not [name for name in os.listdir(place) if "lock" in name]


def test_a_process_that_is_killed_keeps_nobody_out(tmp_path):
    place = str(tmp_path / "out")
    code = "import os, sys; from cdkguard.audit.results.store import open_store; from tests.support.audit_results import header_of"
    code += "; open_store(sys.argv[1]).begin(header_of()); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code, place], cwd=ROOT).returncode == -9
    assert os.path.exists(os.path.join(place, LOCK))
    assert open_store(place).begin(header_of(), resume=True)


def test_of_two_audits_into_one_bucket_the_second_one_to_finish_leaves_the_result_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(LocalFolder, "hold", lambda self: True)  # A bucket has no locks.
    place = str(tmp_path / "out")
    first, second = open_store(place), open_store(place)
    first.begin(header_of())
    second.begin(header_of(), resume=True)
    for unit, rows in UNITS:
        first.write_part(unit, rows)
    first.finish(header_of())
    held = contents(place)
    for unit, rows in UNITS[:1]:
        second.write_part(unit, rows)
    with pytest.raises(InputError, match="another audit was finished there meanwhile"):
        second.finish(header_of())
    assert {name: content for name, content in contents(place).items() if not name.startswith("parts/")} == held


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(UNITS))), shuffle=st.randoms())
def test_the_order_of_units_and_rows_does_not_matter(usual, tmp_path_factory, order, shuffle):
    units = [(UNITS[at][0], shuffle.sample(UNITS[at][1], len(UNITS[at][1]))) for at in order]
    place = str(tmp_path_factory.mktemp("other"))
    write_audit(place, units, header_of())
    assert contents(place) == contents(usual)


def test_other_cuts_of_the_same_stacks_give_the_same_bytes(usual, tmp_path):
    units = list(many_units(2, ("eu-west-1", "us-east-1"), 30, per_unit=7))
    audit = write_audit(str(tmp_path), units, header_of(engine="dask, 8 workers"))
    assert contents(str(tmp_path)) == contents(usual)
    assert audit.summary.run.digest == open_result(usual).run.digest


def test_nothing_but_the_result_is_left(usual):
    assert sorted(contents(usual)) == ["findings/00000.jsonl.gz", "stacks/00000.jsonl.gz"]


def test_rows_are_sorted_and_whole(usual):
    rows = list(open_result(usual).rows("findings"))
    assert len(rows) == 2 * 2 * 30 * 7
    keys = [(row.account, row.region, row.stack) for row in rows]
    assert keys == sorted(keys)
    given_rows = {row for _unit, rows in UNITS for row in rows if hasattr(row, "fingerprint")}
    assert {row._replace(first_seen="") for row in rows} == given_rows


def test_the_summary_of_a_finished_result_is_that_of_its_making(tmp_path):
    audit = write_audit(str(tmp_path), [*UNITS, ("999900000000/-/role", [unread_account("999900000000")])], header_of())
    assert open_result(str(tmp_path)).audit().summary == audit.summary
    assert audit.summary.run.counts.unread == 1
    assert audit.summary.run.counts.stacks == 120


def test_a_file_does_not_hold_when_it_was_made(tmp_path):
    write_audit(str(tmp_path), UNITS[:1], header_of())
    packed = (tmp_path / "findings/00000.jsonl.gz").read_bytes()
    assert packed[:2] == b"\x1f\x8b" and packed[3] == 0 and packed[4:8] == bytes(4)


def test_a_table_of_many_rows_is_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr(TableWriter.__init__, "__defaults__", (100,))
    write_audit(str(tmp_path), UNITS, header_of())
    run = open_result(str(tmp_path)).run
    assert [file.rows for file in run.files if file.name.startswith("findings")] == [100] * 8 + [40]
    assert len(list(open_result(str(tmp_path)).rows("findings"))) == 840


# -- units


@pytest.mark.parametrize("unit", ["a/b", "a/b/c/d", "../b/c", "a/../c", "a//c", "a/b/", "a/b/c d", "a/b/c\n", ""])
def test_a_unit_whose_id_is_no_file_is_refused(tmp_path, unit):
    with pytest.raises(ValueError, match="no id of a unit"):
        open_store(str(tmp_path)).write_part(unit, [])


def test_a_row_of_another_place_is_refused(tmp_path):
    row = stack_row("111100000000", "eu-west-1", "Shop")
    with pytest.raises(ValueError, match="a row of account 111100000000, region eu-west-1"):
        open_store(str(tmp_path)).write_part("111100000000/us-east-1/1", [row])


def test_a_torn_part_is_none(tmp_path):
    store = open_store(str(tmp_path))
    for unit, rows in UNITS[:3]:
        store.write_part(unit, rows)
    torn = tmp_path / "parts" / f"{UNITS[1][0]}.jsonl.gz"
    torn.write_bytes(torn.read_bytes()[:-20])
    (tmp_path / "parts" / f"{UNITS[2][0]}x.jsonl.gz.0a1b.part").write_bytes(b"half")
    assert store.parts_present() == {UNITS[0][0], UNITS[2][0]}


def test_a_part_that_is_missing_stops_the_end(tmp_path):
    store = open_store(str(tmp_path))
    store.begin(header_of())
    store.write_part(*UNITS[0])
    with pytest.raises(InputError, match="is missing"):
        store.finish(header_of(), units=[UNITS[0][0], UNITS[1][0]])
    assert not (tmp_path / "run.json").exists()
    assert store.parts_present() == {UNITS[0][0]}


def test_parts_of_units_that_are_no_more_are_left_out(tmp_path):
    store = open_store(str(tmp_path))
    store.begin(header_of())
    for unit in UNITS[:2]:
        store.write_part(*unit)
    audit = store.finish(header_of(), units=[UNITS[1][0]])
    assert audit.summary.run.counts.stacks == 10
    assert not (tmp_path / "parts").exists()


# -- beginning, and going on


def test_an_audit_goes_on_where_it_was(tmp_path):
    place = str(tmp_path)
    store = open_store(place)
    store.begin(header_of())
    for unit in UNITS[:5]:
        store.write_part(*unit)
    store.close()
    again = open_store(place)
    kept = again.begin(header_of(started="2030-02-01T00:00:00Z"), resume=True)
    assert kept.started == header_of().started
    for unit, rows in UNITS:
        if unit not in again.parts_present():
            again.write_part(unit, rows)
    again.finish(kept)
    with pytest.raises(ConfigError, match="holds a finished audit"):
        again.begin(header_of(), resume=True)


def test_an_unfinished_audit_is_not_written_over_and_not_read(tmp_path):
    open_store(str(tmp_path)).begin(header_of())
    with pytest.raises(ConfigError, match="--resume goes on with it"):
        open_store(str(tmp_path)).begin(header_of())
    with pytest.raises(InputError, match="was not finished"):
        open_result(str(tmp_path))


@pytest.mark.parametrize(
    ("field", "other", "message"),
    [
        ("version", "2.0.0", "was begun by cdkguard 1.0.0, this is 2.0.0"),
        ("rules_digest", f"1.0.0+{'b' * 64}-{'c' * 16}", r"other rules or another configuration \(aaaaaaaa-cccccccc; now bbbbbbbb-cccccccc\)"),
        ("rules_digest", f"1.0.0+{'a' * 64}-{'d' * 16}", r"\(aaaaaaaa-cccccccc; now aaaaaaaa-dddddddd\)"),
    ],
)  # fmt: skip
def test_an_audit_does_not_go_on_with_other_rules(tmp_path, field, other, message):
    header = header_of(rules_digest=f"1.0.0+{'a' * 64}-{'c' * 16}")
    open_store(str(tmp_path)).begin(header)
    with pytest.raises(ConfigError, match=message):
        open_store(str(tmp_path)).begin(header._replace(**{field: other}), resume=True)


def test_what_an_earlier_end_left_behind_is_removed(tmp_path):
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings/00000.jsonl.gz").write_bytes(b"old")
    (tmp_path / "findings/00007.jsonl.gz").write_bytes(b"old")
    write_audit(str(tmp_path), UNITS[:1], header_of())
    assert os.listdir(tmp_path / "findings") == ["00000.jsonl.gz"]


# -- damage


@pytest.mark.parametrize("damage", ["missing", "changed", "cut"])
def test_a_damaged_result_is_not_read(tmp_path, damage):
    write_audit(str(tmp_path), UNITS, header_of())
    path = tmp_path / "findings/00000.jsonl.gz"
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        path.write_bytes(gzip.compress(b"".join(lines[1:])))
    with pytest.raises(InputError, match="is missing|is not what the audit wrote"):
        open_result(str(tmp_path)).summarize()


@pytest.mark.parametrize(
    "change, words",
    [
        ({"audit_version": "2.0"}, "of version 2.0"),
        ({"counts": None}, "not what `cdkguard audit run` writes"),
        ({"files": [{"name": 1}]}, "not what `cdkguard audit run` writes"),
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path, change, words):
    write_audit(str(tmp_path), UNITS[:1], header_of())
    path = tmp_path / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=words):
        open_result(str(tmp_path))


def test_fields_of_a_later_minor_version_are_passed_over(tmp_path):
    write_audit(str(tmp_path), UNITS[:1], header_of())
    path = tmp_path / "run.json"
    document = json.loads(path.read_text()) | {"audit_version": "1.9", "weather": "fine"}
    document["counts"]["weather"] = 1
    path.write_text(json.dumps(document))
    assert open_result(str(tmp_path)).run.counts.stacks == 10


def test_a_place_without_an_audit_says_so(tmp_path):
    with pytest.raises(InputError, match="holds no audit"):
        open_result(str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="a folder, or at s3://"):
        open_store("gs://bucket/x")


def test_texts_that_no_database_takes_are_made_harmless(tmp_path):
    stack = stack_row("111100000000", "eu-west-1", "Shop")
    rows = [stack, finding(stack, RULES[0], message="a\x00b\ud800c\nd‮")]
    write_audit(str(tmp_path), [("111100000000/eu-west-1/1", rows)], header_of())
    [row] = open_result(str(tmp_path)).rows("findings")
    assert row.message == "a\ufffdb\ufffdc\nd‮"
