"""What people read of a change: stages together, followers below their cause, names instead of tokens."""

from __future__ import annotations

from typing import Any

from cdkguard.diff.compare import find_destroy_changes
from cdkguard.outputs.diff import text as difftext
from cdkguard.outputs.diff.change_summary import lay_out_change_summary
from cdkguard.outputs.diff.common import Difference
from cdkguard.outputs.diff.entries import make_entries
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import render_lines
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, compare, stack

NESTED = "AWS::CloudFormation::Stack"
OPTIONS = Options(width=100)


def stage(name: str, bucket: str, memory: int, keep: bool = False) -> list[Any]:
    """A Stage with a bucket, which a nested stack gets as a parameter and another stack by an export."""
    account = {"prod": "333333333333", "staging": "222222222222", "dev": "111111111111"}[name]
    place = {"account": account, "region": "eu-west-1", "environment": name}
    arn = {"Fn::GetAtt": [bucket, "Arn"]}
    kept = {"DeletionPolicy": "Retain"} if keep else {}
    inner = {
        "Type": NESTED,
        "Properties": {"TemplateURL": f"https://s3/{bucket}.json", "Parameters": {f"ref{bucket}": arn}},
    }
    data = stack(
        {bucket: {"Type": "AWS::S3::Bucket", **kept, "Properties": {"BucketEncryption": {}}}, "In": inner},
        f"{name}-Data", path=f"{name}/Data", paths={bucket: f"{name}/Data/{bucket}/Resource"},
        Outputs={"O": {"Value": arn, "Export": {"Name": f"{name}-{bucket}"}}}, **place,
    )  # fmt: skip
    reader = {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"B": {"Ref": f"ref{bucket}"}}}},
    }
    nested = stack({"Reader": reader}, f"{name}-In", path=f"{name}/Data/In", parent=data, at="In",
                   paths={"Reader": f"{name}/Data/In/Reader/Resource"},
                   Parameters={f"ref{bucket}": {"Type": "String"}}, **place)  # fmt: skip
    imported = {"Fn::ImportValue": f"{name}-{bucket}"}
    web = {"Type": "AWS::Lambda::Function",
           "Properties": {"MemorySize": memory, "Environment": {"Variables": {"B": imported, "ACCOUNT": account}}}}  # fmt: skip
    service = stack({"Web": web}, f"{name}-Web", path=f"{name}/Web", paths={"Web": f"{name}/Web/Web/Resource"}, **place)
    return [data, nested, service]


def app(bucket: str, **memory: int) -> list[Any]:
    return [one for name, size in memory.items() for one in stage(name, bucket, size, keep=name == "prod")]


def show(old: list[Any], new: list[Any]) -> str:
    return difftext.render(Difference(compare(old, new), (*new, *old), "old", "new"), OPTIONS)


def test_the_same_change_of_two_stages_is_told_once_with_production_first():
    text = show(app("Old", staging=128, prod=128), app("Old", staging=256, prod=256))
    assert text.count("MemorySize") == 1
    assert "-- Web  prod, staging\n" in text
    assert "  ~ Web/Web  AWS::Lambda::Function\n" in text


def test_another_change_in_another_stage_is_another_entry():
    text = show(app("Old", staging=128, prod=128), app("Old", staging=256, prod=512))
    assert text.index("prod/Web/Web") < text.index("staging/Web/Web")
    assert text.count("MemorySize") == 2


def test_a_rename_folds_what_follows_and_says_what_becomes_of_each_stage():
    text = show(app("Old", staging=128, prod=128), app("New", staging=128, prod=128))
    assert "  - Data/Old  is now Data/New  holds data  AWS::S3::Bucket\n" in text
    assert text.index("prod: LEFT BEHIND") < text.index("staging: DESTROYED")
    assert "2 follow: Data/In/Reader, Web/Web\n" in text
    assert "CloudFormation refuses its update: exports go or change that Web imports" in text
    assert "2 nested stacks change by what is in them alone" in text
    assert "refOld" not in text and "TemplateURL" not in text
    assert len(text.splitlines()) < 25


def test_what_has_a_reason_of_its_own_is_no_follower():
    text = show(app("Old", prod=128), app("New", prod=256))
    assert "1 follows: Data/In/Reader\n" in text
    assert "MemorySize: 128 -> 256" in text
    assert "and 1 value that follows other changes" in text


def test_imports_and_parameters_are_called_by_the_resource_that_they_come_from():
    def side(name: str, attribute: str) -> list[Any]:
        found = stage("prod", "It", 128)
        found[0].template["Resources"]["In"]["Properties"]["Parameters"]["refIt"] = {"Fn::GetAtt": ["It", attribute]}
        return found

    text = show(side("a", "Arn"), side("b", "DomainName"))
    assert "Environment.Variables.B: ${Data/It.Arn} -> ${Data/It.DomainName}" in text


def test_a_long_text_begins_shortly_before_the_first_difference():
    def side(end: str) -> dict[str, Any]:
        return {"It": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "word " * 60 + end}}}

    (entry,) = make_entries(compare(side("old"), side("new"))).entries
    text = show([stack(side("old"))], [stack(side("new"))])
    assert 'DisplayName: "…d word word old" -> "…d word word new"' in text
    assert entry.name == "It"


def test_the_summary_of_a_check_tells_what_goes_and_counts_the_rest():
    changes = compare(app("Old", staging=128, prod=128), app("New", staging=256, prod=256))
    text = render_lines(list(lay_out_change_summary(changes, OPTIONS)), OPTIONS)
    assert "Data/Old  is now Data/New" in text
    assert "MemorySize" not in text
    assert text.splitlines()[-1].endswith("`cdkguard diff` shows all")
    assert not list(lay_out_change_summary((), OPTIONS))


def test_nothing_is_lost_by_folding():
    changes = compare(app("Old", staging=128, prod=128), app("New", staging=256, prod=256))
    found = make_entries(changes)
    told = [c for entry in found.entries for each in (entry, *entry.followers) for c in each.changes]
    halves = [c for c in changes if c.predecessor is not None]
    assert len(told) + len(halves) + found.harmless + found.nested == len(changes)


def test_what_cdk_destroy_takes_is_counted_by_type_after_the_data():
    topics = {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(20)}
    stores = {"Kept": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}, "Policy": {"Type": "AWS::IAM::Policy"}}
    gone = [stack({**topics, **stores, "It": {"Type": "AWS::DynamoDB::Table"}})]
    changes = find_destroy_changes(gone, TABLES, StackScopes())
    text = difftext.render(Difference(changes, tuple(gone), "a", "b", is_destruction=True), OPTIONS)
    assert (
        text.index("DESTROYED  It")
        < text.index("LEFT BEHIND  Kept")
        < text.index("DESTROYED  21 resources without data")
    )
    assert "20 SNS::Topic, 1 IAM::Policy" in text and "T1" not in text
