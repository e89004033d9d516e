"""Where each resource type keeps a policy, and what that policy is attached to."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import NamedTuple


class Attachment(NamedTuple):
    """Where a type keeps a policy, and which of its properties names what the policy is attached to."""

    path: str  # below Properties; `[]` for each element of a list
    target: str = ""  # the resource itself
    open: bool = False  # without a policy everything is allowed


ATTACHMENTS: Mapping[str, Attachment] = {
    "AWS::APS::ResourcePolicy": Attachment("PolicyDocument", "WorkspaceArn"),
    "AWS::ApiGateway::RestApi": Attachment("Policy", open=True),
    "AWS::ApiGateway::DomainNameV2": Attachment("Policy"),
    "AWS::Backup::BackupVault": Attachment("AccessPolicy"),
    "AWS::Backup::LogicallyAirGappedBackupVault": Attachment("AccessPolicy"),
    "AWS::Bedrock::ResourcePolicy": Attachment("PolicyDocument", "ResourceArn"),
    "AWS::BedrockAgentCore::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::CloudTrail::ResourcePolicy": Attachment("ResourcePolicy", "ResourceArn"),
    "AWS::CodeArtifact::Domain": Attachment("PermissionsPolicyDocument"),
    "AWS::CodeArtifact::Repository": Attachment("PermissionsPolicyDocument"),
    "AWS::DSQL::Cluster": Attachment("PolicyDocument"),
    "AWS::DynamoDB::Table": Attachment("ResourcePolicy.PolicyDocument"),
    "AWS::DynamoDB::GlobalTable": Attachment("Replicas[].ResourcePolicy.PolicyDocument"),
    "AWS::EC2::VPCEndpoint": Attachment("PolicyDocument", open=True),
    "AWS::ECR::PublicRepository": Attachment("RepositoryPolicyText"),
    "AWS::ECR::RegistryPolicy": Attachment("PolicyText"),
    "AWS::ECR::Repository": Attachment("RepositoryPolicyText"),
    "AWS::EFS::FileSystem": Attachment("FileSystemPolicy", open=True),
    "AWS::EKS::PodIdentityAssociation": Attachment("Policy", open=True),
    "AWS::Elasticsearch::Domain": Attachment("AccessPolicies"),
    "AWS::EventSchemas::RegistryPolicy": Attachment("Policy", "RegistryName"),
    "AWS::Events::EventBus": Attachment("Policy"),
    "AWS::Events::EventBusPolicy": Attachment("Statement", "EventBusName"),
    "AWS::FSx::S3AccessPointAttachment": Attachment("S3AccessPoint.Policy"),
    "AWS::IoT::Policy": Attachment("PolicyDocument"),
    "AWS::KMS::Key": Attachment("KeyPolicy"),
    "AWS::KMS::ReplicaKey": Attachment("KeyPolicy"),
    "AWS::Kinesis::ResourcePolicy": Attachment("ResourcePolicy", "ResourceArn"),
    "AWS::Lambda::LayerVersionPermission": Attachment("", "LayerVersionArn"),
    "AWS::Lambda::Permission": Attachment("", "FunctionName"),
    "AWS::Lambda::ResourcePolicy": Attachment("PolicyDocument", "ResourceArn"),
    "AWS::Lex::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::Logs::Destination": Attachment("DestinationPolicy"),
    "AWS::Logs::DeliveryDestination": Attachment("DeliveryDestinationPolicy.DeliveryDestinationPolicy"),
    "AWS::Logs::LogGroup": Attachment("ResourcePolicyDocument"),
    "AWS::Logs::ResourcePolicy": Attachment("PolicyDocument"),
    "AWS::MSK::ClusterPolicy": Attachment("Policy", "ClusterArn"),
    "AWS::MediaPackageV2::ChannelPolicy": Attachment("Policy", "ChannelName"),
    "AWS::MediaPackageV2::OriginEndpointPolicy": Attachment("Policy", "OriginEndpointName"),
    "AWS::MediaStore::Container": Attachment("Policy"),
    "AWS::MediaTailor::ChannelPolicy": Attachment("Policy", "ChannelName"),
    "AWS::OSIS::Pipeline": Attachment("ResourcePolicy.Policy"),
    "AWS::Oam::Sink": Attachment("Policy"),
    "AWS::Omics::SequenceStore": Attachment("S3AccessPolicy"),
    "AWS::OpenSearchService::Domain": Attachment("AccessPolicies"),
    "AWS::Organizations::Policy": Attachment("Content", open=True),
    "AWS::PaymentCryptography::Key": Attachment("Policy"),
    "AWS::RUM::AppMonitor": Attachment("ResourcePolicy.PolicyDocument"),
    "AWS::Redshift::Cluster": Attachment("NamespaceResourcePolicy"),
    "AWS::RedshiftServerless::Namespace": Attachment("NamespaceResourcePolicy"),
    "AWS::RolesAnywhere::Profile": Attachment("SessionPolicy", open=True),
    "AWS::S3::AccessPoint": Attachment("Policy"),
    "AWS::S3::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3::MultiRegionAccessPointPolicy": Attachment("Policy", "MrapName"),
    "AWS::S3Express::AccessPoint": Attachment("Policy"),
    "AWS::S3Express::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3Files::FileSystemPolicy": Attachment("Policy", "FileSystemId"),
    "AWS::S3ObjectLambda::AccessPointPolicy": Attachment("PolicyDocument", "ObjectLambdaAccessPoint"),
    "AWS::S3Outposts::AccessPoint": Attachment("Policy"),
    "AWS::S3Outposts::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3Tables::TableBucketPolicy": Attachment("ResourcePolicy", "TableBucketARN"),
    "AWS::S3Tables::TablePolicy": Attachment("ResourcePolicy", "TableARN"),
    "AWS::S3Vectors::VectorBucketPolicy": Attachment("Policy", "VectorBucketArn"),
    "AWS::SNS::TopicInlinePolicy": Attachment("PolicyDocument", "TopicArn"),
    "AWS::SNS::TopicPolicy": Attachment("PolicyDocument", "Topics"),
    "AWS::SQS::QueueInlinePolicy": Attachment("PolicyDocument", "Queue"),
    "AWS::SQS::QueuePolicy": Attachment("PolicyDocument", "Queues"),
    "AWS::SSM::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::SSO::PermissionSet": Attachment("InlinePolicy"),
    "AWS::SageMaker::ModelPackageGroup": Attachment("ModelPackageGroupPolicy"),
    "AWS::SecretsManager::ResourcePolicy": Attachment("ResourcePolicy", "SecretId"),
    "AWS::Serverless::Api": Attachment("Auth.ResourcePolicy.CustomStatements"),
    "AWS::VpcLattice::AuthPolicy": Attachment("Policy", "ResourceIdentifier"),
    "AWS::VpcLattice::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::XRay::ResourcePolicy": Attachment("PolicyDocument"),
}
