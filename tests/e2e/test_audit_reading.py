"""What an audit reads of places that answer badly: each thing that was not read is a row, and no other is lost."""

import json
import re

import pytest

pytest.importorskip("boto3")

from cdkguard.api.judge import Judge  # noqa: E402
from cdkguard.audit.key_ring import RoleSettings  # noqa: E402
from cdkguard.audit.progress import Progress  # noqa: E402
from cdkguard.audit.results.result import open_result  # noqa: E402
from cdkguard.audit.results.store import open_store  # noqa: E402
from cdkguard.audit.run import run_audit  # noqa: E402
from cdkguard.audit.scope import AuditSettings  # noqa: E402
from cdkguard.check.exit_status import status_of as status_of_report  # noqa: E402
from cdkguard.check.run import check  # noqa: E402
from cdkguard.config.settings import Config  # noqa: E402
from cdkguard.errors import BaselineError, ConfigError, InputError  # noqa: E402
from cdkguard.outputs.audit.record import StackRow  # noqa: E402
from cdkguard.outputs.audit.verdict import status_of  # noqa: E402
from tests.support.audit import MemoryStore  # noqa: E402
from tests.support.aws_stub import ACCOUNT, Answer, Stub  # noqa: E402

OTHER, REGION = "444455556666", "eu-west-1"
TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}
BAD, CLEAN = {"Resources": {"Data": TABLE}}, {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
RULES = Config(rules=("data-retention",))


@pytest.fixture
def stub(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Stub() as stub:
        stub.roles = {f"arn:aws:iam::{account}:role/audit" for account in (ACCOUNT, OTHER)}
        yield stub


def audit(stub, store=None, **more):
    """The result of an audit of both accounts in one region, by threads of this process."""
    store = store or MemoryStore()
    settings = AuditSettings(
        RULES, (REGION,), (ACCOUNT, OTHER), role=RoleSettings("audit"), rate=2000, attempts=2, endpoint_url=stub.url,
        engine="threads",
    )._replace(**more)  # fmt: skip
    run_audit(settings, store, Progress())
    return store


def stack_id(name, account=ACCOUNT, region=REGION):
    return f"arn:aws:cloudformation:{region}:{account}:stack/{name}/1"


def put(stub, name, template, account=ACCOUNT, region=REGION, **about):
    stub.stack(name, template, region, account, stack_id(name, account, region), **about)


def unread(store):
    return sorted((row.kind, row.account, row.region, row.stack) for row in store.unread)


def test_every_stack_is_a_row_and_every_call_is_made_once(stub):
    stub.page = 3
    for number in range(8):
        put(stub, f"svc-{number}", BAD if number % 2 else CLEAN, tags={"owner": "me"})
    put(stub, "other", CLEAN, OTHER)
    found = audit(stub)
    assert not found.unread
    assert sorted(row.stack for row in found.stacks) == ["other", *(f"svc-{n}" for n in range(8))]
    assert {row.stack for row in found.findings} == {"svc-1", "svc-3", "svc-5", "svc-7"}
    assert {row.owner for row in found.findings} == {"me"}
    assert found.header.calls == {"assume_role": 2, "describe_stacks": 4, "get_caller_identity": 1, "get_template": 9, "refused": 0}  # fmt: skip
    assert len(stub.calls) == 16


# -- not read


def failing(action, answer, **where):
    return lambda asked, parameters, count: answer if asked == action and where.items() <= parameters.items() else None


def test_an_account_whose_role_cannot_be_assumed_is_one_row_and_the_others_are_judged(stub):
    stub.roles.discard(f"arn:aws:iam::{OTHER}:role/audit")
    put(stub, "svc", BAD)
    found = audit(stub, regions=(REGION, "us-east-1"))
    assert unread(found) == [("account", OTHER, "", "")]
    assert "cannot be assumed" in found.unread[0].reason
    assert "let it trust" in found.unread[0].advice
    assert [row.stack for row in found.stacks] == ["svc"]


@pytest.mark.parametrize(
    ("answer", "reason", "advice"),
    [
        (Answer(403, "AccessDenied"), "no permission for cloudformation:DescribeStacks", "docs/audit.md"),
        (Answer(400, "UnrecognizedClientException"), "does not accept the credentials", "disabled for this account"),
        (Answer(400, "Throttling", "Rate exceeded"), "was throttled 2 times", "--rate"),
        (Answer(500, "InternalFailure"), "DescribeStacks failed: 500", "again"),
        (Answer(body="<DescribeStacksResponse>", cut=12), "half an answer|Connection was closed", "again|network"),
    ],
)
def test_a_region_that_is_not_listed_is_a_row(stub, answer, reason, advice):
    put(stub, "svc", BAD)
    stub.fault = failing("DescribeStacks", answer)
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("region", ACCOUNT, REGION, "")]
    assert re.search(reason, found.unread[0].reason)
    assert re.search(advice, found.unread[0].advice)


def test_a_listing_with_half_a_stack_is_not_taken_for_the_whole(stub):
    put(stub, "svc", BAD)
    half = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"  # noqa: E501
    stub.fault = failing("DescribeStacks", Answer(body=half))
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("region", ACCOUNT, REGION, "")]
    assert "half an answer" in found.unread[0].reason


def test_a_region_or_account_that_is_named_twice_is_read_once(stub):
    put(stub, "svc", BAD)
    found = audit(stub, accounts=(ACCOUNT, ACCOUNT), regions=(REGION, REGION))
    assert [row.stack for row in found.stacks] == ["svc"]
    assert found.header.scope == "1 account, 1 region"


def test_credentials_that_end_in_the_middle_end_the_audit_which_goes_on_later(stub):
    put(stub, "svc", BAD)
    put(stub, "svc", BAD, OTHER)
    stub.fault = failing(
        "AssumeRole", Answer(403, "ExpiredToken", "expired"), RoleArn=f"arn:aws:iam::{OTHER}:role/audit"
    )
    store = MemoryStore()
    with pytest.raises(InputError, match="the credentials are expired .*--resume"):
        audit(stub, store)
    stub.fault = failing("none", None)
    resumed = audit(stub, store, resume=True)
    assert not resumed.unread and len(resumed.stacks) == 2


def test_a_listing_of_which_one_page_fails_is_not_taken_for_the_whole(stub):
    stub.page = 1
    put(stub, "svc", BAD)
    put(stub, "more", BAD)
    stub.fault = failing("DescribeStacks", Answer(403, "AccessDenied"), NextToken="1")
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("region", ACCOUNT, REGION, "")]
    assert not found.stacks


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(403, "AccessDenied"), "no permission for cloudformation:GetTemplate"),
        (Answer(400, "Throttling"), "was throttled 2 times"),
        (Answer(body="<GetTemplateResponse><GetTemplateResult></GetTemplateResult></GetTemplateResponse>"), "without a template"),
    ],
)  # fmt: skip
def test_a_template_that_is_not_read_is_a_row(stub, answer, reason):
    put(stub, "svc", BAD)
    put(stub, "secret", BAD)
    stub.fault = failing("GetTemplate", answer, StackName=stack_id("secret"))
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("template", ACCOUNT, REGION, "secret")]
    assert reason in found.unread[0].reason
    assert [row.stack for row in found.stacks] == ["svc"]


@pytest.mark.parametrize("body", ["[]", "Resources: {", '{"Resources": 3}', "just words"])
def test_a_template_that_cannot_be_understood_is_a_row(stub, body):
    put(stub, "svc", CLEAN)
    put(stub, "odd", body)
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("template", ACCOUNT, REGION, "odd")]
    assert [row.stack for row in found.stacks] == ["svc"]


def test_without_credentials_or_accounts_there_is_no_audit(stub, monkeypatch):
    with pytest.raises(ConfigError, match="12 digits"):
        audit(stub, accounts=("me",))
    with pytest.raises(ConfigError, match="names no account"):
        audit(stub, without=("999999999999",))
    with pytest.raises(ConfigError, match="no account and region"):
        audit(stub, without=(REGION,))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(BaselineError, match="the accounts cannot be read: no AWS credentials"):
        audit(stub)


def test_what_is_left_out_is_not_called(stub):
    put(stub, "svc", BAD)
    put(stub, "svc", BAD, OTHER)
    found = audit(stub, without=(f"{OTHER}/{REGION}",))
    assert [row.account for row in found.stacks] == [ACCOUNT]
    assert found.header.scope == f"2 accounts, 1 region; left out: {OTHER}/{REGION}"


# -- what is judged


def test_a_stack_of_which_nothing_runs_is_a_row_that_says_so(stub):
    for status in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS"):
        put(stub, status.lower().replace("_", "-"), BAD, status=status)
    put(stub, "half-deleted", BAD, status="DELETE_FAILED")
    found = audit(stub, accounts=(ACCOUNT,))
    assert not found.unread
    assert {row.stack: bool(row.unjudged) for row in found.stacks} == {
        "review-in-progress": True, "rollback-complete": True, "delete-in-progress": True, "half-deleted": False,
    }  # fmt: skip
    assert {row.stack for row in found.findings} == {"half-deleted"}
    assert stub.actions().count("GetTemplate") == 1


def test_a_hidden_parameter_is_unknown_and_never_its_default(stub):
    policy = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    template = {
        "Parameters": {"Pass": {"Type": "String", "NoEcho": True, "Default": "x"}, "Kind": {"Type": "String", "Default": "a"}},
        "Conditions": {"Hidden": {"Fn::Equals": [{"Ref": "Pass"}, "x"]}, "Shown": {"Fn::Equals": [{"Ref": "Kind"}, "a"]}},
        "Resources": {"A": {**TABLE, "Condition": "Hidden"}, "B": {**TABLE, "Condition": "Shown"}, "C": {**TABLE, **policy}},
    }  # fmt: skip
    put(stub, "svc", template, parameters=[{"ParameterKey": "Pass", "ParameterValue": "****"}, {"ParameterKey": "Kind", "ParameterValue": "b"}])  # fmt: skip
    found = audit(stub, accounts=(ACCOUNT,))
    assert {row.logical_id for row in found.findings} == {"A"}


def test_what_runs_is_the_processed_template(stub):
    def fault(action, parameters, count):
        if action == "GetTemplate":
            assert parameters["TemplateStage"] == "Processed"

    stub.fault = fault
    put(stub, "svc", {"Transform": "AWS::Serverless-2016-10-31", **BAD})
    found = audit(stub, accounts=(ACCOUNT,))
    assert {row.logical_id for row in found.findings} == {"Data"}
    assert not found.unread


def put_nested(stub, inner=BAD):
    outer = {
        "Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x/y"}}}
    }
    put(stub, "outer-Inner-1", inner, root=stack_id("outer"), parent=stack_id("outer"))
    put(stub, "outer", outer, resources=[("Inner", stack_id("outer-Inner-1"))])


def test_nested_stacks_are_judged_with_their_root(stub):
    put_nested(stub)
    put(stub, "alone", CLEAN)
    found = audit(stub, accounts=(ACCOUNT,))
    assert not found.unread
    assert {row.stack for row in found.stacks} == {"outer", "outer-Inner-1", "alone"}
    assert {(row.stack, row.logical_id) for row in found.findings} == {("outer-Inner-1", "Data")}
    assert {row.stack_id for row in found.findings} == {stack_id("outer-Inner-1")}
    assert stub.actions().count("ListStackResources") == 1
    assert stub.actions().count("GetTemplate") == 3


@pytest.mark.parametrize("unread_one", ["outer", "outer-Inner-1"])
def test_a_nested_stack_or_its_root_that_is_not_read_is_a_row(stub, unread_one):
    put_nested(stub)
    stub.fault = failing("GetTemplate", Answer(403, "AccessDenied"), StackName=stack_id(unread_one))
    found = audit(stub, accounts=(ACCOUNT,))
    named = {row.stack for row in found.unread}
    assert named == ({"outer", "outer-Inner-1"} if unread_one == "outer" else {"outer-Inner-1"})
    assert named | {row.stack for row in found.stacks} == {"outer", "outer-Inner-1"}


def test_a_nested_template_that_cannot_be_understood_is_a_row(stub):
    put_nested(stub, "[]")
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("template", ACCOUNT, REGION, "outer-Inner-1")]
    assert [row.stack for row in found.stacks] == ["outer"]


def test_a_nested_stack_whose_root_cannot_be_judged_is_a_row_that_says_so(stub):
    put_nested(stub)
    deep = '{"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack"}, "T": {"Type": "X::Y::Z", "Properties": {"X": %s}}}}'
    put(stub, "outer", deep % ("[" * 300 + "]" * 300), resources=[("Inner", stack_id("outer-Inner-1"))])
    found = audit(stub, accounts=(ACCOUNT,))
    reasons = {row.stack: row.reason for row in found.unread}
    assert "nested deeper" in reasons["outer"]
    assert reasons["outer-Inner-1"] == "it is judged with its root, which could not be judged"


def test_a_nested_stack_whose_root_is_not_listed_is_a_row(stub):
    put(stub, "outer-Inner-1", BAD, root=stack_id("outer"), parent=stack_id("outer"))
    found = audit(stub, accounts=(ACCOUNT,))
    assert unread(found) == [("stack", ACCOUNT, REGION, "outer-Inner-1")]


def test_accounts_of_the_audit_are_not_foreign(stub):
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole"}
        ]
    }
    role = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}}}
    put(stub, "svc", role)
    config = Config(rules=("all",))
    mine = {row.rule for row in audit(stub, config=config).findings}
    theirs = {row.rule for row in audit(stub, accounts=(ACCOUNT,), config=config).findings}
    assert theirs - mine and not mine - theirs


# -- defects


@pytest.fixture
def finished(tmp_path):
    """A store of a folder."""
    return open_store(str(tmp_path / "out"))


def status(stub, store):
    settings = AuditSettings(
        RULES, (REGION,), (ACCOUNT,), role=RoleSettings("audit"), rate=2000, endpoint_url=stub.url, engine="threads"
    )
    return status_of(run_audit(settings, store, Progress()).summary.run)


def test_a_rule_that_crashes_is_a_defect_as_in_a_check(stub, monkeypatch, finished, tmp_path):
    from cdkguard.engine.rules import BoundRule

    decide = BoundRule._bind_and_decide

    def crash(self, subject):
        if "KeySchema" in str(subject.root):
            raise ZeroDivisionError("of the rule")
        return decide(self, subject)

    monkeypatch.setattr(BoundRule, "_bind_and_decide", crash)
    put(stub, "clean", CLEAN)
    put(stub, "odd", BAD)
    assert status(stub, finished) == 4
    file = tmp_path / "t.json"
    file.write_text(json.dumps(BAD))
    assert status_of_report(check(RULES._replace(paths=(str(file),)))) == 4

    result = open_result(str(tmp_path / "out"))
    [row] = result.rows("unread")
    assert (row.kind, row.stack) == ("rule", "odd") and "ZeroDivisionError" in row.reason and "report it" in row.advice
    assert result.run.counts.crashed == 1
    assert status_of(result.summarize().run) == 4


@pytest.mark.parametrize(
    ("problem", "kind", "ends_with"), [(ValueError("odd"), "rule", 4), (MemoryError(), "stack", 3), (OSError(28, "disk full"), "stack", 3)]
)  # fmt: skip
def test_what_nobody_has_foreseen_costs_its_own_stack_alone(stub, monkeypatch, finished, tmp_path, problem, kind, ends_with):  # fmt: skip
    judge = Judge._judge

    def fail(self, body, context, *more):
        if context.name == "odd":
            raise problem
        return judge(self, body, context, *more)

    monkeypatch.setattr(Judge, "_judge", fail)
    monkeypatch.setattr(Judge, "_fail_closed", lambda self, judge: judge())
    for name in ("a", "odd", "z"):
        put(stub, name, BAD)
    assert status(stub, finished) == ends_with
    result = open_result(str(tmp_path / "out"))
    assert [(row.kind, row.stack) for row in result.rows("unread")] == [(kind, "odd")]
    assert [row.stack for row in result.rows("stacks")] == ["a", "z"]


# -- again


def test_a_second_audit_with_a_cache_reads_only_what_was_deployed_since(stub, tmp_path):
    for number in range(5):
        put(stub, f"svc-{number}", BAD if number % 2 else json.dumps(CLEAN), updated="2030-01-01T00:00:00Z")
    cache = str(tmp_path / "cache")
    first = audit(stub, accounts=(ACCOUNT,), cache=cache)
    assert stub.actions().count("GetTemplate") == 5
    again = audit(stub, accounts=(ACCOUNT,), cache=cache)
    assert stub.actions().count("GetTemplate") == 5
    assert again.rows == first.rows
    put(stub, "svc-0", BAD, updated="2030-01-02T00:00:00Z")
    third = audit(stub, accounts=(ACCOUNT,), cache=cache)
    assert stub.actions().count("GetTemplate") == 6
    assert "svc-0" in {row.stack for row in third.findings}


def test_a_verdict_is_never_cached(stub, tmp_path):
    put(stub, "svc", BAD)
    cache = str(tmp_path / "cache")
    audit(stub, accounts=(ACCOUNT,), cache=cache)
    other = audit(stub, accounts=(ACCOUNT,), cache=cache, config=Config(rules=("dynamodb-pitr",)))
    assert {row.rule for row in other.findings} == {"dynamodb-pitr"}


def test_a_resumed_audit_runs_what_is_missing_and_what_was_deployed_since(stub):
    for number in range(120):
        put(stub, f"svc-{number:03d}", BAD if number % 2 else CLEAN)
    whole = audit(stub)
    parts = dict(whole.parts)
    assert [len([row for row in part if isinstance(row, StackRow)]) for part in parts.values()] == [50, 70]

    read = stub.actions().count("GetTemplate")
    resumed = audit(stub, MemoryStore(dict(list(parts.items())[:1])), resume=True)
    assert resumed.rows == whole.rows
    assert stub.actions().count("GetTemplate") - read == 70

    put(stub, "svc-000", BAD, updated="2030-01-02T00:00:00Z")
    changed = audit(stub, MemoryStore(dict(parts)), resume=True)
    assert len(changed.stacks) == 120
    assert "svc-000" in {row.stack for row in changed.findings}
