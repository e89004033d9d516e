"""Deletion protection: the service refuses the deletion of a resource whose protection is on, so that CloudFormation's fails.

The protection that runs decides, which is that of the deployed template. A deployment that removes or replaces the resource
leaves it behind, outside the stack; the deletion of a whole stack stops there.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
"""

from __future__ import annotations

from cdkguard._typing import Json, NamedTuple
from cdkguard.diff.differences import IF
from cdkguard.logic import Tri, any_of
from cdkguard.template.values import ABSENT, Deferred, scalar_text

_NO_VALUE = {"Ref": "AWS::NoValue"}
_ATTRIBUTE = "deletion_protection.enabled"  # Of a load balancer, whose attributes are a list of Key and Value.


class Protection(NamedTuple):
    """The property that protects a type from deletion."""

    path: tuple[str, ...]  # Below `Properties`; lists on the way are searched for one that is protected.
    on: str = "true"
    default: bool = False  # Whether it is on where the property is not written.


_ENABLED = Protection(("DeletionProtectionEnabled",))
_SWITCH = Protection(("DeletionProtection",))

# docs/development/schema/protection.tsv holds a decision for each property of the provider schemas that may be one. The
# documentation of each property says that a protected resource cannot be deleted, and what holds where it is absent.
PROTECTIONS: dict[str, Protection] = {
    "AWS::AutoScaling::AutoScalingGroup": Protection(("DeletionProtection",), "prevent-all-deletion"),
    "AWS::CloudTrail::Dashboard": Protection(("TerminationProtectionEnabled",)),
    "AWS::CloudTrail::EventDataStore": Protection(("TerminationProtectionEnabled",), default=True),
    "AWS::Cognito::UserPool": Protection(("DeletionProtection",), "active"),
    "AWS::DSQL::Cluster": Protection(("DeletionProtectionEnabled",), default=True),
    "AWS::DocDB::DBCluster": _SWITCH,
    "AWS::DocDB::GlobalCluster": _SWITCH,
    "AWS::DynamoDB::GlobalTable": Protection(("Replicas", "DeletionProtectionEnabled")),
    "AWS::DynamoDB::Table": _ENABLED,
    "AWS::EC2::Instance": Protection(("DisableApiTermination",)),
    "AWS::ECS::Gateway": Protection(("DeletionProtection",), default=True),
    "AWS::EKS::Cluster": _SWITCH,
    "AWS::EMR::Cluster": Protection(("Instances", "TerminationProtected")),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Protection(("LoadBalancerAttributes", _ATTRIBUTE)),
    "AWS::Logs::LogGroup": _ENABLED,
    "AWS::Neptune::DBCluster": _SWITCH,
    "AWS::Neptune::GlobalCluster": _SWITCH,
    "AWS::NeptuneGraph::Graph": Protection(("DeletionProtection",), default=True),
    "AWS::NetworkFirewall::Firewall": Protection(("DeleteProtection",)),
    "AWS::OpenSearchServerless::Collection": Protection(("DeletionProtection",), "enabled"),
    "AWS::QLDB::Ledger": Protection(("DeletionProtection",), default=True),
    "AWS::RDS::DBCluster": _SWITCH,
    "AWS::RDS::DBInstance": _SWITCH,
    "AWS::RDS::GlobalCluster": _SWITCH,
    "AWS::SMSVOICE::NotifyConfiguration": _ENABLED,
    "AWS::SMSVOICE::PhoneNumber": _ENABLED,
    "AWS::SMSVOICE::Pool": _ENABLED,
    "AWS::SMSVOICE::ProtectConfiguration": _ENABLED,
    "AWS::SMSVOICE::RcsAgent": _ENABLED,
    "AWS::SMSVOICE::SenderId": _ENABLED,
    "AWS::SSMIncidents::ReplicationSet": Protection(("DeletionProtected",)),
    "AWS::VerifiedPermissions::PolicyStore": Protection(("DeletionProtection", "Mode"), "enabled"),
    "AWS::WellArchitected::AgentProfile": _SWITCH,
}


def is_protected(body: Json) -> Tri:
    """Whether the deletion of the resource is refused; None where that is not known before deployment."""
    protection = PROTECTIONS.get(str(body.get("Type")))
    if protection is None:
        return False
    return _is_on(body.get("Properties"), protection.path, protection)


def name_protection(resource_type: str) -> str:
    """`DeletionProtection`: the property that protects a type, as its users write it."""
    protection = PROTECTIONS.get(resource_type)
    return protection.path[-1] if protection is not None else ""


def _is_on(value: Json, path: tuple[str, ...], protection: Protection) -> Tri:
    """Whether the value that lies at the path below another one switches the protection on."""
    if isinstance(value, dict) and isinstance(operands := value.get(IF), list):
        answers = {_is_on(branch, path, protection) for branch in operands[1:]}
        return answers.pop() if len(answers) == 1 else None
    if value is None or value is ABSENT or value == _NO_VALUE:
        return protection.default
    if isinstance(value, Deferred):
        return None
    if isinstance(value, list):
        return any_of(_is_element_on(item, path, protection) for item in value)
    if path:
        return _is_on(value.get(path[0]), path[1:], protection) if isinstance(value, dict) else None
    return (scalar_text(value) or "").lower() == protection.on


def _is_element_on(item: Json, path: tuple[str, ...], protection: Protection) -> Tri:
    if path != (_ATTRIBUTE,) or not isinstance(item, dict):
        return _is_on(item, path, protection)
    is_it = item.get("Key") == _ATTRIBUTE
    return _is_on(item.get("Value"), (), protection) if is_it or isinstance(item.get("Key"), Deferred) else False
