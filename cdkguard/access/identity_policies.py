"""What the roles, users and groups of a stack may do, before and after, and who may assume them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.access.grants import NewGrant, find_new_grants
from cdkguard.access.identities import Identities, Identity, IdentityKey, IdentityPair
from cdkguard.access.managed_policies import find_attached_policies, read_managed_policy
from cdkguard.access.permissions_boundaries import find_boundary_widenings
from cdkguard.access.sets import may_intersect
from cdkguard.access.severity import PolicySubject
from cdkguard.access.stack_index import StackIndex, are_spelled_alike
from cdkguard.access.statements import PolicyDocument, Statement, contents_of, read_statements
from cdkguard.access.widening import Widening
from cdkguard.access.wording import make_widenings
from cdkguard.template.values import ABSENT


def find_identity_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """What identities that are on both sides may do, and who may assume them, beyond before."""
    before, after = Identities(old), Identities(new)
    compared: set[IdentityKey] = set()
    for key, identity in after.by_key.items():
        if identity.logical_id is not None and key not in before.by_key:
            continue  # A new role is a matter of the rules.
        compared.add(key)
        pair = IdentityPair(before, before.by_key.get(key, Identity(identity.label)), after, identity)
        yield from _compare_rights(pair, even_if_equal=bool(old.renamed))
        yield from find_boundary_widenings(pair)
        yield from _compare_trust(pair)

    # An identity of elsewhere may have lost its last policy of this template, and that one may have denied something.
    for key, identity in before.by_key.items():
        if key not in after.by_key and identity.logical_id is None:
            pair = IdentityPair(before, identity, after, Identity(identity.label))
            yield from _compare_rights(pair, even_if_equal=True)

    yield from _compare_other_managed_policies(before, after, compared)


def find_widenings_of_role(pair: IdentityPair, label: str) -> Iterator[Widening]:
    """What the role after may do that the role before may not, said of `label`, which runs as one and then the other."""
    from copy import copy  # Few changes give a workload another role.

    after = copy(pair.after)
    after.label = label
    relabelled = pair._replace(after=after)
    yield from _compare_rights(relabelled, even_if_equal=True)
    yield from find_boundary_widenings(relabelled)


# -- identity-based policies


def _compare_rights(pair: IdentityPair, even_if_equal: bool) -> Iterator[Widening]:
    """What all policies of an identity together allow beyond before.

    `even_if_equal`: compare policies that say the same, too; after a rename, they may say it of other resources.
    """
    old, before, new, after = pair
    policies = old.policies_of(before), new.policies_of(after)
    managed = old.managed_policies_of(before), new.managed_policies_of(after)
    yield from _find_joined_groups(pair)

    are_equal = contents_of(policies[0]) == contents_of(policies[1]) and managed[0] == managed[1]
    documents = [policy.document for policy in policies[1]]
    if are_equal and (not even_if_equal or are_spelled_alike(documents, old.stack, new.stack)):
        return

    allowed = [*old.statements_of(before), *(s for policy in managed[0] for s in read_managed_policy(policy))]
    now = new.statements_of(after)
    grants = find_new_grants(allowed, now)
    if after.logical_id is not None and not managed[1] and not any(s.unknown for s in now):
        # All that the role may do is known. The end of a Deny matters only where something allows what it denied.
        grants = (grant for grant in grants if not _is_without_effect(grant, now))

    subject = PolicySubject(after.label, new_ids=new.stack.shared_ids - old.stack.shared_ids)
    yield from make_widenings(grants, subject)
    yield from find_attached_policies(after.label, allowed, *managed)


def _find_joined_groups(pair: IdentityPair) -> Iterator[Widening]:
    """The groups that a user joins and whose policies are not in the template."""
    user = pair.after
    for key in user.groups:
        if key in pair.before.groups or key in pair.new.by_key:
            continue
        group = key[1] if isinstance(key[1], str) else "that is not known before deployment"
        yield Widening(
            logical_id=user.logical_id or "",
            kind="managed-policy",
            severity="medium",
            message=f"{user.label} joins group {group}, whose rights are not in the template",
            path="Properties.Groups",
            before=None,
            after=group,
            certain=False,
        )


def _is_without_effect(grant: NewGrant, now: Sequence[Statement]) -> bool:
    """Whether the grant is the end of a Deny of something that no statement of today allows."""
    denied = grant.statement
    return grant.kind == "deny-removed" and not any(
        s.allow and may_intersect(s.action, denied.action) and may_intersect(s.resource, denied.resource) for s in now
    )


def _compare_other_managed_policies(
    before: Identities, after: Identities, compared: set[IdentityKey]
) -> Iterator[Widening]:
    """What managed policies of the template allow that are attached to no identity that was compared."""
    old_ids = {before.stack.shared_id(logical_id): logical_id for logical_id in before.managed_policies}
    for logical_id in after.managed_policies:
        if logical_id not in old_ids or after.attached_to.get(logical_id, set()) & compared:
            continue
        grants = find_new_grants(
            _read_template_policy(before, old_ids[logical_id]), _read_template_policy(after, logical_id)
        )
        yield from make_widenings(grants, PolicySubject(f"whoever has managed policy {logical_id}"))


def _read_template_policy(identities: Identities, policy_id: str) -> list[Statement]:
    """The statements of a managed policy of the template."""
    document = identities.managed_policies[policy_id].get("PolicyDocument")
    policy = PolicyDocument(policy_id, "Properties.PolicyDocument", document)
    return list(read_statements(policy, identities.stack.spell))


# -- trust policies


def _compare_trust(pair: IdentityPair) -> Iterator[Widening]:
    """Who may assume a role that is in the template on both sides.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
    """
    old, before, new, after = pair
    if after.trust_policy is ABSENT or before.logical_id is None or after.logical_id is None:
        return
    is_equal = before.trust_policy == after.trust_policy
    if is_equal and (not old.stack.renamed or are_spelled_alike(after.trust_policy, old.stack, new.stack)):
        return
    grants = find_new_grants(_read_trust_policy(old, before), _read_trust_policy(new, after))
    subject = PolicySubject(
        after.label, names_principals=True, account=new.stack.account, kind="trust", right=f"become {after.label}"
    )
    yield from make_widenings(grants, subject)


def _read_trust_policy(identities: Identities, role: Identity) -> list[Statement]:
    policy = PolicyDocument(str(role.logical_id), "Properties.AssumeRolePolicyDocument", role.trust_policy)
    return list(read_statements(policy, identities.stack.spell))
