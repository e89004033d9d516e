"""Values that move to another place of the same meaning take no protection away."""

import pytest

from tests.support.changes import judged

ENCRYPTED, PLAIN, SIGNED = (
    [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True}}],
    [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}],
    {"HttpTokens": "required"},
)
BY_ID = {"LaunchTemplateId": {"Ref": "Lt"}, "Version": {"Fn::GetAtt": ["Lt", "LatestVersionNumber"]}}
BY_NAME = {"LaunchTemplateName": "shop", "Version": "1"}
WEAKER = {"protection-weakened", "authentication-weakened", "retention-shortened", "encryption-key-changed"}


def instance(**properties):
    return {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-1", "SubnetId": "s", **properties}}


def template(**data):
    return {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateName": "shop", "LaunchTemplateData": data},
    }


def cluster(**properties):
    return {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql", **properties}}


def member(**properties):
    return {"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": {"Ref": "C"}, **properties}}


def find_weaker(tmp_path, before, after):
    return {f.logical_id for f in judged(tmp_path, before, after).active if f.rule_id in WEAKER}


@pytest.mark.parametrize("link", [BY_ID, BY_NAME], ids=["by id", "by name"])
@pytest.mark.parametrize("devices", [ENCRYPTED, PLAIN], ids=["encrypted", "plain"])
def test_devices_move_into_the_launch_template_and_back(tmp_path, link, devices):
    apart = {"Lt": template(ImageId="ami-1"), "I": instance(LaunchTemplate=link, BlockDeviceMappings=devices)}
    inside = {"Lt": template(ImageId="ami-1", BlockDeviceMappings=devices), "I": instance(LaunchTemplate=BY_ID)}
    assert find_weaker(tmp_path / "a", apart, inside) == find_weaker(tmp_path / "b", inside, apart) == set()


def test_devices_that_lose_their_encryption_on_the_way(tmp_path):
    apart = {"Lt": template(), "I": instance(LaunchTemplate=BY_ID, BlockDeviceMappings=ENCRYPTED)}
    inside = {"Lt": template(BlockDeviceMappings=PLAIN), "I": instance(LaunchTemplate=BY_ID)}
    assert find_weaker(tmp_path / "a", apart, inside) == {"Lt", "I"}
    assert find_weaker(tmp_path / "b", apart, {**apart, "I": instance(LaunchTemplate=BY_ID)}) == {"I"}


def test_the_message_names_the_value_that_was_elsewhere(tmp_path):
    apart = {"Lt": template(), "I": instance(LaunchTemplate=BY_ID, BlockDeviceMappings=ENCRYPTED)}
    inside = {"Lt": template(BlockDeviceMappings=PLAIN), "I": instance(LaunchTemplate=BY_ID)}
    found = [f for f in judged(tmp_path, apart, inside).active if f.rule_id in WEAKER and f.logical_id == "Lt"]
    assert "Ebs.Encrypted true -> absent" in found[0].message


@pytest.mark.parametrize("link", [BY_ID, BY_NAME], ids=["by id", "by name"])
def test_signed_metadata_move_into_a_new_launch_template_and_back(tmp_path, link):
    own = {"I": instance(MetadataOptions=SIGNED)}
    given = {"Lt": template(MetadataOptions=SIGNED), "I": instance(LaunchTemplate=link)}
    assert find_weaker(tmp_path / "a", own, given) == find_weaker(tmp_path / "b", given, own) == set()
    unsigned = {"Lt": template(ImageId="ami-1"), "I": instance(LaunchTemplate=link)}
    assert find_weaker(tmp_path / "c", own, unsigned) == {"I"}


def test_what_a_cluster_says_counts_for_its_instances(tmp_path):
    both = {"StorageEncrypted": True, "BackupRetentionPeriod": 7, "DeletionProtection": True}
    before, after = {"C": cluster(**both), "I": member(**both)}, {"C": cluster(**both), "I": member()}
    assert find_weaker(tmp_path / "a", before, after) == set()
    alone = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", **both}}
    bare = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres"}}
    assert find_weaker(tmp_path / "b", {"I": alone}, {"I": bare}) == {"I"}
