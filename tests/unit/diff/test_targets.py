"""Where a value comes from, across stacks."""

import pytest

from cdkguard.diff.targets import Targets
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred
from tests.support.changes import stack

NESTED = "AWS::CloudFormation::Stack"
TOP = stack(
    {
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "In": {"Type": NESTED, "Properties": {"Parameters": {
            "P": {"Ref": "Api"}, "Q": {"Fn::GetAtt": ["Out", "Outputs.Id"]}, "Text": "x",
            "Open": {"Fn::If": ["C", {"Ref": "Api"}, "y"]},
        }}},
        "Out": {"Type": NESTED, "Properties": {}},
    },
    "Top",
    Parameters={"Choice": {"Type": "String"}},
    Conditions={"C": {"Fn::Equals": [{"Ref": "Choice"}, "a"]}},
    Outputs={"O": {"Value": {"Ref": "Api"}, "Export": {"Name": "Top:Api"}}},
)  # fmt: skip
NAMES = ("P", "Q", "Text", "Open", "Free")
IN = stack({}, "In", parent=TOP, at="In", Parameters={name: {"Type": "String"} for name in NAMES})
OUT = stack(
    {"Inner": {"Type": "AWS::ApiGateway::RestApi"}}, "Out", parent=TOP, at="Out",
    Outputs={"Id": {"Value": {"Ref": "Inner"}}, "Loop": {"Value": {"Ref": "P"}}},
)  # fmt: skip
OTHER = stack({}, "Other")


def parameter(name):
    return Deferred("parameter", {"Ref": name}, name)


def imported(name):
    return Deferred("import", {"Fn::ImportValue": name})


@pytest.mark.parametrize(
    ("where", "value", "target"),
    [
        (TOP, Deferred("resource", {"Ref": "Api"}, "Api"), (TOP, "Api")),
        (TOP, Deferred("resource", {"Ref": "In"}, "In"), (TOP, "In")),
        (TOP, Deferred("resource", {}, "Out", "Outputs.Id"), (OUT, "Inner")),
        (TOP, Deferred("resource", {}, "Out", "Outputs.Missing"), None),
        (IN, parameter("P"), (TOP, "Api")),
        (IN, parameter("Q"), (OUT, "Inner")),
        (IN, parameter("Text"), None),
        (IN, parameter("Open"), None),
        (IN, parameter("Free"), None),
        (TOP, parameter("Choice"), None),
        (OTHER, imported("Top:Api"), (TOP, "Api")),
        (OTHER, imported("Nobody's"), None),
        (OTHER, imported({"Ref": "Name"}), None),
        (OTHER, Deferred("unknown", {}), None),
    ],
)
def test_the_resource_that_a_value_comes_from(where, value, target):
    assert Targets([TOP, IN, OUT, OTHER], StackScopes()).find(where, value) == target


def test_a_circle_of_outputs_ends():
    top = stack({"A": {"Type": NESTED, "Properties": {"Parameters": {"P": {"Fn::GetAtt": ["A", "Outputs.O"]}}}}}, "T")
    inner = stack(
        {}, "A", parent=top, at="A", Parameters={"P": {"Type": "String"}}, Outputs={"O": {"Value": {"Ref": "P"}}}
    )
    assert Targets([top, inner], StackScopes()).find(inner, parameter("P")) is None
