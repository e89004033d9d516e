"""`cdkguard audit show`, `diff` and `query`: exit statuses, outputs, and what is refused."""

import json

import pytest

from cdkguard.cli import main as cli
from tests.support.audit_results import RULES, account_of, finding, header_of, stack_row, unread_account, write_audit

A = account_of(0)


def write(place, *rules, unread=False, since=None, started="2030-01-31T12:30:00Z", updated="2029-12-01T00:00:00Z"):
    stack = stack_row(A, "eu-west-1", "Shop", updated=updated)
    rows = [stack, *(finding(stack, rule) for rule in rules)]
    units = [(f"{A}/eu-west-1/1", rows)]
    units += [(f"{account_of(1)}/-/role", [unread_account(account_of(1))])] if unread else []
    write_audit(str(place), units, header_of(2, started=started), since and str(since))
    return str(place)


@pytest.mark.parametrize(
    "rules, unread, options, status",
    [
        ((), False, [], 0),
        ((RULES[0],), False, [], 1),
        ((RULES[3],), False, [], 0),
        ((RULES[3],), False, ["--fail-on", "medium"], 1),
        ((RULES[0],), False, ["--fail-on", "never"], 0),
        ((), True, [], 3),
        ((RULES[0],), True, ["--fail-on", "never"], 3),
    ],
)
def test_the_status_is_that_of_a_check(tmp_path, capsys, rules, unread, options, status):
    place = write(tmp_path / "a", *rules, unread=unread)
    assert cli.main(["audit", "show", place, *options]) == status
    last = capsys.readouterr().out.splitlines()
    assert any(line.startswith("failed: " if status else "passed: ") for line in last)


@pytest.mark.parametrize(
    "old, new, options, status",
    [
        ((RULES[0],), (RULES[0],), [], 0),
        ((RULES[0],), (RULES[0],), ["--gate", "all"], 1),
        ((), (RULES[0],), [], 1),
        ((), (RULES[3],), [], 0),
        ((), (RULES[3],), ["--fail-on", "low"], 1),
        ((RULES[0],), (), [], 0),
    ],
)
def test_a_comparison_asks_for_new_findings(tmp_path, capsys, old, new, options, status):
    before = write(tmp_path / "a", *old)
    after = write(tmp_path / "b", *new, started="2030-02-07T12:30:00Z", updated="2030-02-01T00:00:00Z")
    assert cli.main(["audit", "diff", before, after, *options]) == status
    assert "2030-01-31" in capsys.readouterr().out


def test_a_comparison_with_something_unread_never_passes(tmp_path):
    before = write(tmp_path / "a")
    assert cli.main(["audit", "diff", before, write(tmp_path / "b", unread=True)]) == 3


def test_the_wrong_order_is_said(tmp_path, capsys):
    before = write(tmp_path / "a")
    after = write(tmp_path / "b", started="2030-02-07T12:30:00Z")
    cli.main(["audit", "diff", after, before])
    assert "OLD comes first" in capsys.readouterr().err


def test_every_format_is_written_at_once(tmp_path, capsys):
    place = write(tmp_path / "a", RULES[0])
    names = {"html": "a.html", "csv": "a.csv", "ocsf": "a.ocsf", "asff": "a.asff", "json": "a.json"}
    outputs = [f"--output={name}={tmp_path / file}" for name, file in names.items()]
    assert cli.main(["audit", "show", place, *outputs, "--output", "text"]) == 1
    assert "data-retention" in capsys.readouterr().out
    for file in names.values():
        assert "data-retention" in (tmp_path / file).read_text()
    assert json.loads((tmp_path / "a.json").read_text())["place"] == place


def test_an_output_of_a_damaged_result_is_not_written(tmp_path, capsys):
    place = write(tmp_path / "a", RULES[0])
    (tmp_path / "a/findings/00000.jsonl.gz").write_bytes(b"")
    assert cli.main(["audit", "show", place, f"--output=csv={tmp_path / 'a.csv'}"]) == 3
    assert "check sum" in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "argv, status, words",
    [
        (["show", "nowhere"], 3, "holds no audit"),
        (["show", "gs://x/y"], 2, "s3://BUCKET/PREFIX"),
        (["show", "{}", "--output", "sarif"], 2, "no output format 'sarif'"),
        (["show", "{}", "--output", "html=/nonexistent/x"], 2, "cannot be written"),
        (["diff", "{}", "nowhere"], 3, "holds no audit"),
        (["query", "{}"], 2, "one of SQL, --tables and --parquet"),
        (["query", "{}", "select 1", "--tables"], 2, "one of SQL, --tables and --parquet"),
        (["query", "{}", "selec"], 2, "syntax error"),
        (["query", "nowhere", "select 1"], 3, "holds no audit"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, capsys, argv, status, words):
    if words in ("syntax error", "holds no audit"):
        pytest.importorskip("duckdb")
    place = write(tmp_path / "a")
    assert cli.main(["audit", *(word.replace("{}", place) for word in argv)]) == status
    assert words in capsys.readouterr().err


def test_a_query_is_answered(tmp_path, capsys):
    pytest.importorskip("duckdb")
    place = write(tmp_path / "a", RULES[0])
    assert cli.main(["audit", "query", place, "select rule from findings", "--format", "csv"]) == 0
    assert capsys.readouterr().out.split() == ["rule", "data-retention"]
    assert cli.main(["audit", "query", place, "--parquet", str(tmp_path / "p")]) == 0
    assert (tmp_path / "p/findings.parquet").exists()


def test_the_tables_are_listed_without_a_database(tmp_path, capsys):
    assert cli.main(["audit", "query", str(tmp_path), "--tables"]) == 0
    assert "findings: every finding" in capsys.readouterr().out


def test_without_duckdb_a_query_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    assert cli.main(["audit", "query", write(tmp_path / "a"), "from unread"]) == 2
    assert "pip install 'cdkguard[query]'" in capsys.readouterr().err
