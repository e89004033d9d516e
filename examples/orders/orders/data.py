"""What the service stores: the Aurora cluster, documents, queues and sessions."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from orders.network import NetworkStack
from orders.reporting import Reporting


class DataStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, network: NetworkStack, protect: bool, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        self.protect = protect
        self.removal_policy = cdk.RemovalPolicy.RETAIN if protect else cdk.RemovalPolicy.DESTROY
        self.cluster = self._cluster(network)
        self.invoices = s3.Bucket(
            self,
            "Invoices",
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=self.removal_policy,
        )
        self.queue = self._queue()
        self.sessions = self._sessions()
        self.images = self._images()
        Reporting(self, "Reporting", network=network, invoices=self.invoices)

    def _cluster(self, network: NetworkStack) -> rds.DatabaseCluster:
        cluster = rds.DatabaseCluster(
            self,
            "Orders",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_6),
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            readers=[rds.ClusterInstance.serverless_v2("Reader", scale_with_writer=True)],
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name="data"),
            credentials=rds.Credentials.from_generated_secret("orders"),
            default_database_name="orders",
            storage_encrypted=True,
            iam_authentication=True,
            backup=rds.BackupProps(retention=cdk.Duration.days(14)),
            copy_tags_to_snapshot=True,
            deletion_protection=self.protect,
            removal_policy=cdk.RemovalPolicy.SNAPSHOT if self.protect else cdk.RemovalPolicy.DESTROY,
        )
        cluster.connections.allow_default_port_from(network.bastion, "Operators")
        # DEFECT: an escape hatch of some migration that stayed, behind the protection that is set above
        cluster.node.default_child.add_property_override("DeletionProtection", False)
        return cluster

    def _queue(self) -> sqs.Queue:
        dead = sqs.Queue(self, "DeadLetters", retention_period=cdk.Duration.days(14), enforce_ssl=True)
        queue = sqs.Queue(
            self,
            "Queue",
            queue_name="orders",
            visibility_timeout=cdk.Duration.minutes(6),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=3),
            enforce_ssl=True,
        )
        for each in (dead, queue):
            each.apply_removal_policy(self.removal_policy)
        return queue

    def _sessions(self) -> cdk.CfnResource:
        # DEFECT: a raw resource has no defaults of CDK: no policies, no recovery, no deletion protection
        return cdk.CfnResource(
            self,
            "Sessions",
            type="AWS::DynamoDB::Table",
            properties={
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            },
        )

    def _images(self) -> ecr.Repository:
        return ecr.Repository(
            self,
            "Images",
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            # DEFECT: every image that a rollback would need goes with the repository
            empty_on_delete=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
