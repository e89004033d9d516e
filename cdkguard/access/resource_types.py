"""The resource types that decide about access, and the properties by which others name a role or a security group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.access.branches import each_element
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.template.values import Deferred

IAM = "AWS::IAM::"
ROLE = "AWS::IAM::Role"
INSTANCE_PROFILE = "AWS::IAM::InstanceProfile"
IDENTITY_TYPES = {
    "AWS::IAM::Role": "Role",
    "AWS::IAM::User": "User",
    "AWS::IAM::Group": "Group",
}
SECURITY_GROUP = "AWS::EC2::SecurityGroup"
SECURITY_GROUP_TYPES = (
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
)
PREFIX_LIST = "AWS::EC2::PrefixList"
FUNCTION_URL = "AWS::Lambda::Url"

# How the names of properties that hold a role end: `ExecutionRoleArn`, `TaskRoleArn`, `ServiceRole`.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
_ROLE_PROPERTIES = ("Role", "RoleArn", "RoleARN", "Roles")
# How the names of properties that hold security groups end: `VpcSecurityGroupIds`, `SecurityGroups`, `GroupSet`.
_GROUP_PROPERTIES = ("SecurityGroups", "SecurityGroupIds", "SecurityGroupId", "GroupSet")


def read_properties(body: Json) -> Mapping[str, Json]:
    """The properties of a resource; none where it has none or they are not known."""
    found = body.get("Properties") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


# -- which resources have to do with access


def decides_access(body: Json) -> bool:
    """Whether a resource is of IAM, holds a policy, or is a rule of the network."""
    kind = body.get("Type", "")
    return (
        kind in POLICY_LOCATIONS
        or kind in SECURITY_GROUP_TYPES
        or kind in (PREFIX_LIST, FUNCTION_URL)
        or (isinstance(kind, str) and kind.startswith(IAM))
    )


def uses_access(body: Json) -> bool:
    """Whether a resource runs as a role, or stands behind security groups."""
    return names_a_role(body) or has_security_group(body)


# -- roles


def runs_as_a_role(body: Json) -> bool:
    """Whether a resource does work: it is no policy and nothing of IAM but an instance profile."""
    kind = str(body.get("Type", ""))
    return kind not in POLICY_LOCATIONS and (kind == INSTANCE_PROFILE or not kind.startswith(IAM))


def names_a_role(body: Json) -> bool:
    """Whether a resource has a property that may hold a role."""
    return runs_as_a_role(body) and any(True for _ in find_roles(read_properties(body), "Properties"))


def find_roles(value: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    """(path, role or instance profile) of each property that holds one, at any depth."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        elements = (
            [(f"{here}[{i}]", one) for i, one in enumerate(inner)] if isinstance(inner, list) else [(here, inner)]
        )
        for at, one in elements:
            if isinstance(one, dict):
                yield from find_roles(one, at)
            elif _names_role_property(name, path) and _may_be_a_role(one, at):
                yield at, one


def _names_role_property(name: str, path: str) -> bool:
    return (
        name.endswith(_ROLE_PROPERTIES)
        or name == "IamInstanceProfile"
        or path.endswith((".IamInstanceProfile", ".Roles"))
    )


def _may_be_a_role(value: Json, path: str) -> bool:
    """Whether it is a reference, an ARN, or a name in an instance profile: other services have roles of their own."""
    if isinstance(value, Deferred):
        return True
    if not isinstance(value, str):
        return False
    return ":role/" in value or ":instance-profile/" in value or path.startswith("Properties.Roles[")


# -- security groups


def has_security_group(body: Json) -> bool:
    """Whether a resource has a property that may hold a security group."""
    is_group = body.get("Type") in SECURITY_GROUP_TYPES
    return not is_group and any(True for _ in find_groups(read_properties(body), "Properties"))


def find_groups(value: Mapping[str, Json], path: str) -> Iterator[tuple[str, Json]]:
    """(path, security group) of each property that holds one, at any depth."""
    for name, inner in value.items():
        here = f"{path}.{name}"
        if name.endswith(_GROUP_PROPERTIES):
            yield from ((f"{here}[{i}]", one) for i, _, one in each_element(inner) if not isinstance(one, dict))
        elif isinstance(inner, dict):
            yield from find_groups(inner, here)
        elif isinstance(inner, list):
            for index, one in enumerate(inner):
                if isinstance(one, dict):
                    yield from find_groups(one, f"{here}[{index}]")
