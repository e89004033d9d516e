"""The network, and the security groups that more than one stack uses."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

OFFICE = "203.0.113.0/24"


class NetworkStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
            max_azs=2,
            nat_gateways=1,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
                ec2.SubnetConfiguration(name="app", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24),
                ec2.SubnetConfiguration(name="data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
            ],
        )
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.bastion = self._bastion()
        self.metrics = self._metrics()

    @property
    def availability_zones(self) -> list[str]:
        """Named, so that synthesis needs no look-up in the account."""
        return [f"{self.region}a", f"{self.region}b"]

    def _bastion(self) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, "Bastion", vpc=self.vpc, description="Jump host of the operators")
        group.add_ingress_rule(ec2.Peer.ipv4(OFFICE), ec2.Port.tcp(3389), "RDP from the office")
        # DEFECT: SSH from everywhere, inline
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(22), "SSH")
        return group

    def _metrics(self) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, "Metrics", vpc=self.vpc, description="Prometheus")
        ec2.CfnSecurityGroupIngress(
            self,
            "MetricsFromOffice",
            group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=9090,
            to_port=9090,
            cidr_ip=OFFICE,
            description="Dashboards from the office",
        )
        # DEFECT: the same port from everywhere, over IPv6 and in a rule of its own
        ec2.CfnSecurityGroupIngress(
            self,
            "MetricsFromIpv6",
            group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=9090,
            to_port=9091,
            cidr_ipv6="::/0",
            description="Dashboards over IPv6",
        )
        # DEFECT: protocol -1 is every port
        ec2.CfnSecurityGroupIngress(
            self,
            "MetricsFromAgents",
            group_id=group.security_group_id,
            ip_protocol="-1",
            cidr_ip="0.0.0.0/0",
            description="Push agents",
        )
        return group
