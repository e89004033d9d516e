"""IAM identities: the roles, users and groups of one version of a stack, with the policies attached to them.

A policy reaches an identity by many ways: inline in the role, as a resource of its own (AWS::IAM::Policy, RolePolicy,
ManagedPolicy), by the ARN of a managed policy, or through a group. All are gathered here, so that a policy that only
moves from one way to another is no change of access.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import Assumptions, each_element
from cdkguard.access.managed_policies import ManagedPolicy
from cdkguard.access.patterns import render_pattern
from cdkguard.access.resource_types import IAM, IDENTITY_TYPES, read_properties
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.statements import PolicyDocument, Statement, TemplateElement, read_statements
from cdkguard.template.values import ABSENT, Deferred

# ("Role", logical ID that both sides share, or name or pattern of a name where the template has no such resource).
IdentityKey = tuple[str, object]


class Identity:
    """A role, user or group: what it may do, and who may assume it.

    `label` is what messages call it: `role Worker`. `logical_id` is None for one that the template only names.
    """

    def __init__(self, label: str, logical_id: str | None = None) -> None:
        self.label, self.logical_id = label, logical_id
        self.policies: list[PolicyDocument] = []
        self.managed_policies: list[ManagedPolicy] = []
        self.groups: list[IdentityKey] = []
        self.permissions_boundary: Json = ABSENT
        self.trust_policy: Json = ABSENT


class Identities:
    """All identities that one version of a stack creates or attaches policies to."""

    def __init__(self, stack: StackIndex) -> None:
        self.stack = stack
        self.by_key: dict[IdentityKey, Identity] = {}
        # Managed policies of the template: logical ID -> properties.
        self.managed_policies = {i: own for i, _, own in stack.resources_of("AWS::IAM::ManagedPolicy")}
        # Shared logical ID of one of them -> the identities that it is attached to.
        self.attached_to: dict[str, set[IdentityKey]] = {}

        for logical_id, kind, own in stack.resources_of(*IDENTITY_TYPES):
            self._add_identity(logical_id, IDENTITY_TYPES[kind], own)
        for logical_id, body in stack.resources.items():
            if str(body.get("Type", "")).startswith(IAM):
                self._attach_policy(logical_id, body["Type"].removeprefix(IAM), read_properties(body))

    # -- identities as policies name them

    def key_of(self, kind: str, value: Json) -> IdentityKey:
        """The key of the role, user or group that a property names; `kind` is Role, User or Group."""
        if isinstance(value, Deferred):
            if value.kind == "resource" and value.target is not None and value.target in self.stack.resources:
                return kind, self.stack.shared_id(value.target)
            return kind, self.stack.make_pattern(value)
        return kind, self.stack.find_identity(kind, str(value)) or str(value)

    def _get_or_add(self, kind: str, value: Json) -> Identity:
        key = self.key_of(kind, value)
        if key not in self.by_key:
            self.by_key[key] = Identity(f"{kind.lower()} {render_pattern(self.stack.make_pattern(value))}")
        return self.by_key[key]

    # -- reading the template

    def _add_identity(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        """Read an AWS::IAM::Role, User or Group and what its own properties attach to it."""
        key = (kind, self.stack.shared_id(logical_id))
        identity = self.by_key.setdefault(key, Identity(f"{kind.lower()} {logical_id}", logical_id))
        identity.permissions_boundary = own.get("PermissionsBoundary", ABSENT)
        identity.trust_policy = own.get("AssumeRolePolicyDocument", ABSENT)

        for index, assumptions, policy in each_element(own.get("Policies")):
            path = f"Properties.Policies[{index}].PolicyDocument"
            document = policy.get("PolicyDocument") if isinstance(policy, dict) else policy
            identity.policies.append(PolicyDocument(logical_id, path, document, assumptions))

        for index, assumptions, arn in each_element(own.get("ManagedPolicyArns")):
            if isinstance(arn, Deferred) and arn.kind == "resource" and arn.target in self.managed_policies:
                self._attach_managed_policy(identity, key, arn.target, assumptions)
            else:
                element = TemplateElement(logical_id, f"Properties.ManagedPolicyArns[{index}]", arn)
                identity.managed_policies.append(ManagedPolicy(self.stack.make_pattern(arn), element, assumptions))

        identity.groups += [self.key_of("Group", group) for _, _, group in each_element(own.get("Groups"))]

    def _attach_managed_policy(
        self, identity: Identity, key: IdentityKey, policy_id: str, assumptions: Assumptions
    ) -> None:
        """Attach a managed policy of the template, whose document is there."""
        self.attached_to.setdefault(self.stack.shared_id(policy_id), set()).add(key)
        document = self.managed_policies[policy_id].get("PolicyDocument")
        identity.policies.append(PolicyDocument(policy_id, "Properties.PolicyDocument", document, assumptions))

    def _attach_policy(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        """Attach what a resource of IAM attaches to others.

        `Policy` and `ManagedPolicy` list `Roles`, `Users` and `Groups`; a `RolePolicy` has one `RoleName`, and so on.
        """
        if kind == "UserToGroupAddition":
            for _, _, user in each_element(own.get("Users")):
                self._get_or_add("User", user).groups.append(self.key_of("Group", own.get("GroupName")))
            return

        for name in ("Role", "User", "Group"):
            if kind in ("Policy", "ManagedPolicy"):
                many = own.get(f"{name}s")
            elif kind == f"{name}Policy":
                many = own.get(f"{name}Name")
            else:
                continue
            for _, assumptions, value in each_element(many):
                identity = self._get_or_add(name, value)
                if kind == "ManagedPolicy":
                    self._attach_managed_policy(identity, self.key_of(name, value), logical_id, assumptions)
                else:
                    policy = PolicyDocument(
                        logical_id, "Properties.PolicyDocument", own.get("PolicyDocument"), assumptions
                    )
                    identity.policies.append(policy)

    # -- what an identity has, with what its groups give it

    def policies_of(self, identity: Identity) -> list[PolicyDocument]:
        """The policies that hold for an identity: its own, and those of its groups."""
        return [*identity.policies, *(p for group in self._groups_of(identity) for p in group.policies)]

    def managed_policies_of(self, identity: Identity) -> list[ManagedPolicy]:
        """The managed policies that hold for an identity by their ARN: its own, and those of its groups."""
        groups = self._groups_of(identity)
        return [*identity.managed_policies, *(p for group in groups for p in group.managed_policies)]

    def statements_of(self, identity: Identity) -> list[Statement]:
        """The statements of all policies that hold for an identity and whose documents are in the template."""
        return [s for policy in self.policies_of(identity) for s in read_statements(policy, self.stack.spell)]

    def _groups_of(self, identity: Identity) -> list[Identity]:
        return [self.by_key[key] for key in identity.groups if key in self.by_key]


class IdentityPair(NamedTuple):
    """An identity before and after, each with the identities of its side of the comparison."""

    old: Identities
    before: Identity
    new: Identities
    after: Identity
