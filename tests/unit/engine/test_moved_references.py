"""Whoever refers to a renamed or moved resource keeps the rights that he had: the rename alone is told."""

from __future__ import annotations

import pytest

from cdkguard.diff.compare import compare_stacks
from cdkguard.diff.sides import Sides
from cdkguard.engine.moved_references import find_successors
from cdkguard.engine.wider_access import find_wider_access
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, stack

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 300, "KmsMasterKeyId": "alias/shop"}}
ENV = {"account": "111111111111", "region": "eu-west-1"}


def role(arn, action="sqs:SendMessage", **more):
    """A role with rights on a queue."""
    document = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": arn}]}
    trust = {
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]
    }
    policies = [{"PolicyName": "p", "PolicyDocument": document}]
    properties = {"AssumeRolePolicyDocument": trust, "Policies": policies, "MaxSessionDuration": 7200, **more}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def widenings(before, after):
    sides = Sides(StackScopes(), StackScopes())
    changes = compare_stacks(before, after, TABLES, sides)
    return [(w.logical_id, w.certain, w.message) for _change, w in find_wider_access(changes, (before, after), sides)]


def export(name, value):
    return {"Value": value, "Export": {"Name": name}}


def across(queue, action="sqs:SendMessage", held_in="Base"):
    """Two stacks; the second names a queue of the first by an export."""
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    base = stack({queue: QUEUE, "Other": {"Type": "AWS::SNS::Topic"}}, held_in, path="App/Base",
                 Outputs={"O": export(f"{held_in}:{queue}", arn)}, **ENV)  # fmt: skip
    shop = stack({"Role": role({"Fn::ImportValue": f"{held_in}:{queue}"}, action)}, "Shop", **ENV)
    return [base, shop]


def nested(queue, action="sqs:SendMessage", parameter=None):
    """A nested stack that is given the ARN of a queue of its parent."""
    parameter = parameter or f"reference{queue}Arn"
    passed = {"Parameters": {parameter: {"Fn::GetAtt": [queue, "Arn"]}}}
    root = stack({queue: QUEUE, "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": passed}}, "Shop", **ENV)
    inner = stack({"Role": role({"Ref": parameter}, action)}, "Shop/Inner", parent=root, at="Inner",
                  Parameters={parameter: {"Type": "String"}}, **ENV)  # fmt: skip
    return [root, inner]


def handing_out(queue, action="sqs:SendMessage", at="Inner"):
    """A nested stack that gives the ARN of its queue to its parent."""
    arn = {"Fn::GetAtt": [at, f"Outputs.{queue}Arn"]}
    root = stack({at: {"Type": "AWS::CloudFormation::Stack"}, "Role": role(arn, action)}, "Shop", **ENV)
    outputs = {f"{queue}Arn": {"Value": {"Fn::GetAtt": [queue, "Arn"]}}}
    inner = stack({queue: QUEUE}, f"Shop/{at}", parent=root, at=at, path=f"Shop/{at}", Outputs=outputs, **ENV)
    return [root, inner]


def together(action="sqs:SendMessage"):
    """The queue and whoever uses it in one stack, beside another one."""
    role_of = {"Jobs": QUEUE, "Role": role({"Fn::GetAtt": ["Jobs", "Arn"]}, action)}
    topic = {"Other": {"Type": "AWS::SNS::Topic"}}
    return [stack(topic, "Base", path="App/Base", **ENV), stack(role_of, "Shop", **ENV)]


SAME = [
    pytest.param(across("Jobs"), across("Tasks"), id="renamed behind an export"),
    pytest.param(across("Jobs"), across("Jobs", held_in="Base2"), id="in a renamed stack"),
    pytest.param(nested("Jobs"), nested("Tasks"), id="renamed behind a parameter"),
    pytest.param(nested("Jobs", parameter="Arn"), nested("Tasks", parameter="Arn"), id="behind the same parameter"),
    pytest.param(handing_out("Jobs"), handing_out("Tasks"), id="renamed behind an output"),
    pytest.param(handing_out("Jobs"), handing_out("Jobs", at="Next"), id="in a renamed nested stack"),
    pytest.param(together(), across("Jobs"), id="moved to another stack"),
    pytest.param(across("Jobs"), together(), id="moved from another stack"),
]
MORE = [
    pytest.param(across("Jobs"), across("Tasks", "sqs:*"), id="behind an export"),
    pytest.param(nested("Jobs"), nested("Tasks", "sqs:*"), id="behind a parameter"),
    pytest.param(handing_out("Jobs"), handing_out("Tasks", "sqs:*"), id="behind an output"),
    pytest.param(together(), across("Jobs", "sqs:*"), id="in another stack"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_equal_rights_on_a_renamed_or_moved_resource_are_no_wider_access(before, after):
    assert widenings(before, after) == []


@pytest.mark.parametrize(("before", "after"), MORE)
def test_more_rights_on_it_are_told_for_certain(before, after):
    assert [(logical_id, certain) for logical_id, certain, _message in widenings(before, after)] == [("Role", True)]


def test_another_resource_is_another_one():
    after = across("Tasks")
    after[0].template["Resources"]["Mine"] = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
    after[0].template["Outputs"]["P"] = export("Base:Mine", {"Fn::GetAtt": ["Mine", "Arn"]})
    after[1].template["Resources"]["Role"] = role({"Fn::ImportValue": "Base:Mine"})
    ((logical_id, certain, message),) = widenings(across("Jobs"), after)
    assert (logical_id, certain) == ("Role", True) and "${App/Base/Mine}" in message


@pytest.mark.parametrize("target", ["Base", "Shop2"])
def test_a_moved_role_that_may_do_more_is_told(target):
    def app(home, **more):
        stacks = {name: {"Topic": {"Type": "AWS::SNS::Topic"}} for name in ("Base", "Shop", target)}
        stacks[home]["Role"] = role("arn:aws:sqs:eu-west-1:111111111111:jobs", **more)
        kept = {name: resources for name, resources in stacks.items() if name in ("Base", "Shop", home)}
        return [stack(resources, name, **ENV) for name, resources in kept.items()]

    assert widenings(app("Shop"), app(target)) == []
    found = widenings(app("Shop"), app(target, ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]))
    assert [(logical_id, certain) for logical_id, certain, _message in found] == [("Role", True)]


def test_a_resource_that_moves_to_another_account_is_another_one():
    before, after = together(), across("Jobs")
    moved = [after[0]._replace(account="222222222222"), after[1]]
    assert len(widenings([before[0]._replace(account="222222222222"), before[1]], moved)) == 1


def test_exports_that_lead_to_each_other_end():
    def app(queue):
        base = stack({queue: QUEUE}, "Base", Outputs={"O": export("a", {"Fn::ImportValue": "b"})}, **ENV)
        other = stack(
            {"T": {"Type": "AWS::SNS::Topic"}}, "Other", Outputs={"O": export("b", {"Fn::ImportValue": "a"})}, **ENV
        )
        return [base, other, stack({"Role": role({"Fn::ImportValue": "a"})}, "Shop", **ENV)]

    assert widenings(app("Jobs"), app("Tasks")) == []


def test_the_successors_of_a_stack():
    before, after = across("Jobs"), across("Tasks")
    changes = compare_stacks(before, after, TABLES, Sides(StackScopes(), StackScopes()))
    assert find_successors(changes) == {(before[0], "Jobs"): (after[0], "Tasks")}
