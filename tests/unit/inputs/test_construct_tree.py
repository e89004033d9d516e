"""Which resources an app made of `Cfn...` classes itself."""

from __future__ import annotations

import json

from cdkguard.inputs.construct_tree import find_raw_resources


def node(path, fqn, *children):
    names = {child["path"].rpartition("/")[2]: child for child in children}
    return {"path": path, "constructInfo": {"fqn": fqn}, "children": names}


TREE = node(
    "", "aws-cdk-lib.App",
    node(
        "Shop", "aws-cdk-lib.Stack",
        node("Shop/Raw", "aws-cdk-lib.aws_dynamodb.CfnTable"),
        node("Shop/Own", "constructs.Construct", node("Shop/Own/Queue", "aws-cdk-lib.aws_sqs.CfnQueue")),
        node("Shop/Orders", "aws-cdk-lib.aws_dynamodb.Table", node("Shop/Orders/Resource", "aws-cdk-lib.aws_dynamodb.CfnTable")),
        node("Shop/Vpc", "aws-cdk-lib.aws_ec2.Vpc", node("Shop/Vpc/IGW", "aws-cdk-lib.aws_ec2.CfnInternetGateway")),
        {"path": "Shop/Nameless"},
    ),
)  # fmt: skip


def test_a_raw_resource_stands_below_a_scope_of_the_app(tmp_path):
    (tmp_path / "tree.json").write_text(json.dumps({"version": "tree-0.1", "tree": TREE}))
    assert find_raw_resources(str(tmp_path)) == {"Shop/Raw", "Shop/Own/Queue"}


def test_without_a_tree_nothing_is_known(tmp_path):
    assert not find_raw_resources(None)
    assert not find_raw_resources(str(tmp_path))
    for text in ("", "[]", "{}", '{"tree": 1}', '{"tree": {"children": [1]}}', '{"tree": {"children": {"a": 1}}}'):
        (tmp_path / "tree.json").write_text(text)
        assert not find_raw_resources(str(tmp_path))
