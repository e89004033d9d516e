"""Where each resource type keeps a resource-based policy, and what that policy is attached to.

Properties and their meaning are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import NamedTuple


class PolicyLocation(NamedTuple):
    """Where a resource type keeps a policy."""

    # Below Properties; `[]` stands for each element of a list. Empty for a permission: its properties are the policy.
    path: str
    # The property that names what the policy is attached to; empty if that is the resource itself.
    target: str = ""
    # Without a policy, AWS restricts nothing here: a policy can only take away.
    open_by_default: bool = False
    # Below Properties: where the type keeps policies of other things that belong to it, such as its stream.
    others: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path, *self.others)


POLICY_LOCATIONS: Mapping[str, PolicyLocation] = {
    "AWS::AIOps::InvestigationGroup": PolicyLocation("InvestigationGroupPolicy"),
    "AWS::APS::ResourcePolicy": PolicyLocation("PolicyDocument", "WorkspaceArn"),
    "AWS::ApiGateway::DomainNameV2": PolicyLocation("Policy"),
    "AWS::ApiGateway::RestApi": PolicyLocation("Policy", open_by_default=True),
    "AWS::Backup::BackupVault": PolicyLocation("AccessPolicy"),
    "AWS::Backup::LogicallyAirGappedBackupVault": PolicyLocation("AccessPolicy"),
    "AWS::Bedrock::KnowledgeBasePolicy": PolicyLocation("PolicyDocument", "KnowledgeBaseId"),
    "AWS::Bedrock::ResourcePolicy": PolicyLocation("PolicyDocument", "ResourceArn"),
    "AWS::BedrockAgentCore::ResourcePolicy": PolicyLocation("Policy", "ResourceArn"),
    "AWS::CloudTrail::ResourcePolicy": PolicyLocation("ResourcePolicy", "ResourceArn"),
    "AWS::CodeArtifact::Domain": PolicyLocation("PermissionsPolicyDocument"),
    "AWS::CodeArtifact::Repository": PolicyLocation("PermissionsPolicyDocument"),
    "AWS::Comprehend::DocumentClassifier": PolicyLocation("ModelPolicy"),
    "AWS::Comprehend::EntityRecognizer": PolicyLocation("ModelPolicy"),
    "AWS::DSQL::Cluster": PolicyLocation("PolicyDocument"),
    "AWS::DynamoDB::GlobalTable": PolicyLocation(
        "Replicas[].ResourcePolicy.PolicyDocument",
        others=("Replicas[].ReplicaStreamSpecification.ResourcePolicy.PolicyDocument",),
    ),
    "AWS::DynamoDB::Table": PolicyLocation(
        "ResourcePolicy.PolicyDocument", others=("StreamSpecification.ResourcePolicy.PolicyDocument",)
    ),
    "AWS::EC2::VPCEndpoint": PolicyLocation("PolicyDocument", open_by_default=True),
    "AWS::ECR::PublicRepository": PolicyLocation("RepositoryPolicyText"),
    "AWS::ECR::RegistryPolicy": PolicyLocation("PolicyText"),
    "AWS::ECR::Repository": PolicyLocation("RepositoryPolicyText"),
    "AWS::ECR::RepositoryCreationTemplate": PolicyLocation("RepositoryPolicy"),
    "AWS::EFS::FileSystem": PolicyLocation("FileSystemPolicy", open_by_default=True),
    "AWS::EKS::PodIdentityAssociation": PolicyLocation("Policy", open_by_default=True),
    "AWS::Elasticsearch::Domain": PolicyLocation("AccessPolicies"),
    "AWS::EventSchemas::RegistryPolicy": PolicyLocation("Policy", "RegistryName"),
    "AWS::Events::EventBus": PolicyLocation("Policy"),
    "AWS::Events::EventBusPolicy": PolicyLocation("Statement", "EventBusName"),
    "AWS::EventsV2::ResourcePolicy": PolicyLocation("PolicyDocument", "EventBusArn"),
    "AWS::FSx::S3AccessPointAttachment": PolicyLocation("S3AccessPoint.Policy"),
    "AWS::IoT::Policy": PolicyLocation("PolicyDocument"),
    "AWS::KMS::Key": PolicyLocation("KeyPolicy"),
    "AWS::KMS::ReplicaKey": PolicyLocation("KeyPolicy"),
    "AWS::Kinesis::ResourcePolicy": PolicyLocation("ResourcePolicy", "ResourceArn"),
    "AWS::Lambda::LayerVersionPermission": PolicyLocation("", "LayerVersionArn"),
    "AWS::Lambda::Permission": PolicyLocation("", "FunctionName"),
    "AWS::Lambda::ResourcePolicy": PolicyLocation("PolicyDocument", "ResourceArn"),
    "AWS::Lex::ResourcePolicy": PolicyLocation("Policy", "ResourceArn"),
    "AWS::Logs::DeliveryDestination": PolicyLocation("DeliveryDestinationPolicy.DeliveryDestinationPolicy"),
    "AWS::Logs::Destination": PolicyLocation("DestinationPolicy"),
    "AWS::Logs::LogGroup": PolicyLocation("ResourcePolicyDocument"),
    "AWS::Logs::ResourcePolicy": PolicyLocation("PolicyDocument"),
    "AWS::MSK::ClusterPolicy": PolicyLocation("Policy", "ClusterArn"),
    "AWS::MediaPackageV2::ChannelPolicy": PolicyLocation("Policy", "ChannelName"),
    "AWS::MediaPackageV2::OriginEndpointPolicy": PolicyLocation("Policy", "OriginEndpointName"),
    "AWS::MediaStore::Container": PolicyLocation("Policy"),
    "AWS::MediaTailor::ChannelPolicy": PolicyLocation("Policy", "ChannelName"),
    "AWS::OSIS::Pipeline": PolicyLocation("ResourcePolicy.Policy"),
    "AWS::Oam::Sink": PolicyLocation("Policy"),
    "AWS::Omics::SequenceStore": PolicyLocation("S3AccessPolicy"),
    "AWS::OpenSearchService::Domain": PolicyLocation("AccessPolicies"),
    "AWS::Organizations::Policy": PolicyLocation("Content", open_by_default=True),
    "AWS::Organizations::ResourcePolicy": PolicyLocation("Content"),
    "AWS::PaymentCryptography::Key": PolicyLocation("Policy"),
    "AWS::RUM::AppMonitor": PolicyLocation("ResourcePolicy.PolicyDocument"),
    "AWS::Redshift::Cluster": PolicyLocation("NamespaceResourcePolicy"),
    "AWS::RedshiftServerless::Namespace": PolicyLocation("NamespaceResourcePolicy"),
    "AWS::RolesAnywhere::Profile": PolicyLocation("SessionPolicy", open_by_default=True),
    "AWS::S3::AccessPoint": PolicyLocation("Policy"),
    "AWS::S3::BucketPolicy": PolicyLocation("PolicyDocument", "Bucket"),
    "AWS::S3::MultiRegionAccessPointPolicy": PolicyLocation("Policy", "MrapName"),
    "AWS::S3Express::AccessPoint": PolicyLocation("Policy"),
    "AWS::S3Express::BucketPolicy": PolicyLocation("PolicyDocument", "Bucket"),
    "AWS::S3Files::FileSystemPolicy": PolicyLocation("Policy", "FileSystemId"),
    "AWS::S3ObjectLambda::AccessPointPolicy": PolicyLocation("PolicyDocument", "ObjectLambdaAccessPoint"),
    "AWS::S3Outposts::AccessPoint": PolicyLocation("Policy"),
    "AWS::S3Outposts::BucketPolicy": PolicyLocation("PolicyDocument", "Bucket"),
    "AWS::S3Tables::TableBucketPolicy": PolicyLocation("ResourcePolicy", "TableBucketARN"),
    "AWS::S3Tables::TablePolicy": PolicyLocation("ResourcePolicy", "TableARN"),
    "AWS::S3Vectors::VectorBucketPolicy": PolicyLocation("Policy", "VectorBucketArn"),
    "AWS::SMSVOICE::ResourcePolicy": PolicyLocation("PolicyDocument", "ResourceArn"),
    "AWS::SNS::TopicInlinePolicy": PolicyLocation("PolicyDocument", "TopicArn"),
    "AWS::SNS::TopicPolicy": PolicyLocation("PolicyDocument", "Topics"),
    "AWS::SQS::QueueInlinePolicy": PolicyLocation("PolicyDocument", "Queue"),
    "AWS::SQS::QueuePolicy": PolicyLocation("PolicyDocument", "Queues"),
    "AWS::SSM::ResourcePolicy": PolicyLocation("Policy", "ResourceArn"),
    "AWS::SSO::PermissionSet": PolicyLocation("InlinePolicy"),
    "AWS::SageMaker::ModelPackageGroup": PolicyLocation("ModelPackageGroupPolicy"),
    "AWS::SecretsManager::ResourcePolicy": PolicyLocation("ResourcePolicy", "SecretId"),
    "AWS::Serverless::Api": PolicyLocation("Auth.ResourcePolicy.CustomStatements"),
    "AWS::VpcLattice::AuthPolicy": PolicyLocation("Policy", "ResourceIdentifier"),
    "AWS::VpcLattice::ResourcePolicy": PolicyLocation("Policy", "ResourceArn"),
    "AWS::XRay::ResourcePolicy": PolicyLocation("PolicyDocument"),
}
