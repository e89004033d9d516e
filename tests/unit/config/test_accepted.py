"""The file of accepted findings."""

import json
import os

import pytest

from cdkguard.config import accepted
from cdkguard.errors import BaselineError
from cdkguard.model import AcceptedFinding, Finding, Outcome


def finding(n, **options):
    return Finding(
        f"rule-{n}",
        Outcome.FAIL,
        "high",
        "m",
        "S",
        "S",
        "t.json",
        "prod",
        logical_id=f"L{n}",
        construct_path=f"S/é{n}",
        fingerprint=f"{n:024x}",
        **options,
    )


def test_what_is_written_is_read(tmp_path):
    path = str(tmp_path / "b.json")
    accepted.write_accepted(path, [finding(2), finding(1), finding(1)], "2026-01-02")
    assert accepted.read_accepted(path) == {
        f"{n:024x}": AcceptedFinding(f"rule-{n}", "2026-01-02", "high") for n in (1, 2)
    }
    assert os.listdir(tmp_path) == ["b.json"]


def test_a_person_can_review_the_file(tmp_path):
    path = tmp_path / "b.json"
    accepted.write_accepted(str(path), [finding(1)], "2026-01-02")
    assert path.read_text(encoding="utf-8") == (
        '{\n  "version": 2,\n  "findings": [\n    {\n      "ruleId": "rule-1",\n      "severity": "high",\n      "stack": "S",\n'
        '      "constructPath": "S/é1",\n      "logicalId": "L1",\n      "since": "2026-01-02",\n'
        '      "fingerprint": "000000000000000000000001"\n    }\n  ]\n}\n'
    )


def test_the_order_of_the_findings_makes_no_difference(tmp_path):
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    accepted.write_accepted(str(one), map(finding, range(5)), "2026-01-02")
    accepted.write_accepted(str(two), map(finding, reversed(range(5))), "2026-01-02")
    assert one.read_text() == two.read_text()


def test_findings_that_stay_keep_their_date(tmp_path):
    path = tmp_path / "b.json"
    accepted.write_accepted(str(path), [finding(1), finding(2)], "2026-01-02")
    accepted.write_accepted(str(path), [finding(2), finding(3)], "2026-05-06")
    rows = json.loads(path.read_text())["findings"]
    assert [(r["ruleId"], r["since"]) for r in rows] == [("rule-2", "2026-01-02"), ("rule-3", "2026-05-06")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: not JSON"),
        ('{\n"version": 1,', ":2: not JSON"),
        ("[" * 100_000, ":1: not JSON"),
        ("[]", ":1: no accepted findings"),
        ('{"findings": {}}', ":1: no accepted findings"),
        ('{"version": 3, "findings": []}', ":1: version 3 of a file of accepted findings is not known; 2 is"),
        ('{"version": 1, "findings": []}', ":1: its fingerprints hold no values, so new and worse findings would be"),
        (
            '{"version": 2, "findings": [{"ruleId": "a", "since": "b"}]}',
            ":1: entry 1 needs ruleId, fingerprint and since",
        ),
        ('{"version": 2, "findings": [{"ruleId": "a", "since": "b", "fingerprint": ""}]}', ":1: entry 1 needs"),
        ('{"version": 2, "findings": ["a"]}', ":1: entry 1 needs"),
        (
            '{"version": 2, "findings": [{"ruleId": "a", "since": "b", "fingerprint": "c", "severity": "some"}]}',
            ":1: entry 1 has a severity that is none of low, medium, high, critical",
        ),
        (
            '{"version": 2, "findings": [{"ruleId": "a", "since": "b", "fingerprint": "c", "reason": 1}]}',
            ":1: entry 1 has a reason that is no text",
        ),
    ],
)
def test_what_is_no_such_file_is_neither_read_nor_overwritten(tmp_path, text, words):
    path = tmp_path / "b.json"
    path.write_text(text)
    for attempt in (
        lambda: accepted.read_accepted(str(path)),
        lambda: accepted.write_accepted(str(path), [], "2026-01-02"),
    ):
        with pytest.raises(BaselineError) as stop:
            attempt()
        assert str(stop.value).startswith(f"{path}{words}") and "\n" not in str(stop.value)
    assert path.read_text() == text


def test_a_reason_that_somebody_added_stays(tmp_path):
    path = tmp_path / "b.json"
    accepted.write_accepted(str(path), [finding(1)], "2026-01-02")
    data = json.loads(path.read_text())
    data["findings"][0]["reason"] = "a public site"
    path.write_text(json.dumps(data))
    accepted.write_accepted(str(path), [finding(1), finding(2)], "2026-05-06")
    assert [one.reason for one in accepted.read_accepted(str(path)).values()] == [
        "rule-1: accepted since 2026-01-02: a public site",
        "rule-2: accepted since 2026-05-06",
    ]


def test_a_missing_file_says_what_writes_it(tmp_path):
    with pytest.raises(BaselineError, match="no such file; `cdkguard accept` writes it"):
        accepted.read_accepted(str(tmp_path / "b.json"))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "b.json"
    accepted.write_accepted(str(path), [finding(1)], "2026-01-02")
    before = path.read_text()

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(accepted.os, "replace", full)
    with pytest.raises(BaselineError, match="cannot be written: No space left on device"):
        accepted.write_accepted(str(path), [finding(2)], "2026-01-02")
    assert path.read_text() == before and os.listdir(tmp_path) == ["b.json"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(BaselineError, match="cannot be written: No such file"):
        accepted.write_accepted(str(tmp_path / "none" / "b.json"), [], "2026-01-02")


def test_a_finding_without_a_fingerprint_cannot_be_accepted(tmp_path):
    with pytest.raises(BaselineError, match="'rule-1' has no fingerprint"):
        accepted.write_accepted(str(tmp_path / "b.json"), [finding(1)._replace(fingerprint="")], "2026-01-02")
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "real.json", tmp_path / "b.json"
    link.symlink_to(target)
    accepted.write_accepted(str(link), [finding(1)], "2026-01-02")
    assert link.is_symlink() and len(accepted.read_accepted(str(target))) == 1
