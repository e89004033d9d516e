"""With `read_stack` the function reads the stack in its own account: parameters, what runs, and what would be lost."""

import json

import pytest

from cdkguard.cfnhook.handler import answer_event
from cdkguard.cfnhook.hook import bind_hook
from cdkguard.config.load import config_of_data
from tests.support.presigned import assert_valid, change_set_event, presigned_urls, stack_event

BARE = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
SOUND = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        "DeletionProtectionEnabled": {"Ref": "Protect"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}
PARAMETERS = {"Protect": {"Type": "String", "Default": "true"}}
TOPIC = {"Resources": {"Q": {"Type": "AWS::SNS::Topic"}}}
CHANGE_SET = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/deploy/5e6f7a8b"


class Client:
    """CloudFormation of one account: the templates that run, by name or id, and the parameters of the change set."""

    class meta:  # noqa: N801 - as botocore calls it
        class service_model:  # noqa: N801
            service_name = "cloudformation"

    def __init__(self, running=None, parameters=(), nested=None, status="CREATE_COMPLETE"):
        self.running, self.parameters, self.nested, self.calls = running or {}, parameters, nested or {}, []
        self.status = status

    def _found(self, name):
        from botocore.exceptions import ClientError

        key = name.split(":stack/")[-1].split("/")[0]
        if key not in self.running:
            error = {"Error": {"Code": "ValidationError", "Message": f"Stack {name} does not exist"}}
            raise ClientError(error, "DescribeStacks")
        return key

    def describe_stacks(self, StackName):  # noqa: N803
        key = self._found(StackName)
        self.calls.append(("describe_stacks", key))
        values = [{"ParameterKey": "Protect", "ParameterValue": "true"}]
        return {"Stacks": [{"StackName": key, "StackStatus": self.status, "Parameters": values}]}

    def get_template(self, StackName, TemplateStage):  # noqa: N803
        return {"TemplateBody": self.running[self._found(StackName)]}

    def describe_change_set(self, ChangeSetName):  # noqa: N803
        return {"StackName": "orders-prod", "Parameters": self.parameters, "Tags": [{"Key": "team", "Value": "orders"}]}

    def list_stack_resources(self, StackName):  # noqa: N803
        return {"StackResourceSummaries": [
            {"LogicalResourceId": name, "PhysicalResourceId": physical, "ResourceType": "AWS::CloudFormation::Stack"}
            for name, physical in self.nested.items()
        ]}  # fmt: skip


@pytest.fixture(scope="module")
def bound():
    data = {
        "environments": {"prod": {"stacks": ["*prod*"], "strict": True}},
        "cfn_hook": {"read_stack": True, "keep": ["kept"]},
    }
    return bind_hook(config_of_data(data), allows_loopback=True)


@pytest.fixture
def ask(bound):
    def ask(client, event, payload=None):
        with presigned_urls() as urls:
            if payload is not None:
                event["requestData"]["payload"] = urls.put(payload)
            answer = answer_event(event, lambda: bound._replace(connect=lambda region: client))
        assert_valid(answer)
        return answer

    return ask


def text(**resources):
    return json.dumps({"Resources": resources, "Parameters": PARAMETERS})


def test_a_deletion_is_judged_by_what_would_be_lost(ask):
    refused = ask(Client({"orders-prod": text(T=BARE)}), stack_event("DELETE", "orders-prod"))
    assert refused["errorCode"] == "NonCompliant"
    assert refused["annotations"][0]["annotationName"] == "data-destroyed"
    assert ask(Client({"orders-prod": TOPIC}), stack_event("DELETE", "orders-prod"))["hookStatus"] == "SUCCESS"
    assert ask(Client({"kept": TOPIC}), stack_event("DELETE", "kept"))["errorCode"] == "NonCompliant"


def test_a_deleted_stack_that_is_not_found_is_somewhere_else(ask):
    """CloudFormation says that it deletes the stack: where the function finds none, it looks into another account or region."""
    answer = ask(Client(), stack_event("DELETE", "orders-prod"))
    assert answer["errorCode"] == "InternalFailure" and "account and region" in answer["message"]
    reviewed = Client({"orders-prod": TOPIC}, status="REVIEW_IN_PROGRESS")
    assert ask(reviewed, stack_event("DELETE", "orders-prod"))["hookStatus"] == "SUCCESS", "nothing was deployed to it"


def test_a_change_set_of_a_stack_that_is_not_found_is_judged_by_what_it_lists(ask):
    row = {"logicalResourceId": "T", "resourceType": BARE["Type"], "action": "DELETE", "beforeContext": None}
    payload = {"template": json.dumps(TOPIC), "changedResources": [row]}
    answer = ask(Client(), change_set_event("orders-prod"), payload)
    assert answer["errorCode"] == "NonCompliant"
    assert "data-destroyed" in {one["annotationName"] for one in answer["annotations"]}


def test_a_nested_stack_that_is_not_read_is_not_deleted(ask):
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x.example/n"}}
    client = Client({"orders-prod": {"Resources": {"N": nested}}}, nested={"N": "gone"})
    assert ask(client, stack_event("DELETE", "orders-prod"))["errorCode"] == "NonCompliant"


def test_a_deletion_takes_nested_stacks_with_it(ask):
    parent = {
        "Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x.example/n"}}}
    }
    client = Client({"orders-prod": parent, "inner": text(T=BARE)}, nested={"N": "inner"})
    answer = ask(client, stack_event("DELETE", "orders-prod"))
    assert answer["errorCode"] == "NonCompliant"
    assert "data-destroyed" in {one["annotationName"] for one in answer["annotations"]}


@pytest.mark.parametrize("value, status", [("true", "SUCCESS"), ("false", "FAILED"), ("****", "SUCCESS")])
def test_the_parameters_of_a_change_set_are_known(ask, value, status):
    client = Client(parameters=[{"ParameterKey": "Protect", "ParameterValue": value}])
    event = stack_event("CREATE", "orders-prod", changeSetId=CHANGE_SET)
    answer = ask(client, event, {"template": text(T=SOUND)})
    assert answer["hookStatus"] == status
    skipped = [one for one in answer.get("annotations", ()) if one["status"] == "SKIPPED"]
    assert bool(skipped) == (value == "****")


def test_an_update_compares_both_parameters(ask):
    client = Client({"orders-prod": text(T=SOUND)}, parameters=[{"ParameterKey": "Protect", "ParameterValue": "false"}])
    event = stack_event("UPDATE", "orders-prod", changeSetId=CHANGE_SET)
    answer = ask(client, event, {"template": text(T=SOUND), "previousTemplate": text(T=SOUND)})
    assert answer["errorCode"] == "NonCompliant"
    assert any("change " in one["statusMessage"] for one in answer["annotations"])


def test_a_change_set_is_judged_against_what_runs(ask):
    payload = {"template": json.dumps(TOPIC), "changedResources": []}
    parameters = [{"ParameterKey": "Protect", "ParameterValue": "true"}]
    lost = ask(Client({"orders-prod": text(T=BARE)}, parameters), change_set_event("orders-prod"), payload)
    assert lost["errorCode"] == "NonCompliant"
    assert ask(Client({"orders-prod": TOPIC}), change_set_event("orders-prod"), payload)["hookStatus"] == "SUCCESS"
    assert ask(Client(), change_set_event("orders-prod"), payload)["hookStatus"] == "SUCCESS"


def test_what_aws_does_not_show_is_no_pass(ask):
    class Denied(Client):
        def get_template(self, StackName, TemplateStage):  # noqa: N803
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetTemplate")

    answer = ask(Denied({"orders-prod": TOPIC}), stack_event("DELETE", "orders-prod"))
    assert answer["errorCode"] == "InternalFailure"
    assert "GetTemplate" in answer["message"]
