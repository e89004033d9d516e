"""The answers of the hook inside CloudFormation: for each target what the rules say, and never a pass for what was not read."""

import json

import pytest

from cdkguard.cfnhook.handler import answer_event
from cdkguard.cfnhook.hook import bind_hook
from cdkguard.config.load import config_of_data
from tests.support.presigned import TOKEN, assert_valid, change_set_event, dripping, presigned_urls, stack_event

SETTINGS = {
    "environments": {"prod": {"stacks": ["*prod*"], "strict": True}, "dev": {"stacks": ["*dev*"]}},
    "cfn_hook": {"keep": ["Shared*"]},
}
BARE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}}
SOUND = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    },
}
OPEN = {
    "Type": "AWS::EC2::SecurityGroup",
    "Properties": {
        "GroupDescription": "ssh",
        "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}],
    },
}


def template(parameters=None, **resources):
    return json.dumps({"Resources": resources, **({"Parameters": parameters} if parameters else {})})


@pytest.fixture(scope="module")
def urls():
    with presigned_urls() as served:
        yield served


def hook_of(**more):
    data = {**SETTINGS, **more}
    return bind_hook(config_of_data(data), allows_loopback=True)


@pytest.fixture(scope="module")
def hook():
    return hook_of()


@pytest.fixture
def ask(urls, hook):
    def ask(event, payload=None, by=hook):
        if payload is not None:
            event["requestData"]["payload"] = urls.put(payload)
        answer = answer_event(event, lambda: by)
        assert_valid(answer, event["clientRequestToken"])
        return answer

    return ask


def names(answer, status="FAILED"):
    return {one["annotationName"] for one in answer.get("annotations", ()) if one["status"] == status}


# -- stacks


def test_a_new_stack_is_judged(ask):
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(T=BARE, G=OPEN), "previousTemplate": ""})
    assert (answer["hookStatus"], answer["errorCode"]) == ("FAILED", "NonCompliant")
    assert {"data-retention", "sg-ingress-open-world"} & names(answer)
    worst = answer["annotations"][0]
    assert worst["severityLevel"] == "CRITICAL"
    assert worst["remediationMessage"] and worst["remediationLink"].startswith("https://")
    assert "at or above high in prod" in answer["message"]


def test_a_sound_stack_passes(ask):
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(T=SOUND)})
    assert answer["hookStatus"] == "SUCCESS"
    assert "nothing at or above high in prod" in answer["message"]


def test_yaml_with_short_forms(ask):
    text = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Sub '${AWS::StackName}-q', SqsManagedSseEnabled: true}\n"
    assert ask(stack_event("CREATE", "orders-dev"), {"template": text})["hookStatus"] == "SUCCESS"


def test_an_update_that_drops_a_table(ask):
    event = stack_event("UPDATE", "orders-prod")
    answer = ask(event, {"template": template(Q={"Type": "AWS::SNS::Topic"}), "previousTemplate": template(T=BARE)})
    assert answer["errorCode"] == "NonCompliant"
    lost = next(one for one in answer["annotations"] if one["annotationName"] == "data-destroyed")
    assert lost["severityLevel"] == "CRITICAL" and "(change " in lost["statusMessage"]
    kept = ask(event, {"template": template(Q={"Type": "AWS::SNS::Topic"}), "previousTemplate": template(T=SOUND)})
    assert "data-destroyed" not in names(kept)


@pytest.mark.parametrize(
    "name, status",
    [("orders-prod", "FAILED"), ("orders-dev", "SUCCESS"), ("Shared-dev", "FAILED"), ("orders", "FAILED")],
)
def test_a_deletion_is_decided_by_the_name(ask, name, status):
    answer = ask(stack_event("DELETE", name))
    assert answer["hookStatus"] == status
    assert answer.get("errorCode") == ("NonCompliant" if status == "FAILED" else None)


def test_a_new_stack_with_a_template_that_runs_is_an_update(ask):
    payload = {"template": template(Q={"Type": "AWS::SNS::Topic"}), "previousTemplate": template(T=BARE)}
    answer = ask(stack_event("CREATE", "orders-prod"), payload)
    assert "data-destroyed" in names(answer)


def test_the_arn_names_the_stack(ask):
    """The name in `targetLogicalId`, and that of a change set, are not what CloudFormation deletes."""
    event = stack_event("DELETE", "orders-prod")
    event["requestData"]["targetLogicalId"] = "orders-dev"
    assert ask(event)["errorCode"] == "NonCompliant"
    kept = stack_event("DELETE", "Shared-dev")
    kept["requestData"]["targetLogicalId"], kept["stackId"] = kept["stackId"], ""
    assert ask(kept)["errorCode"] == "NonCompliant"
    change_set = change_set_event("orders-prod", stackId="orders-prod")
    change_set["changeSetId"] = change_set["changeSetId"].replace("deploy", "orders-dev")
    answer = ask(change_set, {"template": template(T=BARE), "changedResources": []})
    assert answer["errorCode"] == "NonCompliant" and "in dev" not in answer["message"]


@pytest.mark.parametrize("settings", [{}, {"delete": ["dev"]}])
def test_no_stack_is_deleted_by_a_guess(ask, settings):
    """A name is no more than a hint at what the stack holds."""
    by = bind_hook(config_of_data({"cfn_hook": settings}))
    answer = ask(stack_event("DELETE", "reports-test"), by=by)
    assert answer["errorCode"] == "NonCompliant" and "guess" in answer["message"]


def test_where_stacks_may_be_deleted_is_a_setting(ask):
    assert ask(stack_event("DELETE", "orders-dev"), by=hook_of(cfn_hook={"delete": []}))["errorCode"] == "NonCompliant"
    assert (
        ask(stack_event("DELETE", "orders-prod"), by=hook_of(cfn_hook={"delete": ["prod"]}))["hookStatus"] == "SUCCESS"
    )


# -- what CloudFormation does not tell

FLAG = {"Protect": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}}
BY_PARAMETER = {**SOUND, "Properties": {**SOUND["Properties"], "DeletionProtectionEnabled": {"Ref": "Protect"}}}


def test_what_a_parameter_would_decide_is_skipped(ask):
    payload = {"template": template(FLAG, T=BY_PARAMETER)}
    answer = ask(stack_event("CREATE", "orders-prod"), payload)
    assert answer["hookStatus"] == "SUCCESS"
    assert "dynamodb-deletion-protection" in names(answer, "SKIPPED")
    assert "undecided" in answer["message"]
    strict = ask(stack_event("CREATE", "orders-prod"), payload, by=hook_of(cfn_hook={"unknown": "fail"}))
    assert strict["errorCode"] == "NonCompliant"
    assert "dynamodb-deletion-protection" in names(strict)


def test_what_holds_with_every_value_is_refused(ask):
    table = {**BARE, "Properties": {"TableName": {"Ref": "Protect"}}}
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(FLAG, T=table)})
    assert answer["errorCode"] == "NonCompliant"
    assert "data-retention" in names(answer)


def test_a_condition_on_a_parameter(ask):
    body = {
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
        "Conditions": {"IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}},
        "Resources": {"T": {**SOUND, "DeletionPolicy": {"Fn::If": ["IsDev", "Delete", "Retain"]}}},
    }
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": json.dumps(body)})
    assert answer["hookStatus"] == "SUCCESS" and "data-retention" in names(answer, "SKIPPED")
    assert "data-retention" not in names(answer)


STAGED = {
    "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
    "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
}
TABLES = {
    "condition": {**BARE, "Condition": "IsProd"},
    "policy": {**BARE, "DeletionPolicy": {"Fn::If": ["IsProd", "Retain", "Delete"]}},
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("removed", [True, False], ids=["removed", "put under a condition"])
def test_what_may_be_lost_holds_whatever_the_parameters_are(ask, table, removed):
    """Nobody tells the hook whether the stack that runs is one with the table; `Default` is no answer."""
    topic = {"Type": "AWS::SNS::Topic"}
    before = {**STAGED, "Resources": {"T": table if removed else BARE, "Q": topic}}
    after = {**STAGED, "Resources": {"Q": topic, **({} if removed else {"T": {**table, "Condition": "IsProd"}})}}
    payload = {"template": json.dumps(after), "previousTemplate": json.dumps(before)}
    answer = ask(stack_event("UPDATE", "orders-prod"), payload)
    assert answer["errorCode"] == "NonCompliant"
    assert {"data-destroyed", "data-may-be-destroyed"} & names(answer)


def ingress(address, **more):
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": address}
    return {**OPEN, **more, "Properties": {"GroupDescription": "ssh", "SecurityGroupIngress": [rule]}}


@pytest.mark.parametrize(
    "address",
    [
        {"Ref": "Cidr"},
        {"Fn::ImportValue": "office"},
        {"Fn::Sub": "${N.Outputs.Cidr}"},
        {"Fn::Sub": ["${Address}", {"Address": {"Fn::ImportValue": "office"}}]},
    ],
)
def test_what_an_address_of_somebody_else_would_decide_is_skipped(ask, address):
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.example/n.json"}}
    body = template({"Cidr": {"Type": "String"}}, G=ingress(address), N=nested)
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": body})
    assert answer["hookStatus"] == "SUCCESS"
    assert "sg-ingress-open-sensitive-ports" in names(answer, "SKIPPED")


def test_a_value_of_another_stack_elsewhere_in_the_resource_excuses_nothing(ask):
    group = ingress("{{resolve:ssm:/office/cidr}}", Metadata={"Owner": {"Fn::ImportValue": "owner"}})
    group["Properties"]["Tags"] = [{"Key": "owner", "Value": {"Fn::ImportValue": "owner"}}]
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(G=group)})
    assert "sg-ingress-open-sensitive-ports" in names(answer)


def test_trials_end(ask, monkeypatch):
    """Before CloudFormation gives up: what was not shown to hang on parameters counts."""
    monkeypatch.setattr("cdkguard.cfnhook.undecided.MAX_SECONDS", -1.0)
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(FLAG, T=BY_PARAMETER)})
    assert "dynamodb-deletion-protection" in names(answer)


def test_yaml_is_parsed_once_a_side(ask, monkeypatch):
    from cdkguard.inputs import template_yaml

    asked = []
    real = template_yaml.parse_yaml
    monkeypatch.setattr(template_yaml, "parse_yaml", lambda text, name: asked.append(text) or real(text, name))
    text = "Parameters: {Protect: {Type: String}}\nResources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties: {DeletionProtectionEnabled: !Ref Protect}\n"
    answer = ask(
        stack_event("UPDATE", "orders-prod"), {"template": text + "    Metadata: {a: b}\n", "previousTemplate": text}
    )
    assert answer["annotations"] and len(asked) == 2


def test_a_nested_template_is_skipped(ask):
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.example/n.json"}}
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(N=nested)})
    assert answer["hookStatus"] == "SUCCESS"
    assert "nested-template-unread" in names(answer, "SKIPPED")
    strict = ask(
        stack_event("CREATE", "orders-prod"), {"template": template(N=nested)}, by=hook_of(cfn_hook={"unknown": "fail"})
    )
    assert strict["errorCode"] == "NonCompliant"


# -- suppressions


def test_a_template_does_not_exempt_itself(ask):
    metadata = {"cdkguard": {"suppress": [{"rule": "*", "reason": "trust me"}]}, "aws:cdk:path": "Legacy/T"}
    payload = {"template": template(T={**BARE, "Metadata": metadata})}
    assert ask(stack_event("CREATE", "orders-prod"), payload)["errorCode"] == "NonCompliant"
    bundled = hook_of(suppressions=[{"rule": "*", "construct": "orders-prod*", "reason": "an old table"}])
    answer = ask(stack_event("CREATE", "orders-prod"), payload, by=bundled)
    assert answer["hookStatus"] == "SUCCESS"
    assert any("accepted: an old table" in one["statusMessage"] for one in answer["annotations"])


# -- change sets


def changed(action, kind="AWS::DynamoDB::Table", before=None, after=None, name="T"):
    contexts = [None if one is None else json.dumps({"Properties": one}) for one in (before, after)]
    return {"logicalResourceId": name, "resourceType": kind, "action": action, "lineNumber": None,
            "beforeContext": contexts[0], "afterContext": contexts[1]}  # fmt: skip


def test_a_change_set_that_removes_a_table(ask):
    removal = changed("DELETE", before={"TableName": "orders", "DeletionProtectionEnabled": "false"})
    payload = {"template": template(Q={"Type": "AWS::SNS::Topic"}), "changedResources": [removal]}
    answer = ask(change_set_event("orders-prod"), payload)
    assert answer["errorCode"] == "NonCompliant"
    lost = next(one for one in answer["annotations"] if one["annotationName"] == "data-destroyed")
    assert "read_stack" in lost["statusMessage"]


def test_a_change_set_that_replaces_a_table(ask):
    update = changed("UPDATE", before={"TableName": "a"}, after={"TableName": "b"})
    answer = ask(change_set_event("orders-prod"), {"template": template(T=SOUND), "changedResources": [update]})
    assert answer["errorCode"] == "NonCompliant"
    assert any(one["annotationName"].startswith("data-") for one in answer["annotations"])


def test_a_change_set_that_loses_nothing(ask):
    update = changed("UPDATE", "AWS::SNS::Topic", {"DisplayName": "a"}, {"DisplayName": "b"})
    payload = {
        "template": template(T=SOUND),
        "changedResources": [update, changed("CREATE", after={"TableName": "n"}, name="N")],
    }
    assert ask(change_set_event("orders-prod"), payload)["hookStatus"] == "SUCCESS"


@pytest.mark.parametrize(
    "row",
    [
        changed("UPDATE"),
        {**changed("UPDATE"), "beforeContext": "{", "afterContext": "{"},
        {**changed("UPDATE", before={"A": 1}, after={"A": 1}), "afterContext": '{"Properties": 7}'},
        changed("MODIFY", before={"A": 1}, after={"A": 1}),
    ],
)
def test_a_changed_resource_of_which_nobody_knows_the_change_counts_as_lost(ask, row):
    answer = ask(change_set_event("orders-prod"), {"template": template(T=SOUND), "changedResources": [row]})
    assert "data-destroyed" in names(answer)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "[]",
        {"T": changed("DELETE")},
        ["T"],
        [changed("DELETE", kind="")],
        [changed("DELETE", name=None)],
        [changed("DELETE"), changed("DELETE", kind="AWS::SNS::Topic")],
    ],
)
def test_a_change_set_whose_changes_are_not_listed_is_no_pass(ask, rows):
    payload = {"template": template(Q={"Type": "AWS::SNS::Topic"}), "changedResources": rows}
    answer = ask(change_set_event("orders-prod"), payload)
    assert answer["errorCode"] == "InternalFailure" and "changedResources" in answer["message"]


# -- what is not read


@pytest.mark.parametrize("target", ["RESOURCE", "CLOUD_CONTROL", "", "STACKS", None, 7])
def test_other_targets_are_refused(ask, target):
    event = stack_event("CREATE", "orders-prod", "https://s3.example/x")
    event["requestData"].update(targetType=target, targetName=target)
    answer = ask(event)
    assert (answer["hookStatus"], answer["errorCode"]) == ("FAILED", "InternalFailure")


@pytest.mark.parametrize(
    "body, status, words",
    [
        (b"<Error><Code>AccessDenied</Code></Error>", 403, "answers 403"),
        (b"", 200, "not JSON"),
        (b"[]", 200, "no mapping"),
        (b"{}", 200, "no template"),
        (b'{"template": ""}', 200, "no template"),
        (b'{"template": "{\\"Resources\\": {}}", "template": "{\\"Resources\\": {}}"}', 200, "a key twice"),
        (b'{"template": 7}', 200, "no text"),
        (b'{"template": "Resources: ["}', 200, "not YAML"),
        (b'{"template": "{}"}', 200, "no Resources"),
        (b'{"template": "\\ud800"}', 200, ""),
        (b"[" * 100_000, 200, "not JSON"),
        (b"\xff\xfe", 200, "not JSON"),
    ],
)
def test_a_payload_that_cannot_be_read(urls, hook, body, status, words):
    answer = answer_event(stack_event("CREATE", "orders-prod", urls.put(body, status)), lambda: hook)
    assert_valid(answer)
    assert answer["errorCode"] == "InternalFailure"
    assert words in answer["message"] and "secret0signature" not in json.dumps(answer)


def test_a_redirect_is_not_followed(urls, hook):
    there = urls.put({"template": template(T=SOUND)})
    answer = answer_event(stack_event("CREATE", "orders-prod", urls.put(b"", 302, Location=there)), lambda: hook)
    assert_valid(answer)
    assert answer["errorCode"] == "InternalFailure" and "answers 302" in answer["message"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://example.com/x",
        "https://",
        "http://[::1",
        "data:,{}",
        "https://x:y/",
        "\0",
    ],
)
def test_only_https_is_asked(hook, url):
    answer = answer_event(stack_event("CREATE", "orders-prod", url), lambda: hook)
    assert_valid(answer)
    assert answer["errorCode"] == "InternalFailure"


def test_loopback_is_for_tests_alone(urls):
    url = urls.put({"template": template(T=SOUND)})
    answer = answer_event(stack_event("CREATE", "orders-prod", url), lambda: bind_hook(config_of_data(SETTINGS)))
    assert answer["errorCode"] == "InternalFailure" and "not of https" in answer["message"]


def test_a_payload_that_is_cut_short_or_too_large(urls, hook, monkeypatch):
    short = urls.put(b'{"template": "{}"}', Content_Length="400")
    answer = answer_event(stack_event("CREATE", "orders-prod", short), lambda: hook)
    assert answer["errorCode"] == "InternalFailure"
    monkeypatch.setattr("cdkguard.cfnhook.payload.MAX_BYTES", 1000)
    large = urls.put({"template": "x" * 5000})
    answer = answer_event(stack_event("CREATE", "orders-prod", large), lambda: hook)
    assert answer["errorCode"] == "InternalFailure" and "larger" in answer["message"]


def test_an_update_without_the_template_that_runs(ask):
    answer = ask(stack_event("UPDATE", "orders-prod"), {"template": template(T=SOUND), "previousTemplate": ""})
    assert answer["errorCode"] == "InternalFailure"


def test_a_rule_that_crashes(ask, monkeypatch):
    from cdkguard.engine.rules import BoundRule

    def crash(self, subject):
        raise ZeroDivisionError

    monkeypatch.setattr(BoundRule, "_bind_and_decide", crash)
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(T=SOUND)}, by=hook_of())
    assert answer["errorCode"] == "InternalFailure"


def test_a_defect_is_an_answer():
    def broken():
        raise ZeroDivisionError("secret")

    answer = answer_event(stack_event("CREATE", "orders-prod"), broken)
    assert_valid(answer)
    assert answer["errorCode"] == "InternalFailure" and "bug in cdkguard" in answer["message"]


def test_200_calls_and_hostile_ones(urls, hook):
    """Row 11 of the acceptance: always a valid answer with the token; what was not read is never SUCCESS."""
    odd = [None, 7, True, "", "x" * 70_000, [], {}, ["a"], {"a": 1}, "\0", "\ud800", 1e300, -1]
    events, unread = [], set()
    for place in (
        "clientRequestToken",
        "awsAccountId",
        "stackId",
        "actionInvocationPoint",
        "requestData",
        "requestContext",
    ):
        for value in odd:
            event = stack_event("CREATE", "orders-dev", urls.put({"template": template(T=SOUND)}))
            event[place] = value
            events.append(event)
            if place in ("requestData", "actionInvocationPoint"):
                unread.add(len(events) - 1)
    for place in ("targetType", "payload"):
        for value in odd:
            event = stack_event("UPDATE", "orders-dev", "https://x.invalid/")
            event["requestData"].update({"targetName": None, place: value})
            if place == "targetType":
                event["requestData"]["payload"] = urls.put({"template": template(T=SOUND)})
            events.append(event)
            unread.add(len(events) - 1)
    for value in odd:
        for key in ("template", "previousTemplate"):
            body = {"template": template(T=SOUND), "previousTemplate": template(T=SOUND), key: value}
            events.append(stack_event("UPDATE", "orders-dev", urls.put(body)))
            unread.add(len(events) - 1)
        row = {**changed("UPDATE", before={"A": 1}, after={"A": 2}), "beforeContext": value}
        for rows in (value, [value], [row], [{**row, "action": value}], [{**row, "resourceType": value}]):
            events.append(
                change_set_event("orders-dev", urls.put({"template": template(T=SOUND), "changedResources": rows}))
            )
    events += [*odd, [stack_event("CREATE", "x")]]
    unread.update(range(len(events) - len(odd) - 1, len(events)))

    assert len(events) >= 200
    for number, event in enumerate(events):
        answer = answer_event(event, lambda: hook)
        token = event.get("clientRequestToken") if isinstance(event, dict) else ""
        is_text = isinstance(token, str) and len(token) <= 65_536 and token.isascii()
        assert_valid(answer, token if is_text else answer["clientRequestToken"])
        if number in unread:
            assert answer.get("errorCode") == "InternalFailure", (number, event)
    assert answer_event(stack_event("CREATE", "x"), lambda: hook)["clientRequestToken"] == TOKEN


def test_very_many_findings_are_cut(ask):
    many = {f"Table{n}": BARE for n in range(150)}
    answer = ask(stack_event("CREATE", "orders-prod"), {"template": template(**many)})
    assert len(answer["annotations"]) == 200
    assert "more findings are not listed" in answer["annotations"][-1]["statusMessage"]


@pytest.mark.parametrize("drips", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"])
def test_a_payload_that_comes_letter_by_letter(hook, monkeypatch, drips):
    monkeypatch.setattr("cdkguard.cfnhook.payload.DEADLINE", 0.3)
    with dripping(drips) as port:
        event = stack_event("CREATE", "orders-prod", f"http://127.0.0.1:{port}/x")
        answer = answer_event(event, lambda: hook)
    assert_valid(answer)
    assert answer["errorCode"] == "InternalFailure" and "the payload" in answer["message"]
