"""Values that a deployment reads anew from Parameter Store."""

import pytest

from cdkguard.diff.read_anew import find_parameter_readings
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, compare, impacts, stack

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"
SNAPSHOT = "/shop/restore-from"


def _parameter(source, kind="String"):
    return {"Type": f"AWS::SSM::Parameter::Value<{kind}>", "Default": source}


def _instance(image, **more):
    return {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image, **more}}


def _stack(resources, **parameters):
    return stack(resources, Parameters=parameters)


@pytest.mark.parametrize("source", [IMAGE, "/aws/service/eks/optimized-ami/1.33/recommended/image_id"])
def test_the_latest_image_may_replace_an_instance_that_no_template_changes(source):
    side = [_stack({"Server": _instance({"Ref": "Ami"})}, Ami=_parameter(source, "AWS::EC2::Image::Id"))]
    (change,) = compare(side, side)
    assert (change.impact, change.detail, change.fate) == ("MAY_REPLACE", ("read-anew",), "destroyed")
    assert [(p.path, p.because) for p in change.properties] == [
        ("Properties.ImageId", f"reads {source} in Parameter Store anew")
    ]


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [
        (_instance({"Ref": "Ami"}), _parameter(f"{IMAGE}:42")),  # one version of it
        (_instance({"Ref": "Ami"}), _parameter(SNAPSHOT)),  # of the team's own: see the notice
        (_instance({"Ref": "Ami"}), {"Type": "String", "Default": "ami-1"}),
        (_instance("ami-1", InstanceType={"Ref": "Ami"}), _parameter(IMAGE)),  # replaces perhaps, or nothing
        ({"Type": "AWS::AutoScaling::LaunchConfiguration", "Properties": {"ImageId": {"Ref": "Ami"}}}, _parameter(IMAGE)),
        ({"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"ImageId": {"Ref": "Ami"}}}}, _parameter(IMAGE)),
    ],
)  # fmt: skip
def test_what_cannot_replace_by_itself_is_no_change(resource, parameter):
    side = [_stack({"It": resource}, Ami=parameter)]
    assert compare(side, side) == ()


def test_the_version_of_the_bootstrap_stack_is_read_by_nothing():
    side = [_stack({"It": _instance({"Ref": "BootstrapVersion"})}, BootstrapVersion=_parameter(IMAGE))]
    assert compare(side, side) == ()


def test_a_change_of_the_template_is_told_beside_it_and_a_replacement_instead_of_it():
    ami = _parameter(IMAGE)
    old = [_stack({"It": _instance({"Ref": "Ami"}, SubnetId="a")}, Ami=ami)]
    tagged = [_stack({"It": _instance({"Ref": "Ami"}, SubnetId="a", Tags=[])}, Ami=ami)]
    moved = [_stack({"It": _instance({"Ref": "Ami"}, SubnetId="b")}, Ami=ami)]
    (change,) = compare(old, tagged)
    assert (change.impact, [p.path for p in change.properties]) == (
        "MAY_REPLACE",
        ["Properties.Tags", "Properties.ImageId"],
    )
    assert impacts(compare(old, moved)) == {"It": "WILL_REPLACE"}


@pytest.mark.parametrize(
    ("reference", "impact"),
    [
        (f"{{{{resolve:ssm:{IMAGE}}}}}", "MAY_REPLACE"),
        (f"{{{{resolve:ssm:{IMAGE}:7}}}}", "WILL_UPDATE"),
        (f"{{{{resolve:ssm:{SNAPSHOT}}}}}", "WILL_UPDATE"),
        ("ami-1", "WILL_UPDATE"),
    ],
)
def test_a_dynamic_reference_is_read_when_its_resource_is_updated(reference, impact):
    old, new = {"It": _instance(reference)}, {"It": _instance(reference, Monitoring=True)}
    assert compare(old, old) == ()
    assert impacts(compare(old, new)) == {"It": impact}


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
