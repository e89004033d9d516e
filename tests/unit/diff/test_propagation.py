"""What follows a replaced resource."""

from __future__ import annotations

import pytest

from tests.support.changes import compare, impacts, stack

NAMED = "AWS::DynamoDB::Table"
FUNCTION = {"Type": "AWS::Lambda::Function"}


def chain(name, **more):
    """A bucket whose replacement makes a policy follow, which follows itself."""
    return {
        "It": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "It"}, "PolicyDocument": {}}},
        "Far": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "t-${Policy}"}}},
        "Other": {"Type": "AWS::SQS::Queue"},
        **more,
    }


def test_a_replacement_is_followed_to_the_end():
    assert impacts(compare(chain("a"), chain("b"))) == dict.fromkeys(("It", "Policy", "Far"), "WILL_REPLACE")


def test_a_follower_names_its_cause():
    changes = {c.logical_id: c for c in compare(chain("a"), chain("b"))}
    assert [p.because for p in changes["Far"].properties] == ["follows Policy, which is replaced"]
    assert changes["Far"].detail == ("follows",)
    assert changes["Far"].fate == "destroyed"


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "It"},
        {"Fn::GetAtt": ["It", "Arn"]},
        {"Fn::Join": ["", ["x", {"Ref": "It"}]]},
        {"Fn::Sub": "${It.Arn}/*"},
    ],
)
def test_every_way_to_refer(reference):
    user = {"Type": NAMED, "Properties": {"TableName": reference}}
    assert impacts(compare(chain("a", User=user), chain("b", User=user)))["User"] == "WILL_REPLACE"


def test_depends_on_alone_follows_nothing():
    user = {**FUNCTION, "DependsOn": ["It"]}
    assert "User" not in impacts(compare(chain("a", User=user), chain("b", User=user)))


def test_a_resource_that_is_not_created_follows_nothing():
    def side(name):
        user = {"Type": NAMED, "Condition": "Off", "Properties": {"TableName": {"Ref": "It"}}}
        return stack(chain(name, User=user), Conditions={"Off": {"Fn::Equals": ["a", "b"]}})

    assert "User" not in impacts(compare([side("a")], [side("b")]))


def test_a_follower_has_its_own_fate():
    kept = {"Type": NAMED, "UpdateReplacePolicy": "Retain", "Properties": {"TableName": {"Ref": "It"}}}
    database = {
        "Type": "AWS::RDS::DBInstance",
        "UpdateReplacePolicy": "Snapshot",
        "Properties": {"KmsKeyId": {"Ref": "It"}},
    }
    found = {
        c.logical_id: c.fate for c in compare(chain("a", Kept=kept, Db=database), chain("b", Kept=kept, Db=database))
    }
    assert (found["Kept"], found["Db"]) == ("retained", "snapshot")


def test_a_policy_that_comes_with_the_replacement_may_be_too_late():
    def side(**policy):
        return {"Type": NAMED, **policy, "Properties": {"TableName": {"Ref": "It"}}}

    found = compare(chain("a", User=side()), chain("b", User=side(UpdateReplacePolicy="Retain")))
    assert {c.logical_id: c.fate for c in found}["User"] == "destroyed"


def test_through_a_nested_stack_and_out_again():
    def app(name):
        root = stack(chain(name, Data={"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"In": {"Ref": "It"}}}},
                           Out={"Type": NAMED, "Properties": {"TableName": {"Fn::GetAtt": ["Data", "Outputs.Name"]}}}), "Root")  # fmt: skip
        inner = {"Mine": {"Type": NAMED, "Properties": {"TableName": {"Ref": "In"}}}}
        nested = stack(inner, "Root/Data", parent=root, at="Data", Parameters={"In": {"Type": "String"}},
                       Outputs={"Name": {"Value": {"Ref": "Mine"}}})  # fmt: skip
        return [root, nested]

    found = impacts(compare(app("a"), app("b")))
    assert found["Mine"] == found["Out"] == "WILL_REPLACE"


def test_parameters_and_outputs_in_a_circle_end():
    def app(name):
        passed = {"In": {"Fn::Sub": "${It}${Data.Outputs.Out}"}}
        root = stack(
            chain(name, Data={"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": passed}}), "Root"
        )
        nested = stack({}, "Root/Data", parent=root, at="Data", Parameters={"In": {"Type": "String"}},
                       Outputs={"Out": {"Value": {"Ref": "In"}}})  # fmt: skip
        return [root, nested]

    assert impacts(compare(app("a"), app("b")))["It"] == "WILL_REPLACE"


def test_resources_that_refer_to_each_other_end():
    def side(name):
        return chain(name, A={"Type": NAMED, "Properties": {"TableName": {"Fn::Sub": "${It}${B}"}}},
                     B={"Type": NAMED, "Properties": {"TableName": {"Ref": "A"}}})  # fmt: skip

    assert impacts(compare(side("a"), side("b")))["B"] == "WILL_REPLACE"


def test_an_element_of_a_list_is_named_by_its_place():
    def user(name):
        return {
            **chain(name),
            "User": {"Type": NAMED, "Properties": {"Tags": [{"Value": "x"}, {"Value": {"Ref": "It"}}]}},
        }

    (change,) = [c for c in compare(user("a"), user("b")) if c.logical_id == "User"]
    (entry,) = change.properties
    assert (change.impact, entry.path, entry.replacement) == ("WILL_UPDATE", "Properties.Tags[1].Value", "no")
    assert (getattr(entry.before, "target", None), entry.because) == ("It", "follows It, which is replaced")


def test_a_property_that_changes_by_itself_is_listed_once():
    def user(name, more):
        reference = {"Fn::Join": ["", [more, {"Ref": "It"}]]}
        return {**chain(name), "User": {"Type": NAMED, "Properties": {"TableName": reference}}}

    (change,) = [c for c in compare(user("a", "x"), user("b", "y")) if c.logical_id == "User"]
    assert [p.path for p in change.properties] == ["Properties.TableName"] and change.impact == "WILL_REPLACE"


def test_what_a_custom_resource_may_answer_is_told_where_data_is_at_stake():
    """Nobody knows whether its program gives another value; of a task definition that is not worth a word."""

    def side(seed):
        name = {"Fn::GetAtt": ["Naming", "Name"]}
        return {
            "Naming": {"Type": "Custom::Naming", "Properties": {"Seed": seed}},
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [{"Image": name}]}},
            "Params": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": {"DBSubnetGroupName": name}},
            "Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBSubnetGroupName": {"Ref": "Params"}}},
            "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
        }

    assert impacts(compare(side("a"), side("b"))) == {
        "Naming": "WILL_UPDATE",
        "Db": "MAY_REPLACE",
        "Files": "MAY_REPLACE",
    }


def test_nothing_follows_a_replacement_that_is_refused():
    """CloudFormation refuses to replace a table of the same name, so that the deployment fails and every value stays."""

    def side(kind):
        key = {"KeySchema": [{"AttributeName": "id", "KeyType": kind}], "TableName": "orders"}
        return {
            "It": {"Type": "AWS::DynamoDB::Table", "Properties": key},
            "User": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::GetAtt": ["It", "StreamArn"]}}},
        }

    (change,) = compare(side("HASH"), side("RANGE"))
    assert (change.logical_id, change.impact, change.fate) == ("It", "WILL_REPLACE", "refused")
