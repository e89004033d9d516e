"""Findings grouped as one thing to a reader."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import Finding, Outcome, Remedy, Report, Source
from cdkguard.outputs.entries import group_findings
from cdkguard.outputs.render import Options, render

FIX = Remedy("Keep it.", python="removal_policy=RemovalPolicy.RETAIN")


def finding(rule: str = "data-retention", stack: str = "prod/Data", name: str = "Table", **more: Any) -> Finding:
    facts = {
        "environment": stack.partition("/")[0],
        "logical_id": name,
        "construct_path": f"{stack}/{name}",
        "source": Source("app/data.py", 7),
        "remedy": FIX,
        **more,
    }
    return Finding(rule, Outcome.FAIL, facts.pop("severity", "high"), "it is deleted", stack, stack, "t.json", **facts)


def test_the_same_fault_of_the_same_line_in_two_stages_is_one_place() -> None:
    (entry,) = group_findings([finding(severity="critical"), finding(stack="staging/Data")])
    (place,) = entry.places
    assert place.environments == (("prod", "critical"), ("staging", "high"))
    assert place.finding.stack_path == "prod/Data"


def test_a_second_stack_of_the_same_environment_is_named() -> None:
    second = finding(stack="prod2/Data", environment="prod")
    (entry,) = group_findings([finding(), second, finding(stack="staging/Data")])
    assert entry.places[0].namesakes == (second,)
    text = render("text", Report((finding(), second), (), ()), Options())
    assert "prod/Data/Table" in text and "prod2/Data/Table" in text


def test_faults_of_other_lines_or_values_stay_apart() -> None:
    other_line = finding(stack="staging/Data", source=Source("app/data.py", 8))
    other_value = finding(stack="staging/Data", found="Delete")
    for other in (other_line, other_value):
        (entry,) = group_findings([finding(), other])
        assert len(entry.places) == 2


def test_without_a_line_only_stacks_of_the_same_name_in_stages_are_joined() -> None:
    unseen = {"source": None}
    (entry,) = group_findings([finding(**unseen), finding(stack="staging/Data", **unseen)])
    assert len(entry.places) == 1
    (entry,) = group_findings([finding(stack="A", **unseen), finding(stack="B", **unseen)])
    assert len(entry.places) == 2


def test_rules_that_one_line_of_code_mends_are_told_together() -> None:
    (entry,) = group_findings([finding(severity="critical"), finding("data-retention-on-replacement")])
    assert entry.finding.rule_id == "data-retention"
    assert [f.rule_id for f in entry.also] == ["data-retention-on-replacement"]
    other_fix = finding("dynamodb-pitr", remedy=Remedy("Turn it on.", python="point_in_time_recovery=True"))
    assert len(group_findings([finding(), other_fix])) == 2


def test_two_faults_of_one_rule_in_one_resource_are_two_places() -> None:
    (entry,) = group_findings([finding(found="0.0.0.0/0"), finding(found="::/0")])
    assert [place.finding.found for place in entry.places] == ["0.0.0.0/0", "::/0"]


FINDINGS = st.builds(
    finding,
    st.sampled_from(["data-retention", "data-retention-on-replacement", "s3-versioning"]),
    st.sampled_from(["prod/Data", "staging/Data", "prod/Api", "Shop"]),
    st.sampled_from(["Table", "Bucket"]),
    severity=st.sampled_from(["high", "critical"]),
    source=st.sampled_from([None, Source("app/data.py", 7), Source("app/data.py", 8)]),
    found=st.sampled_from([None, "Delete"]),
    is_new=st.sampled_from([None, True, False]),
    remedy=st.sampled_from([None, FIX, Remedy("Do it.")]),
)


@given(st.lists(FINDINGS, max_size=12))
def test_every_finding_is_in_one_entry(findings: list[Finding]) -> None:
    findings = [f._replace(fingerprint=str(number)) for number, f in enumerate(findings)]
    told = [f.fingerprint for entry in group_findings(findings) for f in entry.findings]
    assert sorted(told) == sorted(f.fingerprint for f in findings)


@given(st.lists(FINDINGS, max_size=12))
def test_entries_come_in_the_order_of_their_first_findings(findings: list[Finding]) -> None:
    findings = [f._replace(fingerprint=str(number)) for number, f in enumerate(findings)]
    firsts = [int(entry.finding.fingerprint) for entry in group_findings(findings)]
    assert firsts == sorted(firsts)
