"""Templates without what differs from build to build."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.baselines.normalize import normalize, without_hashes

ONE, TWO = "a1" * 32, "b2" * 32


def built(digest):
    """A template as CDK writes it, with this hash for each of its assets."""
    return {
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
        "Conditions": {"CDKMetadataAvailable": {"Fn::Equals": [1, 1]}, "IsProd": {"Fn::Equals": [1, 2]}},
        "Resources": {
            "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": digest[:20]}},
            "Fn": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Code": {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}"}, "S3Key": f"{digest}.zip"}},
                "Metadata": {"aws:cdk:path": "S/Fn", "aws:asset:path": f"asset.{digest}", "aws:asset:property": "Code", "mine": 1},
            },
            "Nest": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, f"/b/{digest}.json"]]}},
                "Metadata": {"aws:asset:path": "Nest.nested.template.json"},
            },
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {"Image": {"Fn::Sub": f"${{AWS::AccountId}}.dkr.ecr.x/cdk-q-container-assets-${{AWS::AccountId}}-x:{digest}"}},
            },
            "Boot": {"Type": "T", "Properties": {"UserData": f"aws s3 cp 's3://cdk-x-assets-1-eu/{digest}.sh' run.sh"}},
        },
    }  # fmt: skip


def test_two_builds_are_equal():
    assert normalize(built(ONE)) == normalize(built(TWO)) != built(ONE)
    found = normalize(built(ONE))
    assert found["Conditions"] == {"IsProd": {"Fn::Equals": [1, 2]}}
    assert found.keys() == {"Conditions", "Resources"} and "CDKMetadata" not in found["Resources"]
    assert found["Resources"]["Fn"]["Metadata"] == {"mine": 1} and "Metadata" not in found["Resources"]["Nest"]
    assert found["Resources"]["Fn"]["Properties"]["Code"]["S3Key"] == "ASSET.zip"


def test_the_argument_is_not_changed_and_shares_what_it_can():
    template = built(ONE)
    template["Resources"]["Same"] = {"Type": "T", "Properties": {"Deep": [{"x": "y" * 100}]}}
    before = copy.deepcopy(template)
    found = normalize(template)
    assert template == before
    assert found["Resources"]["Same"] is template["Resources"]["Same"]
    assert normalize(found) is found


def legacy(digest, suffix):
    bucket, key = f"AssetParameters{digest}S3Bucket{suffix}", f"AssetParameters{digest}S3VersionKey{suffix}"
    return {
        "Parameters": {
            bucket: {"Type": "String", "Description": f'S3 bucket for asset "{digest}"'},
            key: {"Type": "String", "Description": digest},
            "Mine": {"Type": "String", "Description": "stays"},
        },
        "Resources": {
            "Fn": {"Type": "T", "Properties": {"Code": {"S3Bucket": {"Ref": bucket}, "S3Key": {"Fn::Sub": f"${{{key}}}/x"}}}},
            "N": {"Type": "T", "Properties": {"Parameters": {f"referencetoM{bucket}Ref": {"Ref": bucket}}}},
        },
    }  # fmt: skip


def test_the_older_asset_parameters_lose_their_hash():
    found = normalize(legacy(ONE, "0A1B2C3D"))
    assert found == normalize(legacy(TWO, "FFFFFFFF"))
    assert found["Parameters"]["AssetParametersS3Bucket"] == {"Type": "String"}
    assert found["Parameters"]["Mine"]["Description"] == "stays"
    assert found["Resources"]["N"]["Properties"]["Parameters"] == {
        "referencetoMAssetParametersS3BucketRef": {"Ref": "AssetParametersS3Bucket"}
    }


@pytest.mark.parametrize(
    "text",
    [
        f"public.ecr.aws/x/y@sha256:{ONE}",
        f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{ONE}",
        ONE,
        f"0x{ONE}ff",
        f"{ONE}{TWO}.zip",
        f"docker.io/x:{ONE}",
        "f" * 63 + ".zip",
    ],
)
def test_what_is_no_asset_stays(text):
    assert without_hashes(text) is text


def test_a_bootstrap_parameter_of_ones_own_stays():
    template = {"Parameters": {"BootstrapVersion": {"Type": "Number", "Default": 3}}, "Resources": {}}
    assert normalize(template) is template


texts = st.sampled_from(
    ["x", f"{ONE}.zip", f"s3://b/{TWO}.json", ONE, f"/aws-cdk/assets:{TWO}", f"AssetParameters{ONE}ImageName00000000"]
)
values = st.recursive(
    texts | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from("ABCD"), values, max_size=3), st.booleans())
def test_laws(bodies, old):
    resources = {
        key: {"Type": "T", "Metadata": {"aws:cdk:path": key}, "Properties": body} for key, body in bodies.items()
    }
    template = {"Resources": resources, **({"Parameters": {f"AssetParameters{ONE}": {}}} if old else {})}
    before = copy.deepcopy(template)
    found = normalize(template)
    assert template == before
    assert normalize(found) is found or normalize(found) == found
    assert f"{ONE}.zip" not in repr(found)
