"""Values that a deployment reads anew from Parameter Store."""

import pytest

from cdkguard.diff.read_anew import find_parameter_readings, find_reference_readings
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, compare, stack

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"
SNAPSHOT = "/shop/restore-from"


def _parameter(source, kind="String"):
    return {"Type": f"AWS::SSM::Parameter::Value<{kind}>", "Default": source}


def _instance(image, **more):
    return {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image, **more}}


def _stack(resources, **parameters):
    return stack(resources, Parameters=parameters)


def _read(side):
    return [
        (r.logical_id, r.property_name, r.name, r.is_public)
        for r in find_parameter_readings([side], StackScopes(), TABLES)
    ]


@pytest.mark.parametrize("source", [IMAGE, "/aws/service/eks/optimized-ami/1.33/recommended/image_id"])
def test_the_latest_image_decides_about_an_instance(source):
    side = _stack({"Server": _instance({"Ref": "Ami"})}, Ami=_parameter(source, "AWS::EC2::Image::Id"))
    assert _read(side) == [("Server", "ImageId", source, True)]


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [
        (_instance({"Ref": "Ami"}), _parameter(f"{IMAGE}:42")),  # one version of it
        (_instance({"Ref": "Ami"}), {"Type": "String", "Default": "ami-1"}),
        (_instance("ami-1", InstanceType={"Ref": "Ami"}), _parameter(IMAGE)),  # replaces perhaps, or nothing
        ({"Type": "AWS::AutoScaling::LaunchConfiguration", "Properties": {"ImageId": {"Ref": "Ami"}}}, _parameter(IMAGE)),
        ({"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": {"Ref": "Ami"}}}}, _parameter(IMAGE)),
    ],
)  # fmt: skip
def test_what_cannot_replace_by_itself_is_left_out(resource, parameter):
    assert _read(_stack({"It": resource}, Ami=parameter)) == []


def test_the_version_of_the_bootstrap_stack_is_read_by_nothing():
    side = _stack({"It": _instance({"Ref": "BootstrapVersion"})}, BootstrapVersion=_parameter(IMAGE))
    assert _read(side) == []


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        (f"{{{{resolve:ssm:{IMAGE}}}}}", [IMAGE]),
        (f"{{{{resolve:ssm:{IMAGE}:7}}}}", []),
        (f"{{{{resolve:ssm:{SNAPSHOT}}}}}", [SNAPSHOT]),
        ("ami-1", []),
    ],
)
def test_a_dynamic_reference_without_a_version_is_read_with_its_resource(reference, names):
    (change,) = compare({"It": _instance(reference)}, {"It": _instance(reference, Monitoring=True)})
    found = find_reference_readings(change.stack, "It", change.after, TABLES)
    assert [reading.name for reading in found] == names


def test_a_nested_stack_reads_what_its_parent_passes():
    ami = _parameter(IMAGE)
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Image": {"Ref": "Ami"}}}}
    parent = stack({"Nest": nest}, Parameters={"Ami": ami})
    nested = stack(
        {"It": _instance({"Ref": "Image"})}, "Nest", parent=parent, at="Nest", Parameters={"Image": {"Type": "String"}}
    )
    found = list(find_parameter_readings([nested, parent], StackScopes(), TABLES))
    assert [(r.stack, r.logical_id, r.property_name, r.name) for r in found] == [(nested, "It", "ImageId", IMAGE)]


def test_a_parameter_of_the_team_itself_is_found_and_is_not_public():
    database = {"Type": "AWS::RDS::DBCluster", "Properties": {"SnapshotIdentifier": {"Ref": "Snap"}}}
    side = _stack({"Db": database, "Sg": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Ref": "Snap"}}}},
                  Snap=_parameter(SNAPSHOT))  # fmt: skip
    (found,) = find_parameter_readings([side], StackScopes(), TABLES)
    assert (found.logical_id, found.property_name, found.is_public) == ("Db", "SnapshotIdentifier", False)
