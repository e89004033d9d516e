"""The assistant of the support team: an AgentCore gateway to the tools, and the memory of its conversations."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from orders.data import DataStack


class AgentsStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, data: DataStack, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        key = kms.Key(self, "Key", enable_key_rotation=True, description="Conversations of the support assistant")
        self._internal_tools(key, data)
        self._public_tools(key)
        # DEFECT: CDK gives a memory no removal policy: the conversations go with the resource
        agentcore.Memory(
            self,
            "Memory",
            memory_name="orders_support",
            expiration_duration=cdk.Duration.days(90),
            kms_key=key,
        )

    def _internal_tools(self, key: kms.Key, data: DataStack) -> None:
        gateway = agentcore.Gateway(
            self,
            "InternalTools",
            gateway_name="orders-internal",
            authorizer_configuration=agentcore.GatewayAuthorizer.using_aws_iam(),
            kms_key=key,
        )
        data.invoices.grant_read(gateway.role)

    def _public_tools(self, key: kms.Key) -> None:
        role = iam.Role(
            self,
            "PublicToolsRole",
            assumed_by=iam.ServicePrincipal(
                "bedrock-agentcore.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
        )
        key.grant_encrypt_decrypt(role)
        agentcore.CfnGateway(
            self,
            "PublicTools",
            name="orders-public",
            role_arn=role.role_arn,
            protocol_type="MCP",
            # DEFECT: whoever knows the address may call the tools
            authorizer_type="NONE",
            kms_key_arn=key.key_arn,
        )
