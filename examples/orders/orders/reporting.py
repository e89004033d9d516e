"""Reports for the partners, in a nested stack."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from constructs import Construct

from orders.network import NetworkStack


class Reporting(cdk.NestedStack):
    def __init__(
        self, scope: Construct, id: str, *, network: NetworkStack, invoices: s3.IBucket, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, **kwargs)
        database = self._database(network)
        exports = self._exports()
        export = lambda_.Function(
            self,
            "Export",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_asset("lambda/export"),
            timeout=cdk.Duration.minutes(5),
            tracing=lambda_.Tracing.ACTIVE,
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name="app"),
            environment={
                "EXPORTS": exports.bucket_name,
                "INVOICES": invoices.bucket_name,
                "REPORTS_HOST": database.db_instance_endpoint_address,
                # DEFECT: whoever reads the template or the function's configuration has the password
                "REPORTS_PASSWORD": "Herbst-2024-reports",
            },
        )
        invoices.grant_read(export)
        exports.grant_write(export)
        database.connections.allow_default_port_from(export)

    def _database(self, network: NetworkStack) -> rds.DatabaseInstance:
        return rds.DatabaseInstance(
            self,
            "Reports",
            engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_16_6),
            instance_type=ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name="data"),
            # DEFECT: MasterUserPassword as plain text
            credentials=rds.Credentials.from_password(
                "reports", cdk.SecretValue.unsafe_plain_text("Herbst-2024-reports")
            ),
            storage_encrypted=True,
            multi_az=True,
            auto_minor_version_upgrade=True,
            # DEFECT: no backups, no deletion protection, and no snapshot when it is removed or replaced
            backup_retention=cdk.Duration.days(0),
            deletion_protection=False,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _exports(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Exports",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            # DEFECT: emptied and deleted with the stack, in every stage
            auto_delete_objects=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # DEFECT: the account of a partner that no configuration names, in a Fn::Join
        partner = cdk.Fn.join("", ["arn:", cdk.Aws.PARTITION, ":iam::604512398871:role/orders-import"])
        bucket.grant_read(iam.ArnPrincipal(partner))
        return bucket
