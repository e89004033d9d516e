"""What a change does to the rules that judge it."""

from __future__ import annotations

import re

import pytest

from cdkguard.check import guardrail
from cdkguard.check.evaluate import assign_environments, bind_config
from cdkguard.check.guardrail_config import describe_guardrail
from cdkguard.config.load import config_of_data
from tests.support.changes import stack


def told(before, after, hidden=()):
    stacks = [
        stack({}, "Shop", account="1" * 12, region="eu-west-1"),
        stack({}, "Dev", account="2" * 12, region="eu-west-1"),
    ]
    settings = [config_of_data(side) for side in (before, after)]
    sides = [describe_guardrail(bind_config(side), assign_environments(side, stacks).stacks) for side in settings]
    return [
        (c.impact, c.after["Text"])
        for c in guardrail.compare_guardrails(*sides, hidden, guardrail.stack_of_configuration("cdkguard.yaml"))
    ]


WEAKER = [
    ("rule off", {}, {"skip": ["dynamodb-pitr"]}, "rule dynamodb-pitr (high) is switched off"),
    ("severity", {}, {"severity": {"data-retention": "low"}}, "lowered from"),
    ("severity of one environment", {}, {"severity": {"data-retention": {"prod": "low"}}}, "on prod"),
    ("fail_on", {"fail_on": "medium"}, {"fail_on": "never"}, "fail_on goes from medium to never"),
    ("gate", {}, {"gate": "new"}, "only new findings count now"),
    ("environment", {"environments": {"prod": {"stacks": ["Shop"]}}}, {"environments": {"prod": {"stacks": ["X"]}, "dev": {"stacks": ["*"]}}},
     "stack Shop was prod and is judged as dev now"),
    ("strict", {"environments": {"blue": {"stacks": ["Shop"], "strict": True}, "prod": {}}},
     {"environments": {"blue": {"stacks": ["Shop"]}, "prod": {}}}, "Shop"),
    ("parameter of a rule", {}, {"with": {"rds-backup-retention": {"days": 1}}}, "asks for something else"),
    ("stacks left out", {}, {"stacks": ["Dev"]}, "stacks"),
    ("severity under another name of prod", {"environments": {"prod": {"stacks": ["*"]}}},
     {"environments": {"blue": {"stacks": ["*"], "strict": True}}, "severity": {"data-destroyed": {"blue": "low"}}},
     "rule data-destroyed is lowered from critical to low on prod (blue now)"),
    ("something else is judged", {"paths": ["cdk.out"]}, {"paths": ["old.out"]}, "what is judged is old.out"),
    ("owner not needed", {"require_owner": True}, {}, "owner"),
    ("deploys to prod", {}, {"agents": {"deploy": ["dev", "prod"]}}, "an agent may deploy to prod now"),
    ("deploys again", {"agents": {"deploy": []}}, {}, "an agent may deploy to dev now"),
    ("pull requests", {}, {"agents": {"pull_request": "off"}}, "nobody confirms an agent's pull requests any more"),
    ("branches", {}, {"agents": {"protected_branches": ["main"]}}, "an agent may push to master now"),
    ("after edits", {"agents": {"after_edit": True}}, {}, "an agent is not told any more what it breaks"),
    ("log", {}, {"agents": {"log": False}}, "nobody writes down any more"),
    ("full synthesis", {"full_synth": True}, {}, "type check and validation do not run"),
    ("role", {"aws": {"role": "arn:aws:iam::111111111111:role/r"}}, {"aws": {"region": "eu-west-1"}}, "read by another role"),
    ("stacks that run", {"aws": {"stacks": ["Old"]}}, {"aws": {"stacks": []}}, "what runs in Old is not compared"),
    ("hook skips", {"cfn_hook": {"unknown": "fail"}}, {"cfn_hook": {"unknown": "skip"}}, "cannot decide without parameters"),
    ("hook skips again", {"cfn_hook": {"unknown": "fail"}}, {}, "cannot decide without parameters"),
    ("hook keeps less", {"cfn_hook": {"keep": ["Shared*", "Net*"]}}, {"cfn_hook": {"keep": ["Net*"]}}, "keeps the stacks Shared* no more"),
    ("hook deletes", {}, {"cfn_hook": {"delete": ["dev", "prod"]}}, "lets stacks of prod be deleted now"),
    ("hook deletes again", {"cfn_hook": {"delete": []}}, {"cfn_hook": {}}, "lets stacks of dev be deleted now"),
    ("hook reads nothing", {"cfn_hook": {"read_stack": True}}, {"cfn_hook": {}}, "reads no more what runs"),
    ("hook's accounts", {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {"accounts": ["3" * 12, "1" * 12]}}},
     {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {"accounts": ["1" * 12]}}}, "by the accounts 333333333333"),
    ("hook's regions", {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {"stacks": ["*"], "regions": ["eu-*", "us-*"]}}},
     {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {"stacks": ["*"], "regions": ["eu-*"]}}}, "in eu-* alone now"),
    ("hook's production", {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {}, "blue": {"strict": True, "accounts": ["3" * 12]}}},
     {"cfn_hook": {"keep": ["N"]}, "environments": {"prod": {}, "blue": {"strict": False, "accounts": ["3" * 12]}}}, "no stack as blue any more"),
    ("checklist goes", {"preflight": {"rows": ["data-retained", "other-findings"]}}, {}, "no row other-findings any more"),
    ("checklist's rows", {"preflight": {"rows": ["data-retained", "staging"]}}, {"preflight": {"rows": ["staging"]}}, "no row data-retained"),
    ("checklist of prod", {"preflight": {"environments": {"prod": ["staging", "data-retained"]}}},
     {"preflight": {"environments": {"prod": ["staging"]}}}, "prod needs no data-retained"),
    ("checklist's findings", {"preflight": {}}, {"preflight": {"fail_on": "critical"}}, "goes from medium to critical"),
    ("checklist's nets", {"preflight": {}}, {"preflight": {"nets": ["alarms"]}}, "asks for no termination-protection, rollback"),
    ("checklist's staging", {"preflight": {"staging": "dev"}}, {"preflight": {}}, "looks at no environment before production"),
    ("checklist's pairs", {"preflight": {}}, {"preflight": {"without_staging": ["Edge"]}}, "staging needs no Edge any more"),
    ("checklist's names", {"preflight": {}}, {"preflight": {"env_example": {"ignore": ["A_*"]}}}, ".env.example needs no A_*"),
    ("checklist's tests", {"preflight": {"test": ["pytest", "npm test"]}}, {"preflight": {"test": "pytest"}}, "runs no `npm test` any more"),
    ("checklist's addresses", {"preflight": {"verify": {"urls": ["https://a.example"]}}}, {"preflight": {}}, "asks https://a.example no more"),
]  # fmt: skip
ADDED = [
    ("suppression", {}, {"suppressions": [{"rule": "dynamodb-pitr", "construct": "*", "reason": "cache"}]}, "suppresses dynamodb-pitr"),
    ("longer suppression", {"suppressions": [{"rule": "a", "construct": "*", "reason": "r", "expires": "2030-01-01"}]},
     {"suppressions": [{"rule": "a", "construct": "*", "reason": "r", "expires": "2031-01-01"}]}, "suppresses a"),
    ("account", {}, {"accounts": {"allowed": ["3" * 12]}}, "account 333333333333 is allowed now"),
    ("parameter", {"parameters": {"A": "1"}}, {"parameters": {"A": "1", "Protect": "true"}}, "parameter Protect is judged with another value now"),
    ("parameter of prod", {"environments": {"prod": {"parameters": {"A": "1"}}}}, {"environments": {"prod": {"parameters": {"A": "2"}}}},
     "parameter prod: A is judged with another value now"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), [c[1:] for c in WEAKER], ids=[c[0] for c in WEAKER])
def test_a_weaker_guardrail_is_told(before, after, text):
    found = told(before, after)
    assert any(text in said for impact, said in found if impact == "GUARDRAIL_WEAKENED"), found


@pytest.mark.parametrize(
    ("before", "after"),
    [c[1:3] for c in WEAKER if c[0] not in ("environment", "parameter of a rule", "something else is judged", "role")],
)
def test_a_stronger_guardrail_is_not(before, after):
    assert not told(after, before)
    assert not told(after, after)


@pytest.mark.parametrize(("before", "after", "text"), [c[1:] for c in ADDED], ids=[c[0] for c in ADDED])
def test_an_exemption_is_told(before, after, text):
    assert [text in said for impact, said in told(before, after) if impact == "EXEMPTION_ADDED"] == [True]
    assert not [said for impact, said in told(after, after)]


def test_many_rules_are_told_in_one_line_worst_first():
    ((_impact, text),) = told({}, {"skip": ["s3-*", "rds-*", "data-destroyed"]})
    assert re.fullmatch(r"\d+ rules are switched off: [a-z0-9-]+ \(critical\), .*\((?:medium|low)\)", text)
    assert "data-destroyed (high)" in text


def test_a_stack_that_leaves_prod_is_told_once():
    before = {"environments": {"prod": {"stacks": ["*"]}}}
    after = {"environments": {"prod": {"stacks": ["X"]}, "dev": {"stacks": ["*"]}}}
    assert len(told(before, after)) == 2  # stacks


def test_another_reason_is_no_new_exemption():
    entry = {"rule": "dynamodb-pitr", "construct": "*"}
    assert not told({"suppressions": [{**entry, "reason": "a"}]}, {"suppressions": [{**entry, "reason": "b"}]})


def test_only_what_weighs_less_is_hidden():
    from cdkguard.model import Finding, Outcome

    def finding(severity, fingerprint="f", **changed):
        return Finding("r", Outcome.FAIL, severity, "m", "S", "S", "t", "prod", fingerprint=fingerprint, **changed)

    assert guardrail.find_hidden_findings([finding("high")], [finding("high")]) == []
    assert guardrail.find_hidden_findings([finding("high")], [finding("critical")]) == []
    assert len(guardrail.find_hidden_findings([finding("high")], [finding("low")])) == 1
    assert len(guardrail.find_hidden_findings([finding("high")], [])) == 1
