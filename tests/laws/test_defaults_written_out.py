"""A default that is written out, or taken out again, loses nothing: it is what AWS does where nothing is written."""

import pytest

from cdkguard.engine.weakening import find_weakenings
from cdkguard.packs.load import load_packs
from cdkguard.template.scope import Scope, Verbatim
from tests.repository.test_schema_tables import HAS_PINNED_SCHEMAS, provider_schemas
from tests.support.changes import judged

RULES = load_packs(()).rules
WEAKENING = {rule.id for rule in RULES if rule.weakens is not None}


def within(path, value):
    """The value at a path of field names, in mappings; without a value, all but the last of them."""
    for name in reversed(path):
        value = {name: value} if value is not None else {}
    return value


# -- what a rule on changes compares itself

ENTRIES = [
    (rule.id, entry)
    for rule in RULES
    if isinstance(rule.weakens, list)
    for entry in rule.weakens
    if "default" in entry and all(step[0] == "f" for step in entry["steps"])
]


@pytest.mark.parametrize(("rule_id", "entry"), ENTRIES, ids=lambda v: v if isinstance(v, str) else v["steps"][-1][1])
def test_an_entry_knows_its_default(rule_id, entry):
    path = [name for _kind, name in entry["steps"]]
    switch = {entry["inside"]: True} if isinstance(entry.get("inside"), str) else {}
    absent, parent = within(path[:-1], switch), {"Properties": {}}
    scope = Verbatim.of(Scope({}))
    for text in {
        entry["default"],
        str(entry["default"]).lower() if entry["default"] in (True, False) else str(entry["default"]),
    }:
        written = within(path[:-1], {**switch, path[-1]: text})
        for before, after in ((absent, written), (written, absent), (parent, written)):
            assert not list(find_weakenings(entry, before, after, scope)), (before, after)


# -- what the rules on resources look at

# type, path, the default that AWS documents for it. The pages are those of the types in the CloudFormation template reference:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
DOCUMENTED = [
    ("AWS::RDS::DBInstance", "StorageEncrypted", False),
    ("AWS::RDS::DBInstance", "DeletionProtection", False),
    ("AWS::RDS::DBInstance", "MultiAZ", False),
    ("AWS::RDS::DBInstance", "EnableIAMDatabaseAuthentication", False),
    ("AWS::RDS::DBInstance", "CopyTagsToSnapshot", False),
    ("AWS::RDS::DBInstance", "DeleteAutomatedBackups", True),
    ("AWS::RDS::DBInstance", "BackupRetentionPeriod", 1),
    ("AWS::RDS::DBCluster", "StorageEncrypted", False),
    ("AWS::RDS::DBCluster", "DeletionProtection", False),
    ("AWS::RDS::DBCluster", "BackupRetentionPeriod", 1),
    ("AWS::RDS::DBProxy", "RequireTLS", False),
    ("AWS::DocDB::DBCluster", "StorageEncrypted", False),
    ("AWS::DocDB::DBCluster", "DeletionProtection", False),
    ("AWS::DocDB::DBCluster", "BackupRetentionPeriod", 1),
    ("AWS::Neptune::DBCluster", "StorageEncrypted", False),
    ("AWS::Neptune::DBCluster", "DeletionProtection", False),
    ("AWS::Redshift::Cluster", "PubliclyAccessible", False),
    ("AWS::Redshift::Cluster", "AutomatedSnapshotRetentionPeriod", 1),
    ("AWS::DynamoDB::Table", "DeletionProtectionEnabled", False),
    ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", False),
    ("AWS::DynamoDB::Table", "SSESpecification.SSEEnabled", False),
    ("AWS::EC2::Volume", "Encrypted", False),
    ("AWS::EC2::Instance", "DisableApiTermination", False),
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch", False),
    ("AWS::EC2::TransitGateway", "AutoAcceptSharedAttachments", "disable"),
    ("AWS::EFS::FileSystem", "Encrypted", False),
    ("AWS::EFS::FileSystem", "BackupPolicy.Status", "DISABLED"),
    ("AWS::ElastiCache::ReplicationGroup", "AtRestEncryptionEnabled", False),
    ("AWS::ElastiCache::ReplicationGroup", "TransitEncryptionEnabled", False),
    ("AWS::ElastiCache::ReplicationGroup", "SnapshotRetentionLimit", 0),
    ("AWS::OpenSearchService::Domain", "EncryptionAtRestOptions.Enabled", False),
    ("AWS::OpenSearchService::Domain", "NodeToNodeEncryptionOptions.Enabled", False),
    ("AWS::OpenSearchService::Domain", "DomainEndpointOptions.EnforceHTTPS", False),
    ("AWS::OpenSearchService::Domain", "AdvancedSecurityOptions.Enabled", False),
    ("AWS::KMS::Key", "EnableKeyRotation", False),
    ("AWS::KMS::Key", "Enabled", True),
    ("AWS::KMS::Key", "PendingWindowInDays", 30),
    ("AWS::SQS::Queue", "SqsManagedSseEnabled", True),
    ("AWS::SQS::Queue", "MessageRetentionPeriod", 345600),
    ("AWS::Kinesis::Stream", "RetentionPeriodHours", 24),
    ("AWS::CloudTrail::Trail", "EnableLogFileValidation", False),
    ("AWS::CloudTrail::Trail", "IsMultiRegionTrail", False),
    ("AWS::CloudTrail::Trail", "IncludeGlobalServiceEvents", True),
    ("AWS::CloudTrail::EventDataStore", "TerminationProtectionEnabled", True),
    ("AWS::CloudTrail::EventDataStore", "RetentionPeriod", 366),
    ("AWS::Cognito::UserPool", "DeletionProtection", "INACTIVE"),
    ("AWS::Cognito::UserPool", "MfaConfiguration", "OFF"),
    ("AWS::Cognito::UserPool", "AdminCreateUserConfig.AllowAdminCreateUserOnly", False),
    ("AWS::Cognito::UserPool", "Policies.PasswordPolicy.MinimumLength", 8),
    ("AWS::ECR::Repository", "ImageTagMutability", "MUTABLE"),
    ("AWS::ECR::Repository", "ImageScanningConfiguration.ScanOnPush", False),
    ("AWS::EKS::Cluster", "ResourcesVpcConfig.EndpointPublicAccess", True),
    ("AWS::EKS::Cluster", "ResourcesVpcConfig.EndpointPrivateAccess", False),
    ("AWS::EKS::Cluster", "DeletionProtection", False),
    ("AWS::MSK::Cluster", "EncryptionInfo.EncryptionInTransit.ClientBroker", "TLS"),
    ("AWS::MSK::Cluster", "EncryptionInfo.EncryptionInTransit.InCluster", True),
    ("AWS::MSK::Cluster", "BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess.Type", "DISABLED"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme", "internet-facing"),
    ("AWS::ElasticLoadBalancing::LoadBalancer", "Scheme", "internet-facing"),
    ("AWS::ApiGateway::RestApi", "DisableExecuteApiEndpoint", False),
    ("AWS::ApiGatewayV2::Api", "DisableExecuteApiEndpoint", False),
    ("AWS::ApiGateway::Method", "ApiKeyRequired", False),
    ("AWS::AppRunner::Service", "NetworkConfiguration.IngressConfiguration.IsPubliclyAccessible", True),
    ("AWS::AppSync::GraphQLApi", "Visibility", "GLOBAL"),
    ("AWS::CloudFront::Distribution", "DistributionConfig.WebACLId", ""),
    ("AWS::CloudFront::Distribution", "DistributionConfig.Restrictions.GeoRestriction.RestrictionType", "none"),
    ("AWS::Transfer::Server", "EndpointType", "PUBLIC"),
    ("AWS::MemoryDB::Cluster", "TLSEnabled", True),
    ("AWS::Macie::Session", "Status", "ENABLED"),
    ("AWS::CloudWatch::Alarm", "ActionsEnabled", True),
    ("AWS::Logs::LogGroup", "DeletionProtectionEnabled", False),
    ("AWS::MWAA::Environment", "WebserverAccessMode", "PRIVATE_ONLY"),
    ("AWS::S3::AccessPoint", "PublicAccessBlockConfiguration.BlockPublicPolicy", True),
    ("AWS::Lambda::Function", "RecursiveLoop", "Terminate"),
]  # fmt: skip


def asked_paths(node):
    """The paths of field names below Properties that a prepared requirement asks for."""
    if isinstance(node, dict):
        steps = node.get("steps", ())
        if len(steps) > 1 and steps[0][1] == "Properties" and all(step[0] == "f" for step in steps):
            yield tuple(step[1] for step in steps[1:])
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from asked_paths(one)


def schema_default(schema, path):
    """The default that a provider schema gives for a property that may be left out, else None."""
    parent = here = schema
    for name in (*path, None):
        while "$ref" in here:
            named = schema["definitions"][here["$ref"].rpartition("/")[2]]
            here = {**named, **{k: v for k, v in here.items() if k != "$ref"}}
        if name is not None:
            parent, here = here, (here.get("properties") or {}).get(name, {})
    found = None if path[-1] in parent.get("required", ()) else here.get("default")
    return None if isinstance(found, dict | list) else found


def schema_rows():
    if not HAS_PINNED_SCHEMAS:  # an older cfn-lint keeps them elsewhere
        return
    schemas, _date = provider_schemas()
    pairs = {
        (kind, path)
        for rule in RULES
        if rule.scope == "resource"
        for path in asked_paths([rule.where, rule.require])
        for kind in rule.types
        if kind in schemas
    }
    for kind, path in sorted(pairs):
        if (default := schema_default(schemas[kind], path)) is not None:
            yield kind, ".".join(path), default


@pytest.mark.parametrize(("kind", "path", "default"), sorted({*DOCUMENTED, *schema_rows()}, key=str), ids=str)
def test_a_default_written_out_loses_nothing(tmp_path, kind, path, default):
    names = path.split(".")
    parent, written = within(names[:-1], {}), within(names, default)
    text = within(names, str(default).lower() if isinstance(default, bool) else str(default))
    for number, (before, after) in enumerate(((parent, written), (written, parent), (parent, text), (text, written))):
        sides = [
            {"It": {"Type": kind, "Properties": {"Unrelated": side, **own}}}
            for side, own in (("a", before), ("b", after))
        ]
        found = judged(tmp_path / str(number), *sides).active
        assert not [(f.rule_id, f.message) for f in found if f.impact and f.rule_id in WEAKENING]
