"""One stack judged: what is not given is not known, and what cannot be judged is no pass."""

import json
import pickle

import pytest

from cdkguard.api import Judge, NestedTemplate, StackContext, fingerprint
from cdkguard.config.environments import EnvironmentRule
from cdkguard.config.load import config_of_data
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError
from cdkguard.model import Outcome, Suppression

TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
BARE_TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
PROD = StackContext("Orders-prod")


def template(**resources):
    return {"Resources": resources}


@pytest.fixture(scope="module")
def judge():
    return Judge(Config(rules=("all",)), today="2030-01-01")


def found(verdict, rule):
    return [finding for finding in verdict.findings if finding.rule_id == rule]


def test_a_template_is_text_or_a_value(judge):
    body = template(T=BARE_TABLE)
    yaml = "Resources:\n  T: {Type: AWS::DynamoDB::Table, Properties: {}}\n"
    verdicts = [judge.judge(form, PROD) for form in (body, json.dumps(body), yaml)]
    assert {verdict.outcome for verdict in verdicts} == {"fail"}
    assert len({tuple(finding.fingerprint for finding in verdict.findings) for verdict in verdicts}) == 1


def test_the_value_that_was_given_stays_as_it_is(judge):
    loop = {"Fn::ForEach::Tables": ["Name", ["A", "B"], {"T${Name}": BARE_TABLE}]}
    body = {"Transform": "AWS::LanguageExtensions", "Resources": loop}
    before = json.dumps(body)
    assert {f.logical_id for f in judge.judge(body, PROD).findings} >= {"TA", "TB"}
    assert json.dumps(body) == before


@pytest.mark.parametrize(
    "body",
    ["", "{", "Resources: [", "[]", '{"Resources": []}', {"Resources": {"A": 1}}, {}, {"Resources": {"A": {1, 2}}}],
)
def test_what_is_no_template_is_not_known(judge, body):
    verdict = judge.judge(body, PROD)
    assert verdict.outcome == "unknown"
    assert verdict.exit_status == 3
    assert [problem.kind for problem in verdict.errors] == ["template"]


@pytest.mark.parametrize("kind", [{"Ref": "Kind"}, ["AWS::SNS::Topic"], 7, None])
def test_a_loop_over_something_without_a_type_is_not_known(judge, kind):
    loop = {"Fn::ForEach::All": ["Name", ["A"], {"T${Name}": {"Type": kind}}]}
    verdict = judge.judge({"Transform": "AWS::LanguageExtensions", "Resources": loop}, PROD)
    assert (verdict.outcome, verdict.exit_status) == ("unknown", 3)


def test_a_previous_template_that_cannot_be_read_is_no_pass(judge):
    verdict = judge.judge(template(), PROD, previous="{")
    assert (verdict.outcome, verdict.exit_status) == ("unknown", 3)
    assert [problem.kind for problem in verdict.errors] == ["baseline"]


# -- parameters

PROTECTED = {
    "Parameters": {"Protect": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}},
    "Resources": {"T": {**TABLE, "Properties": {"DeletionProtectionEnabled": {"Ref": "Protect"}}}},
}


@pytest.mark.parametrize(
    "context, outcome",
    [
        (PROD, Outcome.UNKNOWN),
        (PROD._replace(parameters={"Protect": "****"}), Outcome.UNKNOWN),
        (PROD._replace(parameters={"Protect": "false"}), Outcome.FAIL),
        (PROD._replace(parameters={"Protect": "true"}), None),
        (PROD._replace(takes_defaults=True), None),
        (PROD._replace(takes_defaults=True, parameters={"Protect": "false"}), Outcome.FAIL),
    ],
)
def test_a_parameter_that_is_not_given_is_not_its_default(judge, context, outcome):
    verdict = judge.judge(PROTECTED, context)
    assert [f.outcome for f in found(verdict, "dynamodb-deletion-protection")] == ([outcome] if outcome else [])


def test_values_of_the_configuration_do_not_stand_for_those_of_a_deployed_stack():
    config = Config(
        rules=("all",),
        template_parameters={"Protect": "true"},
        environments=(EnvironmentRule("prod", stacks=("*",), parameters={"Protect": "true"}),),
    )
    judge = Judge(config)
    on = "dynamodb-deletion-protection"
    assert found(judge.judge(PROTECTED, PROD), on)[0].outcome is Outcome.UNKNOWN
    given = PROD._replace(parameters={"Protect": "false"})
    assert found(judge.judge(PROTECTED, given), on)[0].outcome is Outcome.FAIL
    change = judge.judge(PROTECTED, given, PROTECTED, PROD._replace(parameters={"Protect": "true"}))
    assert any(f.impact for f in change.findings), "the weakened protection is found by the parameters of both sides"
    assert not found(judge.judge(PROTECTED, PROD._replace(takes_defaults=True)), on)


# -- the stack around the template


def test_settings_of_the_stack_are_judged_where_they_are_given(judge):
    bare = judge.judge(template(T=TABLE), PROD)
    assert not found(bare, "stack-termination-protection")
    assert any("termination protection" in problem.message for problem in bare.problems)
    known = PROD._replace(tags={}, termination_protection=False)
    assert found(judge.judge(template(T=TABLE), known), "stack-termination-protection")
    assert not found(
        judge.judge(template(T=TABLE), known._replace(termination_protection=True)), "stack-termination-protection"
    )


def test_the_environment_is_the_configuration_s():
    config = config_of_data(
        {"environments": {"live": {"accounts": ["111122223333"], "strict": True}, "dev": {"stacks": ["Dev*"]}}}
    )
    judge = Judge(config)
    assert judge.environment_of(StackContext("Dev1")) == "dev"
    assert judge.environment_of(StackContext("X", account="111122223333")) == "live"
    assert "live" in judge.strict_environments and "dev" not in judge.strict_environments
    assert judge.judge(template(), StackContext("Dev1", environment="live")).environment == "live"
    with pytest.raises(ConfigError, match="no environment 'liv'"):
        judge.judge(template(), StackContext("Dev1", environment="liv"))


NEST = template(N={"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.example/n.json"}})


def test_a_nested_template_that_is_not_given_is_a_finding(judge):
    assert found(judge.judge(NEST, PROD), "nested-template-unread")
    inner = NestedTemplate(template(T=BARE_TABLE))
    verdict = judge.judge(NEST, PROD._replace(nested={"N": inner}))
    assert not found(verdict, "nested-template-unread")
    assert [stack.name for stack in verdict.stacks] == ["Orders-prod", "Orders-prod/N"]
    assert found(verdict, "dynamodb-deletion-protection")[0].stack_path == "Orders-prod/N"


def test_a_nested_template_that_cannot_be_read_is_no_pass(judge):
    verdict = judge.judge(NEST, PROD._replace(nested={"N": NestedTemplate("{")}))
    assert verdict.outcome == "unknown"
    assert [problem.kind for problem in verdict.errors] == ["nested-template"]


def test_a_body_stands_for_one_version_of_a_product(judge):
    versions = [{"Info": {"LoadTemplateFromURL": f"https://s3.example/{n}.json"}} for n in "ab"]
    product = {
        "Type": "AWS::ServiceCatalog::CloudFormationProduct",
        "Properties": {"ProvisioningArtifactParameters": versions},
    }
    one = template(P={**product, "Properties": {"ProvisioningArtifactParameters": versions[:1]}})
    context = PROD._replace(nested={"P": NestedTemplate(template(T=TABLE))})
    assert not found(judge.judge(one, context), "deployed-template-unread")
    both = judge.judge(template(P=product), context)
    assert len(both.stacks) == 2 and found(both, "deployed-template-unread")


def test_a_template_in_a_template_is_judged_whatever_is_given(judge):
    inside = {
        "Type": "AWS::CloudFormation::StackSet",
        "Properties": {"TemplateBody": json.dumps(template(T=BARE_TABLE))},
    }
    verdict = judge.judge(template(S=inside), PROD._replace(nested={"S": NestedTemplate(template())}))
    assert found(verdict, "dynamodb-deletion-protection")


def test_nesting_ends(judge):
    context = StackContext()
    for _level in range(40):
        context = StackContext(nested={"N": NestedTemplate(NEST, context)})
    verdict = judge.judge(NEST, context)
    assert any("nested deeper than 30 levels" in problem.message for problem in verdict.errors)


def test_own_accounts_are_no_foreign_ones():
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": "b",
            "PolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": "*",
                        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                    }
                ]
            },
        },
    }
    context = StackContext("Orders-prod", account="111122223333")

    def rules(judge):
        return {f.rule_id for f in judge.judge(template(P=policy), context).findings if "444455556666" in f.message}

    gone = rules(Judge(Config(rules=("all",)))) - rules(Judge(Config(rules=("all",)), accounts=["444455556666"]))
    assert gone


# -- changes


def test_the_previous_template_decides_what_is_lost(judge):
    verdict = judge.judge(template(), PROD, previous=template(T=BARE_TABLE))
    assert [change.impact for change in verdict.changes] == ["WILL_DESTROY"]
    lost = found(verdict, "data-destroyed")
    assert lost[0].severity == "critical" and lost[0].is_new
    assert not found(judge.judge(template(), PROD, previous=template(T=TABLE)), "data-destroyed")


def test_a_deletion_is_judged_by_what_would_be_lost(judge):
    assert judge.judge_deletion(template(T=BARE_TABLE), PROD).outcome == "fail"
    assert not found(judge.judge_deletion(template(T=TABLE), PROD), "data-destroyed")
    assert judge.judge_deletion("{", PROD).outcome == "unknown"


def test_new_findings_decide_with_the_gate_new():
    judge = Judge(Config(gate="new"))
    body = template(T=BARE_TABLE)
    assert judge.judge(body, PROD).outcome == "fail"
    unchanged = judge.judge(body, PROD, previous=body)
    assert unchanged.findings and unchanged.outcome == "pass"


# -- suppressions

EXEMPT = {"cdkguard": {"suppress": [{"rule": "dynamodb-deletion-protection", "reason": "a test"}]}}


def test_the_template_exempts_itself_only_where_it_may():
    body = template(T={**BARE_TABLE, "Metadata": EXEMPT})
    rule = "dynamodb-deletion-protection"
    assert found(Judge(Config()).judge(body, PROD), rule)[0].suppression
    verdict = Judge(Config(), suppressions="configuration").judge(body, PROD)
    assert found(verdict, rule)[0].suppression is None
    assert any("1 suppression in the template: none counts" in problem.message for problem in verdict.problems)


def test_the_configuration_s_suppressions_count_by_names_that_the_template_does_not_choose():
    accepted = Suppression("dynamodb-*", "an old table", "cdkguard.yaml", "configuration", "Legacy*")
    config = Config(suppressions=(accepted,))
    paths = {"aws:cdk:path": "Legacy/T/Resource"}
    body = template(T={**BARE_TABLE, "Metadata": paths})
    rule = "dynamodb-deletion-protection"
    assert found(Judge(config).judge(body, PROD), rule)[0].suppression
    strict = Judge(config, suppressions="configuration")
    assert not found(strict.judge(body, PROD), rule)[0].suppression
    assert found(strict.judge(body, StackContext("LegacyOrders")), rule)[0].suppression


def test_the_day_decides_which_suppressions_have_expired():
    accepted = Suppression("dynamodb-*", "soon", "cdkguard.yaml", "configuration", "*", expires="2030-01-31")
    rule = "dynamodb-deletion-protection"
    for today, counts in (("2030-01-31", True), ("2030-02-01", False)):
        verdict = Judge(Config(suppressions=(accepted,)), today=today).judge(template(T=BARE_TABLE), PROD)
        assert bool(found(verdict, rule)[0].suppression) is counts


# -- what is sent, and what is equal


def test_the_configuration_is_what_is_sent():
    config = config_of_data({"environments": {"prod": {"accounts": ["111122223333"]}}, "fail_on": "critical"})
    assert pickle.loads(pickle.dumps(config)) == config
    assert fingerprint(pickle.loads(pickle.dumps(config))) == fingerprint(config) == Judge(config).fingerprint


OWN_RULE = """\
id: own-rule
title: A table has a name
severity: low
types: [AWS::DynamoDB::Table]
require: {path: $.Properties.TableName, exists: true}
why: It is found.
remedy: Name it.
examples: {pass: [{TableName: t}], fail: [{}]}
"""


def test_the_fingerprint_tells_rules_apart(tmp_path):
    rule = OWN_RULE
    prints = {fingerprint(Config()), fingerprint(Config(rules=("all",)))}
    for folder in ("a", "b"):
        (tmp_path / folder / "own").mkdir(parents=True)
        (tmp_path / folder / "own" / "own-rule.yaml").write_text(rule)
        prints.add(fingerprint(Config(packs=(str(tmp_path / folder / "own"),))))
    assert len(prints) == 3, "the folder of a pack does not matter"
    (tmp_path / "b" / "own" / "own-rule.yaml").write_text(rule.replace("low", "high"))
    prints.add(fingerprint(Config(packs=(str(tmp_path / "b" / "own"),))))
    assert len(prints) == 4


def test_a_rule_that_crashes_is_no_pass(judge, monkeypatch):
    from cdkguard.engine.rules import BoundRule

    def crash(self, subject):
        raise ZeroDivisionError

    monkeypatch.setattr(BoundRule, "_bind_and_decide", crash)
    verdict = Judge(Config()).judge(template(T=TABLE), PROD)
    assert verdict.exit_status == 4 and verdict.outcome == "unknown"
