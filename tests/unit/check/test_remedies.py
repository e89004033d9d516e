"""Code that fits what a resource was made of."""

from __future__ import annotations

import pytest

from cdkguard.check.remedies import asks_for_classes, fit_raw_resource, fit_remedies, fit_removal_policy
from cdkguard.model import Finding, Outcome, Remedy

ARGUMENT = Remedy(
    "Keep it.",
    python="removal_policy=RemovalPolicy.RETAIN,",
    typescript="removalPolicy: RemovalPolicy.RETAIN,",
    template="DeletionPolicy: Retain\nUpdateReplacePolicy: Retain\n",
)
METHOD = ARGUMENT._replace(
    python="resource.apply_removal_policy(RemovalPolicy.RETAIN)",
    typescript="resource.applyRemovalPolicy(RemovalPolicy.RETAIN);",
)


def finding(
    remedy: Remedy | None, kind: str | None = "AWS::DynamoDB::Table", path: str | None = "Shop/Orders/Resource"
):
    return Finding(
        "r",
        Outcome.FAIL,
        "high",
        "m",
        "Shop",
        "Shop",
        "t",
        "prod",
        resource_type=kind,
        construct_path=path,
        remedy=remedy,
    )


@pytest.mark.parametrize(
    "kind, path, expected",
    [
        ("AWS::DynamoDB::Table", "Shop/Orders/Resource", ARGUMENT),
        ("AWS::DynamoDB::Table", None, ARGUMENT),
        ("AWS::DynamoDB::Table", "Shop/Orders", METHOD),  # a CfnTable
        ("AWS::CodeCommit::Repository", "Shop/Code/Resource", METHOD),  # a construct without the argument
        ("AWS::CodeCommit::Repository", None, METHOD),
        (None, "Shop", ARGUMENT),
    ],
)
def test_a_construct_without_the_argument_is_given_the_method(kind, path, expected):
    assert fit_removal_policy(ARGUMENT, kind, path) == expected


@pytest.mark.parametrize(
    "template, python, typescript",
    [
        (
            "Properties: {DeletionProtectionEnabled: true}",
            "deletion_protection_enabled=True,",
            "deletionProtectionEnabled: true,",
        ),
        (
            "Properties: {PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}}",
            'resource.add_property_override("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", True)',
            "resource.addPropertyOverride('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', true);",
        ),
        (
            "{DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {MultiAZ: true, Tags: [{Key: it's}, null, 1]}}",
            "resource.apply_removal_policy(RemovalPolicy.RETAIN)\n"
            'resource.add_property_override("MultiAZ", True)\n'
            'resource.add_property_override("Tags", [{"Key": "it\'s"}, None, 1])',
            "resource.applyRemovalPolicy(RemovalPolicy.RETAIN);\n"
            "resource.addPropertyOverride('MultiAZ', true);\n"
            "resource.addPropertyOverride('Tags', [{ Key: \"it's\" }, null, 1]);",
        ),
        (
            "UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 1}}",
            'resource.add_override("UpdatePolicy.AutoScalingRollingUpdate.MinInstancesInService", 1)',
            "resource.addOverride('UpdatePolicy.AutoScalingRollingUpdate.MinInstancesInService', 1);",
        ),
    ],
)
def test_a_raw_class_is_given_what_the_template_says(template, python, typescript):
    remedy = Remedy("Do it.", python="nice=True,", typescript="nice: true,", template=template)
    assert fit_raw_resource(remedy)[1:3] == (python, typescript)


@pytest.mark.parametrize(
    "remedy",
    [
        Remedy("Do it.", python="nice=True,"),  # no form for templates
        Remedy("Do it.", python="s3.CfnBucket(self, 'B')", template="Properties: {A: 1}"),  # is for the raw class
        Remedy("Do it.", python="x.add_property_override('A', 1)", template="Properties: {A: 1}"),
        Remedy("Do it.", python="nice=True,", template="Properties: {A: {Ref: B}}"),  # a name that the app does not know
        Remedy("Do it.", python="nice=True,", template='Properties: {Parameters: {rds.force_ssl: "1"}}'),  # dots divide paths
    ],
)  # fmt: skip
def test_a_remedy_that_cannot_be_said_of_a_raw_class_stays(remedy):
    assert fit_raw_resource(remedy) is remedy


def test_only_paths_of_raw_classes_get_their_code():
    general = Remedy("Do it.", python="nice=True,", typescript="nice: true,", template="Properties: {Nice: true}")
    found = [finding(general, path="Shop/Raw"), finding(general), finding(None), finding(METHOD, path="Shop/Raw")]
    fitted = list(fit_remedies(found, {"Shop/Raw"}))
    assert [f.remedy and f.remedy.python for f in fitted] == ["nice=True,", "nice=True,", None, METHOD.python]
    assert fitted[1] is found[1]
    other = general._replace(template="Properties: {AnotherName: true}")
    (raw,) = fit_remedies([finding(other, path="Shop/Raw")], {"Shop/Raw"})
    assert raw.remedy and raw.remedy.python == "another_name=True,"


def test_a_path_that_ends_as_a_construct_s_own_asks_for_no_tree():
    assert not asks_for_classes(finding(ARGUMENT))
    assert not asks_for_classes(finding(ARGUMENT, path=None))
    assert not asks_for_classes(finding(None, path="Shop/Raw"))
    assert asks_for_classes(finding(ARGUMENT, path="Shop/Raw"))
