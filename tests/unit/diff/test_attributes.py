"""Which values of a resource are new after its change: the decisions, the table, and what follows them."""

import csv
import importlib.util
from importlib.metadata import version

import pytest

from cdkguard.data.loader import load_table
from cdkguard.diff.attributes import _STEADY, Attributes
from cdkguard.model import Change as ChangeRecord
from cdkguard.model import PropertyChange, Stack
from tests.support.changes import TABLES, compare, impacts, stack
from tests.support.paths import ROOT

_spec = importlib.util.spec_from_file_location("make_attributes", ROOT / "tools/attributes/make_table.py")
make_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_table)

SHIPPED = load_table("attributes.json")
STACK = Stack("Shop", {"Resources": {}}, "Shop.template.json")
TABLE, BUCKET = "AWS::DynamoDB::Table", "AWS::S3::Bucket"


def change(impact, kind, before, after, *paths, detail=()):
    """A change of these properties; a path stands for a property that changes."""
    bodies = ({"Type": kind, "Properties": side} for side in (before, after))
    properties = tuple(PropertyChange(f"Properties.{path}", "a", "b") for path in paths)
    return ChangeRecord(impact, STACK, "It", kind, None, *bodies, properties=properties, detail=detail)


def decide(found, attribute, uncertain=()):
    return TABLES.attributes.decide(found, attribute, uncertain)


# -- the table


def test_the_table_is_what_the_decisions_say():
    assert SHIPPED["Fn::GetAtt"] == make_table.make_attributes(make_table.read_decisions())


def test_every_decision_has_a_reason_and_stands_in_order():
    with make_table.DECISIONS.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    assert rows == sorted(rows) and all(len(row) == 6 and row[5] for row in rows)


@pytest.mark.skipif(importlib.util.find_spec("cfnlint") is None, reason="cfn-lint is not installed")
def test_each_candidate_of_the_schemas_has_a_decision():
    pinned = (ROOT / "tools/schema/pinned.txt").read_text().split("==")[1].split()[0]
    if version("cfn-lint") != pinned:
        pytest.skip(f"the decisions are about the schemas of cfn-lint {pinned}")
    schemas, _date = make_table.provider_schemas()
    decisions = make_table.read_decisions()
    missing = make_table.find_candidates(schemas) - set(decisions)
    assert not missing, "decide in tools/attributes/decisions.tsv, then run tools/attributes/make_table.py"

    for (kind, attribute), lists in decisions.items():
        schema = schemas.get(kind, {})
        names = {name for properties in lists for name in properties} - {make_table.EVERYTHING}
        assert names <= set(schema["properties"]), f"{kind} has no {names - set(schema['properties'])}"
        known = {make_table.dotted(pointer) for pointer in schema.get("readOnlyProperties", ())}
        assert attribute == "Ref" or attribute in known, f"{kind} has no {attribute}"


# -- decisions


@pytest.mark.parametrize(
    ("attribute", "changed", "expected"),
    [
        ("LatestVersionNumber", "LaunchTemplateData.ImageId", "yes"),
        ("LatestVersionNumber", "VersionDescription", "maybe"),
        ("LatestVersionNumber", "Other", "no"),
        ("DefaultVersionNumber", "LaunchTemplateData.ImageId", "no"),
        ("LaunchTemplateId", "LaunchTemplateData.ImageId", "no"),
        (None, "LaunchTemplateData.ImageId", "no"),
    ],
)
def test_an_update_in_place_renews_some_attributes(attribute, changed, expected):
    found = change("WILL_UPDATE", "AWS::EC2::LaunchTemplate", {}, {}, changed)
    assert decide(found, attribute) == expected


def test_tags_renew_nothing_that_every_other_property_renews():
    one, other = (
        change("WILL_UPDATE", "AWS::SageMaker::ComputeQuota", {}, {}, p) for p in ("Tags[0].Value", "Description")
    )
    assert (decide(one, "ComputeQuotaVersion"), decide(other, "ComputeQuotaVersion")) == ("no", "yes")


@pytest.mark.parametrize("impact", ["WILL_UPDATE", "MAY_REPLACE", "WILL_REPLACE"])
def test_an_attribute_that_repeats_a_property_is_new_where_that_is(impact):
    before, after = {"Value": "blue", "Type": "String"}, {"Value": "red", "Type": "String"}
    found = change(impact, "AWS::SSM::Parameter", before, after, "Value")
    assert (decide(found, "Value"), decide(found, "Type")) == ("yes", "no")


def test_a_name_that_nobody_wrote_is_new_with_the_resource():
    assert decide(change("WILL_REPLACE", BUCKET, {}, {}, "BucketNamespace"), "BucketName") == "yes"
    assert decide(change("MAY_REPLACE", BUCKET, {}, {}, "BucketNamespace"), None) == "maybe"


def test_ref_may_be_a_property_that_stays():
    side = {"RestApiId": "a", "StageName": "prod"}
    found = change("WILL_REPLACE", "AWS::ApiGateway::Stage", side, {**side, "RestApiId": "b"}, "RestApiId")
    assert decide(found, None) == "no"
    found = change("WILL_REPLACE", "AWS::ApiGateway::Stage", side, {**side, "StageName": "live"}, "StageName")
    assert decide(found, None) == "yes"


def test_a_default_port_stays_with_the_engine():
    db = "AWS::RDS::DBInstance"
    assert decide(change("WILL_REPLACE", db, {}, {}, "DBSubnetGroupName"), "Endpoint.Port") == "no"
    assert decide(change("WILL_REPLACE", db, {}, {}, "Engine"), "Endpoint.Port") == "yes"
    assert decide(change("WILL_REPLACE", db, {}, {}, "DBSubnetGroupName"), "Endpoint.Address") == "yes"


def test_a_nested_value_is_new_with_the_property_that_holds_it():
    side = {"Data": {"Inner": {"Id": 1}}}
    found = change("WILL_UPDATE", "Third::Party::Thing", side, side, "Data.Inner")
    assert (decide(found, "Data.Inner.Id"), decide(found, "Data"), decide(found, "DataX")) == ("yes", "yes", "no")


def test_a_value_that_hangs_on_a_parameter_or_a_perhaps_is_perhaps_new():
    side = {"Value": "a", "Type": "String"}
    hanging = change("WILL_UPDATE", "AWS::SSM::Parameter", side, side, "Value", detail=("parameter-default",))
    followed = change("WILL_UPDATE", "AWS::SSM::Parameter", side, side, "Value")
    assert decide(hanging, "Value") == decide(followed, "Value", {"Properties.Value"}) == "maybe"


def test_another_type_is_another_resource():
    side = {"Value": "a"}
    assert decide(change("WILL_REPLACE", BUCKET, side, side, detail=("type-changed",)), "Value") == "yes"


# -- custom resources


def test_a_custom_resource_may_answer_anew():
    found = change("WILL_UPDATE", "Custom::Naming", {"Name": "a"}, {"Name": "b"}, "Name")
    assert (decide(found, "Name"), decide(found, "Anything"), decide(found, None)) == ("maybe", "maybe", "no")


@pytest.mark.parametrize("name", ["ServiceToken", "InstallLatestAwsSdk", "Delete"])
def test_a_custom_resource_that_is_asked_the_same_answers_the_same(name):
    assert decide(change("WILL_UPDATE", "Custom::AWS", {}, {}, name), "Anything") == "no"


@pytest.mark.parametrize("kind", sorted(_STEADY))
def test_the_custom_resources_of_the_cdk_answer_with_an_identifier(kind):
    assert decide(change("WILL_UPDATE", kind, {}, {}, "Config"), "Arn") == "no"


def test_an_asset_alone_is_no_other_question():
    found = change("WILL_UPDATE", "Custom::Naming", {}, {}, "Source")._replace(noise=True)
    assert decide(found, "Anything") == "no"


def test_the_table_is_loaded_when_it_is_asked():
    loads = []
    attributes = Attributes(lambda: loads.append(1) or {})
    assert loads == []
    attributes.decide(change("WILL_UPDATE", BUCKET, {}, {}, "Tags"), "Arn")
    attributes.decide(change("WILL_UPDATE", BUCKET, {}, {}, "Tags"), "Arn")
    assert loads == [1]


# -- what follows


def machine(size, **more):
    group = {"MinSize": "1", "LaunchTemplate": {"Version": {"Fn::GetAtt": ["Machine", "LatestVersionNumber"]}}}
    return {
        "Machine": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"InstanceType": size}}},
        "Fleet": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group, **more},
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({}, "WILL_UPDATE"),
        ({"AutoScalingRollingUpdate": {"MinInstancesInService": 1}}, "WILL_UPDATE"),
        ({"AutoScalingReplacingUpdate": {"WillReplace": False}}, "WILL_UPDATE"),
        ({"AutoScalingReplacingUpdate": {"WillReplace": True}}, "WILL_REPLACE"),
        ({"AutoScalingReplacingUpdate": {"WillReplace": "true"}}, "WILL_REPLACE"),
    ],
)
def test_a_fleet_follows_by_its_update_policy(policy, expected):
    found = {c.logical_id: c for c in compare(machine("a", UpdatePolicy=policy), machine("b", UpdatePolicy=policy))}
    assert found["Fleet"].impact == expected
    assert [p.because for p in found["Fleet"].properties] == ["follows Machine, whose LatestVersionNumber changes"]


def test_a_new_asset_in_a_launch_template_is_noise_for_its_fleet_as_well():
    one, other = (machine({"Fn::Sub": f"cp s3://b/{digit * 64}.zip ${{AWS::Region}}"}) for digit in "12")
    found = compare(one, other)
    assert [(c.logical_id, c.impact, c.noise) for c in found] == [
        ("Fleet", "WILL_UPDATE", True), ("Machine", "WILL_UPDATE", True),
    ]  # fmt: skip


def test_a_changed_value_is_followed_through_a_value_that_repeats_it():
    def side(value):
        return {
            "One": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}},
            "Two": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Fn::Sub": "x-${One.Value}"}},
            },
            "Files": {"Type": BUCKET, "Properties": {"BucketName": {"Fn::GetAtt": ["Two", "Value"]}}},
            "Kind": {"Type": BUCKET, "Properties": {"BucketName": {"Fn::GetAtt": ["Two", "Type"]}}},
        }

    assert impacts(compare(side("a"), side("b"))) == {
        "One": "WILL_UPDATE", "Two": "WILL_UPDATE", "Files": "WILL_REPLACE",
    }  # fmt: skip


def test_a_custom_resource_that_is_asked_anew_may_replace_what_it_names():
    def side(seed):
        return {
            "Naming": {"Type": "Custom::Naming", "Properties": {"Seed": seed}},
            "Files": {"Type": BUCKET, "Properties": {"BucketName": {"Fn::GetAtt": "Naming.Name"}}},
            "Code": {"Type": "AWS::Lambda::Function", "Properties": {"Description": {"Fn::GetAtt": "Naming.Name"}}},
        }

    found = compare(side("a"), side("b"))
    assert impacts(found) == {"Naming": "WILL_UPDATE", "Files": "MAY_REPLACE"}
    assert [p.because for c in found for p in c.properties if p.because] == ["follows Naming, whose Name may change"]


def nested_app(value, passed="x", reference=None):
    root = stack(
        {
            "Data": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"In": passed}}},
            "User": {"Type": TABLE, "Properties": {"TableName": {"Fn::GetAtt": ["Data", "Outputs.Name"]}}},
        }, "Root",
    )  # fmt: skip
    inner = {"Setting": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}}
    nested = stack(inner, "Root/Data", parent=root, at="Data", Parameters={"In": {"Type": "String"}},
                   Outputs={"Name": {"Value": reference or {"Fn::GetAtt": ["Setting", "Value"]}}})  # fmt: skip
    return [root, nested]


def test_out_of_a_nested_stack():
    found = compare(nested_app("a"), nested_app("b"))
    assert impacts(found)["User"] == "WILL_REPLACE"
    assert [p.because for c in found for p in c.properties if p.because] == ["follows Setting, whose Value changes"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (nested_app("a", reference="shop-one"), nested_app("a", reference="shop-two")),
        (nested_app("a", "one", {"Ref": "In"}), nested_app("a", "two", {"Ref": "In"})),
    ],
)
def test_an_output_of_a_nested_stack_that_has_another_value(before, after):
    found = compare(before, after)
    assert impacts(found)["User"] == "WILL_REPLACE"
    causes = [p.because for c in found for p in c.properties if p.because]
    assert causes == ["follows Data, whose Outputs.Name changes"]


def test_an_output_that_stays_is_followed_by_nobody():
    assert "User" not in impacts(compare(nested_app("a", "one", "n"), nested_app("b", "two", "n")))
