"""Selections of AWS Backup that take a resource by a pattern or by its tags."""

import pytest

from cdkguard.language.backup_selections import bind_backup_selected
from cdkguard.language.checking import RequirementError, prepare_requirement
from cdkguard.language.subject import Subject
from cdkguard.template.scope import Scope

ASKED = {"arn": "dynamodb:table/", "named": "$.Properties.TableName", "tags": "$.Properties.Tags"}
NODE = prepare_requirement({"backup_selected": ASKED}, (), (), ())["backup_selected"]
DAILY = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}
STAGE = {"ConditionKey": "aws:ResourceTag/stage", "ConditionValue": "prod*"}


class OneSelection:
    """A world with one backup selection."""

    def __init__(self, selection):
        self.body = {"Type": "AWS::Backup::BackupSelection", "Properties": {"BackupSelection": selection}}

    def backup_selections(self, scope):
        return ()

    def others(self, scope, types):
        return [("Selection", self.body, scope)] if self.body["Type"] in types else []


def decide(selection, **properties):
    scope = Scope({"Parameters": {"P": {"Type": "String"}}})
    return bind_backup_selected(NODE)(Subject({"Properties": properties}, scope, "T", OneSelection(selection)))


@pytest.mark.parametrize(
    ("selection", "properties", "expected"),
    [
        ({"Resources": ["*"]}, {}, True),
        ({"Resources": ["arn:aws:dynamodb:*:*:table/*"]}, {}, True),
        ({"Resources": ["arn:aws:*:*:*:*"]}, {}, True),
        ({"Resources": ["arn:aws:dynamodb:*:*:table/o*"]}, {"TableName": "orders"}, True),
        ({"Resources": ["arn:aws:dynamodb:*:*:table/o*"]}, {}, False),
        ({"Resources": ["arn:aws:dynamodb:*:*:table/??"]}, {}, False),
        ({"Resources": ["arn:aws:s3:::*"]}, {}, False),
        ({"Resources": ["table/*"]}, {}, False),
        ({"Resources": {"Ref": "P"}}, {}, None),
        ({"Resources": [{"Ref": "P"}]}, {}, None),
        ({"Resources": [{"Ref": "P"}, "*"]}, {}, True),
        ({"Resources": [{"Fn::GetAtt": ["Other", "Arn"]}]}, {}, False),
        ({"Resources": ["*"], "NotResources": [{"Ref": "P"}]}, {}, None),
        ({"Resources": ["*"], "NotResources": ["arn:aws:dynamodb:*:*:*"]}, {}, False),
        ({"Resources": ["*"], "NotResources": {"Ref": "P"}}, {}, None),
        ({"ListOfTags": [DAILY]}, {"Tags": [{"Key": "backup", "Value": "daily"}]}, True),
        ({"ListOfTags": [DAILY]}, {"Tags": {"backup": "daily"}}, True),
        ({"ListOfTags": [DAILY]}, {"Tags": [{"Key": "backup", "Value": "never"}]}, False),
        ({"ListOfTags": [DAILY]}, {"Tags": [{"Key": "backup", "Value": {"Ref": "P"}}]}, None),
        ({"ListOfTags": [DAILY]}, {}, False),
        ({"Resources": ["arn:aws:s3:::*"], "ListOfTags": [DAILY]}, {"Tags": {"backup": "daily"}}, True),
        ({"Resources": ["*"], "Conditions": {"StringLike": [STAGE]}}, {"Tags": {"stage": "prod-eu"}}, True),
        ({"Resources": ["*"], "Conditions": {"StringEquals": [STAGE]}}, {"Tags": {"stage": "prod-eu"}}, False),
        ({"Resources": ["*"], "Conditions": {"StringNotLike": [STAGE]}}, {"Tags": {"stage": "prod-eu"}}, False),
        ({"Resources": ["*"], "Conditions": {"StringNotLike": [STAGE]}}, {"Tags": {"stage": "dev"}}, True),
        ({"Resources": ["*"], "Conditions": {"NumericEquals": [STAGE]}}, {}, None),
        ({}, {}, False),
    ],
)
def test_a_selection_takes_what_its_patterns_and_tags_say(selection, properties, expected):
    assert decide(selection, **properties) is expected


def test_without_other_resources_nothing_is_known():
    assert bind_backup_selected(NODE)(Subject({"Properties": {}}, Scope({}))) is None


@pytest.mark.parametrize(
    "value", [{}, [], {**ASKED, "arn": "dynamodb"}, {**ASKED, "tag": "$.X"}, {**ASKED, "tags": "X"}]
)
def test_a_mistyped_question_is_refused(value):
    with pytest.raises(RequirementError):
        prepare_requirement({"backup_selected": value}, (), (), ())
