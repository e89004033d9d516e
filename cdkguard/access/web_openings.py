"""Web ports that a change opens to everybody: whether those had no way in before, and have one now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdkguard._typing import Json
from cdkguard.access.group_rules import GroupRule, make_group_key
from cdkguard.access.patterns import render_pattern
from cdkguard.access.resource_types import SECURITY_GROUP_TYPES, find_groups, read_properties
from cdkguard.access.stack_index import StackIndex
from cdkguard.aws import addresses

WEB_PORTS = (80, 443)

# Network interfaces that have private addresses alone, or take no connections at all.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
# https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
_PRIVATE_TYPES = ("AWS::Lambda::Function", "AWS::EC2::VPCEndpoint", "AWS::ApiGatewayV2::VpcLink")
_LOAD_BALANCERS = ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancing::LoadBalancer")


def opens_web(rule: GroupRule, before: Iterable[GroupRule], after: Iterable[GroupRule]) -> bool:
    """Whether a rule lets everybody in to a web port, alone or with the others of `after`, and none of `before` did.

    A site that everybody reaches on one web port and now on the other, to be redirected, is opened to nobody new.
    """
    port = _web_port(rule)
    if port is None or not _is_wide(rule):
        return False
    if not _lets_everybody_in((rule,), port) and not _lets_everybody_in(after, port):
        return False
    before = tuple(before)
    return not any(_lets_everybody_in(before, one) for one in WEB_PORTS)


def serves_inside_alone(stack: StackIndex, group: object) -> bool:
    """Whether all resources that have a security group of the stack are reached by private addresses alone."""
    users = list(_find_users(stack, group))
    return bool(users) and all(map(has_private_addresses, users))


def has_private_addresses(body: Json) -> bool:
    """Whether no address of the Internet reaches a resource, whatever its security groups let in."""
    kind, own = body.get("Type"), read_properties(body)
    if kind in _LOAD_BALANCERS:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
        return own.get("Scheme") == "internal"
    return kind in _PRIVATE_TYPES


def _find_users(stack: StackIndex, group: object) -> Iterator[Json]:
    for body in stack.resources.values():
        if isinstance(body, dict) and body.get("Type") not in SECURITY_GROUP_TYPES:
            found = find_groups(read_properties(body), "Properties")
            if any(make_group_key(stack, one) == group for _path, one in found):
                yield body


def _web_port(rule: GroupRule) -> int | None:
    """The web port that a rule opens, where it opens nothing else."""
    if rule.protocol != "tcp" or rule.ports is None or rule.ports[0] != rule.ports[1]:
        return None
    return rule.ports[0] if rule.ports[0] in WEB_PORTS else None


def _is_wide(rule: GroupRule) -> bool:
    """Whether its peer is a range too wide for a company, so that several of them may be everybody."""
    found = addresses.prefix_of(render_pattern(rule.peer[1])) if rule.peer[0] == "cidr" else None
    return found is not None and found[1] <= (16 if found[0] == 4 else 28)


def _lets_everybody_in(rules: Iterable[GroupRule], port: int) -> bool:
    cidrs = [
        render_pattern(rule.peer[1])
        for rule in rules
        if rule.peer[0] == "cidr"
        and rule.protocol in ("*", "tcp")
        and rule.ports is not None
        and rule.ports[0] <= port <= rule.ports[1]
    ]
    return any(addresses.is_open(cidr) for cidr in cidrs) or addresses.are_open_together(cidrs)
