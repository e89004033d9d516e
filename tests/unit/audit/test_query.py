"""A query reads the tables of a result, and nothing else in the world."""

import csv
import io
import json
import os

import pytest

from cdkguard.audit.results.query import ask, open_database, write_parquet
from cdkguard.audit.results.result import open_result
from cdkguard.audit.results.store import open_store
from cdkguard.audit.results.tables import TABLE_COLUMNS
from cdkguard.cli.main import main
from cdkguard.errors import ConfigError, InputError
from cdkguard.outputs.audit.answer import Answer
from cdkguard.outputs.render import Options, render
from tests.support.audit_results import header_of, many_units, unread_account, write_audit

duckdb = pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = str(tmp_path_factory.mktemp("audits") / "it's")
    units = [*many_units(2, ("eu-west-1",), 20), ("999900000000/-/role", [unread_account("999900000000")])]
    write_audit(place, units, header_of())
    return place


@pytest.fixture(scope="module")
def database(place):
    with open_database(place) as database:
        yield database


def answer(database, sql):
    return list(ask(database, sql).rows)


def test_every_row_is_there_with_its_columns(database):
    assert answer(database, "select count(*) from findings") == [(2 * 20 * 7,)]
    assert answer(database, "select count(*), sum(resources), bool_and(protected) from stacks") == [(40, 2000, True)]
    assert answer(database, "select kind, account, region from unread") == [("account", "999900000000", "")]
    assert answer(database, "select stacks, unread, compared_with from runs") == [(40, 1, None)]
    assert answer(database, "select count(*) from rules join findings on rules.id = findings.rule") == [(280,)]
    assert answer(database, "select tags['owner'] from stacks limit 1") == [("orders",)]
    assert answer(database, "select distinct first_seen from findings") == [("2030-01-31T12:30:00Z",)]


def test_every_table_is_described(database):
    for table, columns in TABLE_COLUMNS.items():
        assert list(ask(database, f"from {table}").columns) == list(columns)


@pytest.mark.parametrize(
    "sql",
    [
        "from read_csv('{}')", "from read_text('{}')", "from read_json('{}')", "from '{}'", "from read_parquet('{}')",
        "from glob('/*')", "from sniff_csv('{}')", "copy findings to '{}'", "copy (from '{}') to '/dev/null'",
        "export database '{}.d'", "import database '{}.d'", "attach '{}' as other", "attach ':memory:' as other; create table other.x (i int)",
        "install httpfs", "load httpfs", "load '{}'", "from read_csv('https://example.com/x.csv')", "set enable_external_access = true",
        "set lock_configuration = false", "reset enable_external_access", "pragma enable_external_access", "create secret s (type s3)",
        "drop table findings", "delete from findings", "insert into unread (run) values ('x')", "create table x as select 1",
        "select getenv('HOME')", "select 1; select 2", "", "selec", "select * from nowhere",
    ],
)  # fmt: skip
def test_nothing_else_can_be_read_written_or_set(database, tmp_path, sql):
    file = tmp_path / "file"
    file.write_text("secret\n1\n")
    with pytest.raises(ConfigError):
        answer(database, sql.replace("{}", str(file)))
    assert os.listdir(tmp_path) == ["file"] and file.read_text() == "secret\n1\n"


def test_a_query_that_fails_midway_is_an_error(database):
    with pytest.raises(ConfigError, match="Conversion Error"):
        answer(database, "select case when row_number() over () > 200 then cast(rule as int) end from findings")


def test_all_audits_of_a_folder_are_asked_at_once(tmp_path):
    for day in ("01", "08"):
        write_audit(str(tmp_path / day), list(many_units(1, ("eu-west-1",), 3)), header_of(1))
    (tmp_path / "notes").mkdir()
    with open_database(str(tmp_path)) as database:
        assert answer(database, "select run, count(*) from findings group by run order by run") == [
            ("01", 21),
            ("08", 21),
        ]


def test_an_audit_that_is_not_finished_is_told_and_left_out_only_where_that_is_asked(tmp_path, capsys):
    write_audit(str(tmp_path / "01"), list(many_units(1, ("eu-west-1",), 3)), header_of(1))
    open_store(str(tmp_path / "08")).begin(header_of(1))
    place = str(tmp_path)
    told = rf"holds 1 audit that was not finished \({place}/08\): finish .*--resume.*--finished"
    with pytest.raises(InputError, match=told), open_database(place):
        pass
    with pytest.raises(InputError, match=told):
        write_parquet(place, str(tmp_path / "parquet"))
    assert main(["audit", "query", place, "from unread"]) == 3
    assert capsys.readouterr().out == ""

    assert main(["audit", "query", place, "select run from runs", "--finished", "--output", "csv"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["run", "01"] and shown.err == f"cdkguard: not finished, so left out: {place}/08\n"


def test_a_folder_of_unfinished_audits_alone_is_an_error_whatever_is_asked(tmp_path):
    for day in ("01", "08"):
        open_store(str(tmp_path / day)).begin(header_of(1))
    with pytest.raises(InputError, match="2 audits that were not finished"), open_database(str(tmp_path), True):
        pass


def test_a_folder_of_audits_is_no_audit(tmp_path):
    write_audit(str(tmp_path / "01"), list(many_units(1, ("eu-west-1",), 3)), header_of(1))
    with pytest.raises(InputError, match=rf"holds no audit itself: name one of those in it \({tmp_path}/01\)"):
        open_result(str(tmp_path))


def test_a_place_without_an_audit_and_a_damaged_one_are_errors(tmp_path):
    with pytest.raises(InputError, match="holds no audit"), open_database(str(tmp_path)):
        pass
    write_audit(str(tmp_path), list(many_units(1, ("eu-west-1",), 3)), header_of(1))
    file = tmp_path / "findings/00000.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(InputError, match="check sum"), open_database(str(tmp_path)):
        pass


def test_a_disk_without_room_for_the_database_is_told(place, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fill(*_arguments):
        raise duckdb.IOException('Could not write file "audit.duckdb.wal": No space left on device')

    monkeypatch.setattr("cdkguard.audit.results.query._add_run", fill)
    told = rf"the database in {tmp_path} \(TMPDIR\) cannot be made: .*No space left"
    with pytest.raises(InputError, match=told), open_database(place):
        pass
    assert os.listdir(tmp_path) == []


def test_nothing_is_left_behind(place, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_database(place) as database:
        assert os.listdir(tmp_path)
        answer(database, "from findings order by message limit 3")
    assert os.listdir(tmp_path) == []


def test_parquet_holds_every_table(place, tmp_path):
    files = write_parquet(place, str(tmp_path / "it's"))
    assert sorted(map(os.path.basename, files)) == sorted(f"{table}.parquet" for table in TABLE_COLUMNS)
    path = str(tmp_path / "it's" / "findings.parquet").replace("'", "''")
    assert duckdb.sql(f"select count(*) from '{path}'").fetchall() == [(280,)]


# -- outputs of an answer

ROWS = Answer(("n", "who\x1b[2J"), [(1, "a,b"), (22, None), (333, "=1+1\n::error::x"), (4, "w" * 90)])


def of(name, answer):
    return render(name, answer, Options(), "answer")


def test_a_table_is_aligned_cut_and_harmless():
    lines = of("text", ROWS).splitlines()
    assert lines[:2] == [f"{'n':>3}  who\\x1b[2J", f"---  {'-' * 60}"]
    assert lines[2:5] == ["  1  a,b", " 22", "333  =1+1\\n::error::x"]
    assert lines[5] == f"  4  {'w' * 90}" and lines[6] == "(4 rows)"  # Nothing stands behind it that would move.


def test_a_long_text_is_cut_where_others_follow_and_that_is_said():
    lines = of("text", Answer(("who", "n"), [("w" * 90, 1)])).splitlines()
    assert lines[2] == f"{'w' * 57}...  1"
    assert lines[3] == "(1 row; longer texts are cut here, --output csv has them whole)"


def test_csv_and_json_hold_all_of_it():
    rows = list(csv.reader(io.StringIO(of("csv", ROWS))))
    assert rows[1:4] == [["1", "a,b"], ["22", ""], ["333", "'=1+1\\n::error::x"]]
    assert json.loads(of("json", ROWS))[1] == {"n": 22, "who\x1b[2J": None}
    assert json.loads(of("json", Answer(("n",), []))) == []
    assert of("text", Answer(("n",), [])).splitlines() == ["n", "-", "(0 rows)"]


def test_values_that_json_has_not_are_texts(database):
    found = ask(
        database,
        "select date '2030-01-31' d, 1.5::decimal(3,1) n, 'nan'::double x, [1, 2] l, {'a': date '2030-01-31'} s",
    )
    [row] = json.loads(of("json", found))
    assert row == {"d": "2030-01-31", "n": "1.5", "x": "nan", "l": [1, 2], "s": {"a": "2030-01-31"}}
