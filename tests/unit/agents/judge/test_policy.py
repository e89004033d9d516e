"""The policy as a table: what a deployment would do, and where -> silence, a question or a refusal."""

from __future__ import annotations

import pytest

from cdkguard.agents.judge.losses import ACCESS_RULES, PROTECTION_RULES, Folders, Losses, find_losses
from cdkguard.agents.judge.policy import Plan, decide_deployment
from cdkguard.agents.judge.signs import Sign
from cdkguard.agents.nouns import Action
from cdkguard.config.settings import AgentSettings
from cdkguard.model import Change, Finding, Outcome, Report, Suppression
from tests.support.changes import stack
from tests.support.paths import ROOT

CLEAN = Losses((), (), (), ())
STACK = stack({}, "Shop")


def change(impact="WILL_DESTROY", token="0123456789abcdef", **more):
    kept = {
        "stateful": True,
        "logical_id": "Table",
        "resource_type": "AWS::DynamoDB::Table",
        "construct_path": "Shop/Table",
    }
    return Change(impact, STACK, token=token, **{**kept, **more})


def finding(rule="data-destroyed", severity="high", change="0123456789abcdef", **more):
    return Finding(rule, Outcome.FAIL, severity, "m", "Shop", "Shop", "t", "prod", "Table", "AWS::DynamoDB::Table",
                   "Shop/Table", title="Data goes", change=change, impact="WILL_DESTROY", **more)  # fmt: skip


def report(findings=(), changes=(), **more):
    return Report(tuple(findings), (), (), changes=tuple(changes), **more)


LOSS = find_losses(report([finding()], [change()]), True)
ACCESS = Losses((), (), (finding("access-widened"),), ())
PROTECTION = Losses((), (finding("deletion-policy-weakened", "medium"),), (), ())
OTHER = Losses((), (), (), (finding("s3-versioning"),))
DEV, PROD, STAGING = ("dev",), ("prod",), ("staging",)
SAYS = Sign("prod", "NODE_ENV", "production")
FREE = AgentSettings(deploy=("dev", "prod"))
ALL = AgentSettings()

# environments, baseline, losses, flags, sign, settings -> answer, words of the reason
TABLE = [
    ("dev, clean, deployed", DEV, "deployed", CLEAN, (), None, ALL, "silent", ""),
    ("dev, clean, git", DEV, "git", CLEAN, (), None, ALL, "silent", ""),
    ("dev, clean, snapshot", DEV, "saved", CLEAN, (), None, ALL, "silent", ""),
    ("dev, hotswap", DEV, "deployed", CLEAN, ("--hotswap",), None, ALL, "silent", ""),
    ("dev, watch", DEV, "deployed", CLEAN, ("--watch",), None, ALL, "ask", "nobody has judged yet"),
    ("dev, data", DEV, "deployed", LOSS, (), None, ALL, "ask", "take away data"),
    ("dev, data, hotswap is said", DEV, "deployed", LOSS, ("--hotswap",), None, ALL, "ask", "past CloudFormation"),
    ("dev, access", DEV, "git", ACCESS, (), None, ALL, "ask", "access-widened"),
    ("dev, protection", DEV, "git", PROTECTION, (), None, ALL, "ask", "deletion-policy-weakened"),
    ("dev, another finding", DEV, "git", OTHER, (), None, ALL, "ask", "s3-versioning"),
    ("dev, data under production", DEV, "deployed", LOSS, (), SAYS, ALL, "deny", "NODE_ENV=production"),
    ("dev, clean under production", DEV, "deployed", CLEAN, (), SAYS, ALL, "deny", "NODE_ENV=production"),
    ("dev, clean under production where it may", DEV, "deployed", CLEAN, (), SAYS, FREE, "silent", ""),
    ("dev, data under production where it may", DEV, "deployed", LOSS, (), SAYS, FREE, "deny", "take away data"),
    ("dev, not judged", DEV, "deployed", None, (), None, ALL, "ask", "could not be judged"),
    ("staging is not listed", STAGING, "deployed", CLEAN, (), None, FREE, "deny", "where an agent does not deploy"),
    ("prod, clean", PROD, "deployed", CLEAN, (), None, ALL, "deny", "does not deploy there"),
    ("prod, not judged", PROD, "deployed", None, (), None, ALL, "deny", "could not be judged"),
    ("prod and dev", ("dev", "prod"), "deployed", CLEAN, (), None, ALL, "deny", "does not deploy there"),
    ("prod, data", PROD, "deployed", LOSS, (), None, ALL, "deny", "take away data"),
    ("prod, data, where it may", PROD, "deployed", LOSS, (), None, FREE, "deny", "take away data"),
    ("prod, protection, where it may", PROD, "deployed", PROTECTION, (), None, FREE, "deny", "weaken what protects"),
    ("prod, access, where it may", PROD, "deployed", ACCESS, (), None, FREE, "ask", "access-widened"),
    ("prod, clean, where it may", PROD, "deployed", CLEAN, (), None, FREE, "silent", ""),
    ("prod, clean by git", PROD, "git", CLEAN, (), None, FREE, "ask", "does not say what is deployed"),
    ("prod, clean by a snapshot", PROD, "saved", CLEAN, (), None, FREE, "ask", "does not say what is deployed"),
    ("prod, data by git", PROD, "git", LOSS, (), None, FREE, "deny", "take away data"),
    ("prod, hotswap, where it may", PROD, "deployed", CLEAN, ("--hotswap",), None, FREE, "ask", "past a safety net"),
    ("prod, direct, where it may", PROD, "deployed", CLEAN, ("--method direct",), None, FREE, "ask", "past a safety net"),
    ("prod, approval never, where it may", PROD, "deployed", CLEAN, ("--require-approval never",), None, FREE, "silent", ""),
    ("prod, not judged, where it may", PROD, "deployed", None, (), None, FREE, "ask", "could not be judged"),
    ("nobody can tell where", (), "deployed", None, (), None, ALL, "ask", "could not be judged"),
    ("nobody can tell where, but a word", (), "", None, (), SAYS, ALL, "deny", "NODE_ENV=production"),
    ("no baseline", DEV, "", None, (), None, ALL, "ask", "could not be judged"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_policy(row):
    _, environments, baseline, losses, flags, sign, settings, answer, words = row
    plan = Plan(
        environments, frozenset({"prod"}), sign, baseline, losses, "" if losses else '"a problem"', Folders(".", ".")
    )
    action = Action("deploy", "cdk", "deploy", ("cdk", "deploy", "Shop"), flags=flags)
    found = decide_deployment(action, plan, settings)
    told = " ".join((found.headline, *found.facts, *found.ways))
    assert found.answer == answer and words in told, told
    assert (answer == "silent") == (found.headline == "")
    if answer == "deny":
        assert 'A person runs "cdk deploy Shop"' in told


def test_the_rules_that_are_named_are_there():
    rules = {path.stem for path in (ROOT / "rules/changes").glob("*.yaml")}
    assert rules >= ACCESS_RULES | PROTECTION_RULES and not ACCESS_RULES & PROTECTION_RULES


def in_code(kind="metadata"):
    return Suppression("data-destroyed", "because", "metadata", kind)


WEIGHTS = [
    ("a finding", [finding()], True, True),
    ("a trifle", [finding(severity="low")], True, False),
    ("no rule speaks of it", [], True, True),
    ("approved", [finding(suppression=in_code("approval"))], False, False),
    ("suppressed on the main branch", [finding(suppression=in_code())], True, False),
    ("suppressed, perhaps just now", [finding(suppression=in_code())], False, True),
    ("suppressed in the main branch's configuration", [finding(suppression=in_code("configuration"))], False, False),
]  # fmt: skip


@pytest.mark.parametrize(("findings", "counts", "is_lost"), [w[1:] for w in WEIGHTS], ids=[w[0] for w in WEIGHTS])
def test_which_losses_count(findings, counts, is_lost):
    assert bool(find_losses(report(findings, [change()]), counts).data) is is_lost


def test_an_old_finding_that_is_suppressed_in_code_stays_so():
    old = finding("s3-versioning", change=None, suppression=in_code(), is_new=False)
    assert find_losses(report([old]), False).is_clean
    assert find_losses(report([old._replace(is_new=True)]), False).others


def test_access_is_told_whatever_it_weighs():
    assert find_losses(report([finding("access-widened", "low")]), True).access
    assert find_losses(report([finding("s3-versioning", "low")]), True).is_clean
