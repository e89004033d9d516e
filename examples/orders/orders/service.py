"""What runs: the web service behind a load balancer, and the functions that fulfil orders."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from orders.data import DataStack
from orders.network import NetworkStack


class ServiceStack(cdk.Stack):
    def __init__(
        self, scope: Construct, id: str, *, network: NetworkStack, data: DataStack, protect: bool, **kwargs: Any
    ) -> None:
        super().__init__(scope, id, **kwargs)
        web = self._web(network, data, protect)
        web.service.connections.allow_to_default_port(data.cluster, "Database")
        self._fulfilment(data)
        self._refunds(data)
        self._deployer(web)

    def _web(
        self, network: NetworkStack, data: DataStack, protect: bool
    ) -> patterns.ApplicationLoadBalancedFargateService:
        database = data.cluster.secret
        certificate = ssm.StringParameter.value_for_string_parameter(self, "/orders/certificate-arn")
        web = patterns.ApplicationLoadBalancedFargateService(
            self,
            "Web",
            cluster=ecs.Cluster(self, "Cluster", vpc=network.vpc, container_insights_v2=ecs.ContainerInsights.ENABLED),
            cpu=512,
            memory_limit_mib=1024,
            desired_count=2,
            min_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            # Open to the Internet on 80 and 443: what an Internet-facing load balancer is for.
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", certificate),
            redirect_http=True,
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=ecs.ContainerImage.from_registry("public.ecr.aws/nginx/nginx:1.27"),
                container_port=80,
                environment={"QUEUE_URL": data.queue.queue_url, "INVOICES": data.invoices.bucket_name},
                secrets={"DB_PASSWORD": ecs.Secret.from_secrets_manager(database, "password")},
                log_driver=ecs.LogDrivers.aws_logs(
                    stream_prefix="web", log_group=logs.LogGroup(self, "WebLogs", retention=logs.RetentionDays.ONE_YEAR)
                ),
            ),
            task_subnets=ec2.SubnetSelection(subnet_group_name="app"),
        )
        web.load_balancer.set_attribute("deletion_protection.enabled", "true" if protect else "false")
        web.load_balancer.set_attribute("routing.http.drop_invalid_header_fields.enabled", "true")
        data.queue.grant_send_messages(web.task_definition.task_role)
        data.invoices.grant_read_write(web.task_definition.task_role)
        return web

    def _fulfilment(self, data: DataStack) -> None:
        fulfil = self._durable("Fulfil", "lambda/fulfil", cdk.Duration.days(7), cdk.Duration.days(14))
        # An execution that waits for days must come back to the code that it began with: a version, not $LATEST.
        live = lambda_.Alias(self, "FulfilLive", alias_name="live", version=fulfil.current_version)
        # A queue calls a durable function synchronously, for 15 minutes at most: another function hands the orders over.
        dispatch = lambda_.Function(
            self,
            "Dispatch",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_asset("lambda/dispatch"),
            timeout=cdk.Duration.minutes(1),
            tracing=lambda_.Tracing.ACTIVE,
            environment={"FULFIL": live.function_arn},
        )
        live.grant_invoke(dispatch)
        dispatch.add_event_source(sources.SqsEventSource(data.queue, batch_size=1))

    def _refunds(self, data: DataStack) -> None:
        # DEFECT: the longest time there is, so that a stuck execution waits for a year
        refund = self._durable("Refund", "lambda/refund", cdk.Duration.days(366), cdk.Duration.days(1))
        refund.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[data.invoices.arn_for_objects("refunds/*")],
            )
        )
        # DEFECT: the queue's address spelled out, where data.queue.queue_arn would keep up with its name
        queue = f"arn:aws:sqs:{self.region}:{self.account}:orders"
        refund.add_to_role_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue]))

    def _durable(self, id: str, code: str, timeout: cdk.Duration, retention: cdk.Duration) -> lambda_.Function:
        return lambda_.Function(
            self,
            id,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_asset(code),
            timeout=cdk.Duration.minutes(1),
            tracing=lambda_.Tracing.ACTIVE,
            durable_config=lambda_.DurableConfig(execution_timeout=timeout, retention_period=retention),
        )

    def _deployer(self, web: patterns.ApplicationLoadBalancedFargateService) -> None:
        """The role with which the build system restarts the service."""
        # DEFECT: written for staging; on prod it lets the staging account in
        builder = iam.ArnPrincipal(f"arn:{cdk.Aws.PARTITION}:iam::222222222222:role/orders-build")
        role = iam.Role(self, "Deployer", role_name="orders-deployer", assumed_by=builder)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["ecs:UpdateService", "ecs:DescribeServices"],
                resources=[web.service.service_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[
                    web.task_definition.task_role.role_arn,
                    web.task_definition.obtain_execution_role().role_arn,
                ],
                conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            )
        )
