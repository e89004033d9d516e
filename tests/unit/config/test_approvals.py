"""Approvals: one exact change, until a day, by somebody, once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.config import approvals
from cdkguard.config.approvals import Approval
from cdkguard.errors import ConfigError
from cdkguard.model import Finding, Outcome
from tests.support.changes import compare, stack

TODAY = "2026-05-01"
TABLE = {"Type": "AWS::DynamoDB::Table"}


def removal(**properties):
    (change,) = compare(
        {"It": {**TABLE, "Properties": properties}, "Q": {"Type": "AWS::SQS::Queue"}},
        {"Q": {"Type": "AWS::SQS::Queue"}},
    )
    return change


def approval(about, /, **changed):
    names = (about.stack.root.name, about.impact, about.token)
    found = Approval(*names, "wanted", "me", "2026-05-01", "a.yaml:1", about.logical_id)
    return found._replace(**changed)


def finding(change, rule="data-destroyed"):
    return Finding(
        rule,
        Outcome.FAIL,
        "high",
        "m",
        "Shop",
        "Shop",
        "t",
        "prod",
        change.logical_id,
        change=change.token,
        impact=change.impact,
    )


def left(change, *agreed, findings=None, today=TODAY):
    found, problems = approvals.apply_approvals(findings or [finding(change)], [change], agreed, today)
    return [f.rule_id for f in found if f.suppression is None], [p.message for p in problems]


def test_it_counts_for_its_change_up_to_its_last_day():
    change = removal()
    assert left(change, approval(change)) == ([], [])
    rules, problems = left(change, approval(change), today="2026-05-02")
    assert rules == ["data-destroyed"]
    assert "has expired on 2026-05-01" in problems[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"change": "*"},
        {"change": ""},
        {"logical_id": "*"},
        {"logical_id": None},
        {"stack": "*"},
        {"impact": "WILL_UPDATE"},
    ],
    ids=str,
)
def test_nothing_but_the_exact_change_counts(changed):
    change = removal()
    rules, problems = left(change, approval(change, **changed))
    assert rules == ["data-destroyed"]
    assert len(problems) == 1


def test_a_further_edit_ends_it():
    agreed = approval(removal(TableName="a"))
    later = removal(TableName="b")
    rules, problems = left(later, agreed)
    assert rules == ["data-destroyed"]
    assert "is for another change" in problems[0]


def test_when_the_change_has_landed_it_is_unused():
    assert "meets no change" in approvals.apply_approvals([], [], [approval(removal())], TODAY)[1][0].message


def test_only_the_rules_that_it_names():
    change = removal()
    findings = [finding(change, rule) for rule in ("a", "b", "c")]
    assert left(change, approval(change, rules=("a",)), findings=findings)[0] == ["b", "c"]
    both = [approval(change, rules=("a",)), approval(change, rules=("b",))]
    assert left(change, *both, findings=findings) == (["c"], [])
    assert left(change, *both, approval(change, rules=("c",), expires="2026-04-30"), findings=findings)[0] == ["c"]


def test_a_finding_without_a_change_is_never_approved():
    change = removal()
    other = finding(change)._replace(change=None)
    assert left(change, approval(change), approval(change, change=""), findings=[other])[0] == ["data-destroyed"]


JSON = st.recursive(st.booleans() | st.integers() | st.text(max_size=4), lambda i: st.lists(i, max_size=2) | st.dictionaries(st.sampled_from(["a", "Metadata", "Ref"]), i, max_size=2), max_leaves=5)  # fmt: skip


def update(value):
    def side(v):
        return {"It": {**TABLE, "Properties": {"TableName": v}}}

    return compare(side({"x": 0}), side(value))


@settings(max_examples=100, deadline=None)
@given(JSON, JSON)
def test_another_edit_has_another_token(one, other):
    (first, second) = (update(v) for v in (one, other))
    if first and second and first[0].after != second[0].after:
        assert first[0].token != second[0].token


def test_another_mapping_inside_an_unknown_value_ends_it():
    def token(name):
        body = {
            **TABLE,
            "Properties": {"TableName": {"Fn::Join": ["", [{"Ref": "T"}, {"Fn::FindInMap": ["M", "a", "b"]}]]}},
        }
        (change,) = compare([stack({"It": TABLE})], [stack({"It": body}, Mappings={"M": {"a": {"b": name}}})])
        return change.token

    assert token("x") != token("y")
    assert token("x") == token("x")


def test_another_cause_ends_it():
    """The database follows another replaced resource than the one that was looked at."""

    def token(first, second):
        def side(one, two):
            return {
                "A": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": one}},
                "B": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": two}},
                "Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"KmsKeyId": {"Fn::Sub": "${A}${B}"}}},
            }

        return {c.logical_id: c.token for c in compare(side("a", "b"), side(first, second))}["Db"]

    assert token("x", "b") != token("a", "x")


def test_the_file_is_read_as_it_was_written(tmp_path):
    path = str(tmp_path / "a.yaml")
    change = removal()
    agreed = approval(change, reason="it's: #wanted\n- yes", construct="Shop/It", rules=("a", "b"))
    approvals.write_approvals(path, [agreed])
    (found,) = approvals.read_approvals(path)
    assert found._replace(origin="") == agreed._replace(origin="")
    assert found.origin.endswith("a.yaml:4")


def test_no_file_is_no_approval(tmp_path):
    assert approvals.read_approvals(str(tmp_path / "none.yaml")) == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("approvals: [{stack: Shop, impact: WILL_DESTROY, change: x, reason: r, owner: o}]", "needs `expires`"),
        (
            "approvals: [{stack: Shop, impact: WILL_DESTROY, change: x, reason: r, expires: 2030-01-01}]",
            "needs `owner`",
        ),
        ("approvals: [{stack: S, impact: I, change: x, reason: r, owner: o, expires: never}]", "is a date"),
        ("approvals: [{stack: S, impact: I, change: x, reason: r, owner: o, expires: '2030-01-01', all: true}]", "all"),
        ("approval: []", "approval"),
        ("approvals: {}", ""),
        ("approvals: [x]", ""),
        ("approvals: [{stack: S, impact: I, change: x, reason: '', owner: o, expires: '2030-01-01'}]", "reason"),
        ("approvals: [{stack: S, impact: I, change: x, reason: r, owner: ' ', expires: '2030-01-01'}]", "owner"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line(tmp_path, text, wrong):
    path = tmp_path / "cdkguard.approvals.yaml"
    path.write_text(text + "\n")
    with pytest.raises(ConfigError) as stop:
        approvals.read_approvals(str(path))
    assert wrong in str(stop.value)
    assert "cdkguard.approvals.yaml:1" in str(stop.value)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(ConfigError):
        approvals.write_approvals(str(tmp_path / "none" / "a.yaml"), [])
    assert not list(tmp_path.iterdir())
