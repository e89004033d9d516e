"""A macro that is taken out of a template takes with it what it had made, and no template says what that was."""

import json

import pytest

from cdkguard.check.run import check
from cdkguard.config.settings import Config
from cdkguard.model import Suppression

TOPIC = {"Resources": {"Q": {"Type": "AWS::SNS::Topic"}}}
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://shared/tables.yaml"}}


def told(tmp_path, before, after, **settings):
    for name, body in (("old", before), ("new", after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Shop.json").write_text(json.dumps(body))
    new, old = (str(tmp_path / name / "Shop.json") for name in ("new", "old"))
    report = check(Config(paths=(new,), against=old, environment="prod", **settings))
    return [f for f in report.findings if f.rule_id == "template-macro"]


@pytest.mark.parametrize(
    "before, name",
    [
        ({**TOPIC, "Transform": "Tables"}, "Tables"),
        ({**TOPIC, "Transform": ["AWS::LanguageExtensions", "Tables"]}, "Tables"),
        ({**TOPIC, "Fn::Transform": INCLUDE}, "AWS::Include"),
        ({"Resources": {**TOPIC["Resources"], "Fn::Transform": INCLUDE}}, "AWS::Include"),
    ],
)
def test_a_macro_that_leaves_is_a_finding(tmp_path, before, name):
    [finding] = told(tmp_path, before, TOPIC)
    assert finding.severity == "high" and finding.is_new and finding.impact
    assert finding.message.startswith(f"Shop is not rewritten by {name} any more")


@pytest.mark.parametrize("transform", ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31", None, []])
def test_what_aws_itself_does_leaves_nothing_behind(tmp_path, transform):
    assert not told(tmp_path, {**TOPIC, "Transform": transform}, TOPIC)


def test_a_macro_that_stays_is_told_once(tmp_path):
    template = {**TOPIC, "Transform": "Tables"}
    [finding] = told(tmp_path, template, template)
    assert finding.impact is None and not finding.is_new


def test_who_accepts_the_macro_of_a_stack_accepts_that_it_leaves(tmp_path):
    accepted = Suppression("template-macro", "it tags", "cdkguard.yaml:1", "configuration", "Shop")
    [finding] = told(tmp_path, {**TOPIC, "Transform": "Tables"}, TOPIC, suppressions=(accepted,))
    assert finding.suppression
