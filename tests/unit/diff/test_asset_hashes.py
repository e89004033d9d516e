"""Asset hashes: which differences every build brings."""

from __future__ import annotations

import pytest

from cdkguard.diff.asset_hashes import differ_in_assets_only, hide_asset_hashes
from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.differences import are_equal
from cdkguard.template.scope import Scope
from cdkguard.template.values import Deferred
from tests.support.changes import compare, stack

A, B = "a" * 64, "b" * 64


def scope():
    return ComparedScope(Scope({}))


@pytest.mark.parametrize(
    ("before", "after", "path", "expected"),
    [
        (f"{A}.zip", f"{B}.zip", "Properties.Code.S3Key", True),
        (f"https://s3/bucket/{A}.json", f"https://s3/bucket/{B}.json", "Properties.TemplateURL", True),
        (f"1.dkr.ecr/assets:{A}", f"1.dkr.ecr/assets:{B}", "Properties.Image", True),
        (f"{A}.zip", f"other/{B}.zip", "Properties.Code.S3Key", False),
        (A, B, "Properties.Grants", False),  # a canonical user
        (f'{{"CanonicalUser":"{A}"}}', f'{{"CanonicalUser":"{B}"}}', "Properties.Policy", False),
        (f"x/{A}", f"x/{B}", "Properties.PolicyDocument.Statement[0].Principal.AWS", False),
        (5, 6, "Properties.Size", False),
    ],
)
def test_asset_hashes(before, after, path, expected):
    assert differ_in_assets_only(before, after, path) is expected


def parameter(name):
    return Deferred("parameter", {"Ref": name}, name)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (f"AssetParameters{A}S3Bucket1234ABCD", f"AssetParameters{B}S3BucketCDEF5678", True),
        ("AssetParametersS3Bucket", f"AssetParameters{B}S3BucketCDEF5678", True),  # a snapshot names no hash
        (f"AssetParameters{A}S3Bucket1234ABCD", f"AssetParameters{A}S3VersionKey1234ABCD", False),
        ("Colour", "Flavour", False),
    ],
)
def test_parameters_of_the_older_synthesizer(before, after, expected):
    assert differ_in_assets_only(parameter(before), parameter(after)) is expected
    url = [Deferred("text", None, parts=("https://s3/", parameter(name), "/key")) for name in (before, after)]
    assert differ_in_assets_only(*url) is expected


def test_the_same_parameter_with_another_value_is_no_hash():
    one, other = (Deferred("parameter", {"Ref": "P"}, "P", source) for source in ("String /a", "String /b"))
    assert not differ_in_assets_only(one, other)


@pytest.mark.parametrize("old", [f"{A}S3Bucket1234ABCDRef", "S3BucketRef"])
def test_a_nested_stack_gets_its_assets_under_other_names(old):
    def side(name, size="1"):
        passed = {f"referencetoShopAssetParameters{name}": {"Ref": f"AssetParameters{name}"}, "Size": size}
        body = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": passed}}
        return stack({"Inner": body}, Parameters={f"AssetParameters{name}": {"Type": "String"}})

    new = f"{B}S3BucketCDEF5678Ref"
    nested = [stack({}, "Shop/Inner", parent=root, at="Inner") for root in (side(old), side(new), side(new, "2"))]
    (change,) = compare([nested[0].parent, nested[0]], [nested[1].parent, nested[1]])
    assert change.noise and change.detail == ("asset",)
    (change,) = compare([nested[0].parent, nested[0]], [nested[2].parent, nested[2]])
    assert not change.noise


def test_a_hash_is_hidden_where_it_names_an_asset_only():
    value = {"Resource": f"arn:aws:s3:::b/{A}.zip", "Principal": {"AWS": f"x/{A}.zip"}, "Text": A}
    assert hide_asset_hashes(value) == {**value, "Resource": "arn:aws:s3:::b/#.zip"}


def test_hashes_in_a_text_with_unknown_parts_are_hidden():
    def key(hash_):
        return make_comparable(scope(), {"Fn::Sub": "${Bucket}/" + hash_ + ".zip"})

    assert are_equal(hide_asset_hashes(key(A)), hide_asset_hashes(key(B))) and not are_equal(key(A), key(B))
    assert hide_asset_hashes(key(A)).kind == "text"
