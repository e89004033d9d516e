"""Messages name constructs, and never the IDs and exports that CDK makes of them."""

from cdkguard.engine.resource_names import NamesOfOthers, name_resource, use_construct_paths
from cdkguard.engine.unknown_words import describe_leaves, explain_unknown, find_decisive
from cdkguard.model import Stack
from cdkguard.template.stack_scopes import StackScopes
from cdkguard.template.values import Deferred

ARN, REF = "Data:ExportsOutputFnGetAttInvoicesF0222E8DArn800E1C09", "Data:ExportsOutputRefInvoicesF0222E8D31B92CD5"
DATA = Stack(
    "prod-Data",
    {
        "Resources": {"InvoicesF0222E8D": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {
            "A": {"Value": {"Fn::GetAtt": ["InvoicesF0222E8D", "Arn"]}, "Export": {"Name": ARN}},
            "B": {"Value": {"Ref": "InvoicesF0222E8D"}, "Export": {"Name": REF}},
        },
    },
    "data.json",
    construct_path="prod/Data",
    construct_paths={"InvoicesF0222E8D": "prod/Data/Invoices/Resource"},
)
SERVICE = Stack("prod-Service", {"Resources": {}}, "service.json", construct_path="prod/Service")


def test_a_logical_id_of_cdk_is_told_as_its_construct():
    assert name_resource(DATA, "InvoicesF0222E8D") == "prod/Data/Invoices"
    assert use_construct_paths("InvoicesF0222E8D and ${InvoicesF0222E8D.Arn}/*", DATA) == (
        "prod/Data/Invoices and ${prod/Data/Invoices.Arn}/*"
    )
    assert use_construct_paths("OtherF0222E8D, 12345678", DATA) == "OtherF0222E8D, 12345678"


def test_an_export_is_told_as_the_resource_whose_value_it_is():
    names = NamesOfOthers(([DATA, SERVICE], StackScopes()))
    assert names.use_names(f"on ${{import {ARN}}}/*, ${{import {REF}}}", SERVICE) == (
        "on ${prod/Data/Invoices.Arn}/*, ${prod/Data/Invoices}"
    )
    assert names.use_names(f"its export {ARN}, which", SERVICE) == "its export prod/Data/Invoices.Arn, which"
    assert names.use_names("${prod/Data/InvoicesF0222E8D}/x", SERVICE) == "${prod/Data/Invoices}/x"
    unknown = "${import Far:ExportsOutputRefA1B2C3D4E5F6A7B8} of prod/Data/OtherF0222E8D"
    assert names.use_names(unknown, SERVICE) == unknown


def test_a_parameter_of_a_nested_stack_is_told_as_what_its_parent_passes():
    passed = {"One": {"Fn::GetAtt": ["InvoicesF0222E8D", "Arn"]}, "Two": {"Ref": "Role"}}
    parent = DATA._replace(
        template={
            "Parameters": {"Role": {"Type": "String"}},
            "Resources": {**DATA.template["Resources"], "Nest": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": passed}}},
        }
    )  # fmt: skip
    nested = Stack(
        "n", {"Resources": {}, "Parameters": {"One": {}, "Two": {}}}, "n.json", parent=parent, parent_logical_id="Nest"
    )
    one, two = (Deferred("parameter", {"Ref": name}, name) for name in ("One", "Two"))
    told = describe_leaves("Properties.Arn", find_decisive(None, (), one), nested)
    assert told == "Properties.Arn is ${prod/Data/Invoices.Arn}, which only the deployment knows"
    assert (
        explain_unknown(two, nested)
        == "the parameter Role, which is passed as Two, has no value (--parameter Role=...)"
    )
