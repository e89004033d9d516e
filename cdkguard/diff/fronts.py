"""The names of the app's own that lead to a resource and follow it: records, mappings of domains, distributions.

Whoever calls a load balancer by an alias record of the same stack finds the new one, since CloudFormation writes the
record anew in the same deployment.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.diff.references import find_references
from cdkguard.model import Change, Stack
from cdkguard.template.values import as_mapping

FRONTS = frozenset(
    (
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::BasePathMappingV2",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::AppSync::DomainNameApiAssociation",
        "AWS::CloudFront::Distribution",
        "AWS::GlobalAccelerator::EndpointGroup",
        "AWS::Route53::RecordSet",
        "AWS::Route53::RecordSetGroup",
    )
)
# What they lead to.
_LED_TO = frozenset(
    (
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::DomainName",
        "AWS::AppSync::DomainName",
        "AWS::AppSync::GraphQLApi",
        "AWS::CloudFront::Distribution",
        "AWS::Cognito::UserPoolDomain",
        "AWS::EC2::VPCEndpointService",
        "AWS::ECS::ExpressGatewayService",
        "AWS::ElasticLoadBalancing::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::GlobalAccelerator::Accelerator",
        "AWS::Lambda::Url",
        "AWS::Transfer::Server",
        "AWS::VpcLattice::Service",
    )
)


def find_fronts(change: Change) -> list[str]:
    """The logical IDs of what leads to the resource before and after the change; nothing where it has no successor here.

    A resource of another stack counts for none, as that stack is deployed at another time.
    """
    if change.resource_type not in _LED_TO or change.old_stack is None or change.partner_stack is not None:
        return []
    if change.impact == "WILL_REPLACE":
        successor = change.logical_id
    elif change.partner_id is not None:
        successor = change.partner_id
    else:
        return []
    before = set(_find_leading(change.old_stack, str(change.logical_id)))
    return sorted(before.intersection(_find_leading(change.stack, str(successor)))) if before else []


def _find_leading(stack: Stack, target: str) -> Iterator[str]:
    """The resources of FRONTS that refer to the resource of a logical ID."""
    for logical_id, body in as_mapping(stack.template.get("Resources")).items():
        if _is_front(body) and any(name == target for name, _ in find_references(body.get("Properties"))):
            yield logical_id


def _is_front(body: Json) -> bool:
    return isinstance(body, dict) and isinstance(body.get("Type"), str) and body["Type"] in FRONTS
