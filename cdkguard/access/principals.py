"""Roles, users and groups: their policies, boundaries and trust, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import branches, statements
from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access import sets as items
from cdkguard.access.grants import NewGrant
from cdkguard.access.patterns import ALWAYS, Assumptions, Pattern
from cdkguard.access.sets import NameSet
from cdkguard.access.stack_index import IAM, IDENTITY_TYPES, StackIndex, each_of, properties
from cdkguard.access.statements import Statement, TemplateElement
from cdkguard.access.widening import Widening
from cdkguard.access.wording import PolicySubject, as_json, make_widenings
from cdkguard.logic import Tri
from cdkguard.template.values import ABSENT, Deferred


class PolicyDocument(NamedTuple):
    """A policy document and its place."""

    logical_id: str
    path: str
    document: Json
    assumptions: Assumptions = ALWAYS


class ManagedPolicy(NamedTuple):
    """A managed policy that is attached by its ARN."""

    arn: Pattern
    element: TemplateElement
    assumptions: Assumptions


IdentityKey = tuple[str, object]  # ("Role", shared id or name)


class Identity:
    """A role, user or group: what it may do, who may be it."""

    def __init__(self, label: str, logical_id: str | None = None) -> None:
        self.label, self.logical_id = label, logical_id
        self.documents: list[PolicyDocument] = []
        self.managed: list[ManagedPolicy] = []
        self.groups: list[IdentityKey] = []
        self.permissions_boundary: Json = ABSENT
        self.trust: Json = ABSENT


class Identities:
    """All principals of one side, with the policies that are attached to them."""

    def __init__(self, side: StackIndex) -> None:
        self.side, self.all = side, dict[IdentityKey, Identity]()
        self.policies = {i: p for i, _, p in side.of("AWS::IAM::ManagedPolicy")}
        self.attached: dict[str, set[IdentityKey]] = {}
        for logical_id, kind, own in side.of(*IDENTITY_TYPES):
            self._own(logical_id, IDENTITY_TYPES[kind], own)
        for logical_id, body in side.resources.items():
            if str(body.get("Type", "")).startswith(IAM):
                self._attach(logical_id, body["Type"].removeprefix(IAM), properties(body))

    def key(self, kind: str, value: Json) -> IdentityKey:
        """Of a principal that a policy names."""
        if isinstance(value, Deferred):
            if value.kind == "resource" and value.target is not None and value.target in self.side.resources:
                return kind, self.side.id(value.target)
            return kind, self.side.pattern(value)
        return kind, self.side.named(kind, str(value)) or str(value)

    def get(self, kind: str, value: Json) -> Identity:
        key = self.key(kind, value)
        if key not in self.all:
            self.all[key] = Identity(f"{kind.lower()} {globs.render_pattern(self.side.pattern(value))}")
        return self.all[key]

    def _own(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        owner = self.all.setdefault(
            (kind, self.side.id(logical_id)), Identity(f"{kind.lower()} {logical_id}", logical_id)
        )
        for index, guard, policy in each_of(own.get("Policies")):
            document = policy.get("PolicyDocument") if isinstance(policy, dict) else policy
            owner.documents.append(
                PolicyDocument(logical_id, f"Properties.Policies[{index}].PolicyDocument", document, guard)
            )
        owner.permissions_boundary, owner.trust = (
            own.get(n, ABSENT) for n in ("PermissionsBoundary", "AssumeRolePolicyDocument")
        )
        for index, guard, arn in each_of(own.get("ManagedPolicyArns")):
            path = f"Properties.ManagedPolicyArns[{index}]"
            if isinstance(arn, Deferred) and arn.kind == "resource" and arn.target in self.policies:
                self._by_policy(owner, (kind, self.side.id(logical_id)), arn.target, guard)
            else:
                owner.managed.append(
                    ManagedPolicy(self.side.pattern(arn), TemplateElement(logical_id, path, arn), guard)
                )
        owner.groups += [self.key("Group", group) for _, _, group in each_of(own.get("Groups"))]

    def _by_policy(self, owner: Identity, key: IdentityKey, policy: str, guard: Assumptions) -> None:
        self.attached.setdefault(self.side.id(policy), set()).add(key)
        path = "Properties.PolicyDocument"
        owner.documents.append(PolicyDocument(policy, path, self.policies[policy].get("PolicyDocument"), guard))

    def _attach(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        if kind == "UserToGroupAddition":
            for _, _, user in each_of(own.get("Users")):
                self.get("User", user).groups.append(self.key("Group", own.get("GroupName")))
            return
        for name in ("Role", "User", "Group"):
            many = own.get(f"{name}s") if kind in ("Policy", "ManagedPolicy") else own.get(f"{name}Name")
            if kind not in ("Policy", "ManagedPolicy", f"{name}Policy"):
                continue
            for _, guard, value in each_of(many):
                owner = self.get(name, value)
                if kind == "ManagedPolicy":
                    self._by_policy(owner, self.key(name, value), logical_id, guard)
                else:
                    document = own.get("PolicyDocument")
                    owner.documents.append(PolicyDocument(logical_id, "Properties.PolicyDocument", document, guard))

    def documents(self, owner: Identity) -> list[PolicyDocument]:
        """Its own, and those of its groups."""
        groups = [self.all[key] for key in owner.groups if key in self.all]
        return [*owner.documents, *(d for group in groups for d in group.documents)]

    def managed(self, owner: Identity) -> list[ManagedPolicy]:
        groups = [self.all[key] for key in owner.groups if key in self.all]
        return [*owner.managed, *(m for group in groups for m in group.managed)]

    def statements(self, owner: Identity) -> list[Statement]:
        return [s for one in self.documents(owner) for s in read(one, self.side)]


def read(one: PolicyDocument, side: StackIndex) -> Iterator[Statement]:
    return statements.read_statements(one.document, one.logical_id, one.path, side.spell, one.assumptions)


def find_identity_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    before, after = Identities(old), Identities(new)
    judged: set[IdentityKey] = set()
    for key, owner in after.all.items():
        if owner.logical_id is not None and key not in before.all:
            continue  # new as a whole
        judged.add(key)
        was = before.all.get(key, Identity(owner.label))
        yield from _compare_rights(before, was, after, owner, bool(old.renamed))
        yield from _compare_boundaries(before, was, after, owner)
        yield from _compare_trust(old, was, new, owner)
    for key, was in before.all.items():
        if key not in after.all and was.logical_id is None:  # an imported role that lost its last policy, with a Deny
            yield from _compare_rights(before, was, after, Identity(was.label), True)
    by_shared_id = {old.id(i): i for i in before.policies}
    for logical_id, own in after.policies.items():
        if logical_id in by_shared_id and not after.attached.get(logical_id, set()) & judged:
            earlier = by_shared_id[logical_id]
            path = "Properties.PolicyDocument"
            pair = [
                list(read(PolicyDocument(i, path, p.get("PolicyDocument")), side))
                for i, p, side in ((earlier, before.policies[earlier], old), (logical_id, own, new))
            ]
            yield from make_widenings(iam.find_new_grants(*pair), f"whoever has managed policy {logical_id}")


def _compare_rights(
    before: Identities, was: Identity, after: Identities, owner: Identity, anyway: bool
) -> Iterator[Widening]:
    pair = before.documents(was), after.documents(owner)
    attached = before.managed(was), after.managed(owner)
    yield from _find_joined_groups(was, after, owner)
    if not anyway and without_places(pair[0]) == without_places(pair[1]) and attached[0] == attached[1]:
        return
    statements = [*before.statements(was), *(s for m in attached[0] for s in _read_managed_policy(m))]
    now = after.statements(owner)
    found = iam.find_new_grants(statements, now)
    sealed = owner.logical_id is not None and not attached[1] and not any(s.unknown for s in now)
    fresh = after.side.ids - before.side.ids
    yield from make_widenings((g for g in found if not (sealed and _is_moot(g, now))), owner.label, None, fresh)
    yield from _find_attached_policies(statements, attached[0], attached[1], owner)


def compare_roles(
    before: Identities, after: Identities, was: Identity, owner: Identity, label: str
) -> Iterator[Widening]:
    """What one role may do that another one could not, in the name of who now has it."""
    named = copy(owner)
    named.label = label
    yield from _compare_rights(before, was, after, named, True)
    yield from _compare_boundaries(before, was, after, named)


def without_places(many: Sequence[PolicyDocument]) -> list[tuple[Json, Assumptions]]:
    return [(one.document, one.assumptions) for one in many]


def _find_joined_groups(was: Identity, after: Identities, owner: Identity) -> Iterator[Widening]:
    """Groups whose rights are not in the template."""
    for kind, name in owner.groups:
        if (kind, name) not in was.groups and (kind, name) not in after.all:
            group = name if isinstance(name, str) else "that is not known before deployment"
            text = f"{owner.label} joins group {group}, whose rights are not in the template"
            place = owner.logical_id or ""
            yield Widening(place, "managed-policy", "medium", text, "Properties.Groups", None, group, False)


def _is_moot(gap: NewGrant, now: Sequence[Statement]) -> bool:
    """Whether a Deny went of something that nothing allows any more."""
    return gap.kind == "deny-removed" and not any(
        s.allow
        and items.may_intersect(s.action, gap.statement.action)
        and items.may_intersect(s.resource, gap.statement.resource)
        for s in now
    )


# What AWS's most used managed policies come to, so that a move between them and inline policies can be judged.
_MANAGED_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("!iam:*", "!organizations:*", "!account:*"),
    "IAMFullAccess": ("iam:*",),
    "AmazonS3FullAccess": ("s3:*", "s3-object-lambda:*"),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSNSFullAccess": ("sns:*",),
    "AmazonSSMReadOnlyAccess": ("ssm:Describe*", "ssm:Get*", "ssm:List*"),
    "service-role/AWSLambdaBasicExecutionRole": (
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ),
}
_ADMINISTRATOR_POLICIES = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_HARMLESS_POLICIES = (
    "ReadOnly",
    "SecurityAudit",
    "ViewOnlyAccess",
    "BasicExecutionRole",
    "VPCAccessExecutionRole",
    "XRayDaemon",
)
_AWS_POLICY = "arn:aws:iam::aws:policy/"


def _read_managed_policy(one: ManagedPolicy) -> list[Statement]:
    """The statement of a well-known AWS managed policy."""
    actions = _MANAGED_POLICIES.get(globs.render_pattern(one.arn).removeprefix(_AWS_POLICY), ())
    if not actions:
        return []
    item = NameSet(tuple(globs.make_pattern(a.lstrip("!"), fold=True) for a in actions), actions[0].startswith("!"))
    return [Statement(True, items.ALL, item, items.ALL, (), one.assumptions, one.element)]


ALL_RIGHTS = Statement(True, items.ALL, items.ALL, items.ALL, (), ALWAYS, TemplateElement("", "", None))


def _find_attached_policies(
    rights: Sequence[Statement], before: Sequence[ManagedPolicy], after: Sequence[ManagedPolicy], owner: Identity
) -> Iterator[Widening]:
    allows = [s for s in rights if s.allow]
    for one in after:
        if any(m.assumptions <= one.assumptions and m.arn == one.arn for m in before):
            continue
        name = globs.render_pattern(one.arn).removeprefix(_AWS_POLICY)
        fuller = _AWS_POLICY + name.replace("ReadOnlyAccess", "FullAccess")
        if any(globs.render_pattern(m.arn) == fuller and m.assumptions <= one.assumptions for m in before):
            continue
        known = _read_managed_policy(one)
        if known:
            verdict: Tri = all(iam.is_covered(s, allows) for k in known for s in iam.split_statement(k))
        else:
            verdict = iam.is_covered(ALL_RIGHTS._replace(assumptions=one.assumptions), allows)
        if verdict:
            continue
        certain = not any(_may_equal(m.arn, one.arn) for m in before)
        text = f"{owner.label} gets managed policy {name}"
        earlier = [m.element.body for m in before] or None
        yield Widening(
            one.element.logical_id,
            "managed-policy",
            _rate_managed_policy(name),
            text,
            one.element.path,
            earlier,
            one.element.body,
            certain,
        )


def _may_equal(one: Pattern, other: Pattern) -> bool:
    return globs.contains(one, other) is None


def _rate_managed_policy(name: str) -> str:
    if name in _ADMINISTRATOR_POLICIES:
        return "critical"
    if name == "ReadOnlyAccess":
        return "medium"
    if any(word in name for word in _HARMLESS_POLICIES):
        return "low"
    return "high" if "FullAccess" in name or "Administrator" in name else "medium"


def _compare_boundaries(before: Identities, was: Identity, after: Identities, owner: Identity) -> Iterator[Widening]:
    if was.permissions_boundary is ABSENT or owner.logical_id is None:
        return
    path = "Properties.PermissionsBoundary"
    for guard, old in branches.each_branch(was.permissions_boundary):
        for inner, new in branches.each_branch(owner.permissions_boundary, guard):
            if old is ABSENT or (new is not ABSENT and before.side.pattern(old) == after.side.pattern(new)):
                continue
            if new is ABSENT:
                text, certain = f"{owner.label} has no permissions boundary any more", True
            else:
                verdict = _boundary_is_subset(before, old, after, new, inner)
                if verdict is True:
                    continue
                text, certain = f"{owner.label} has another, wider permissions boundary", verdict is False
                text = text if certain else f"{owner.label} has another permissions boundary, perhaps a wider one"
            yield Widening(owner.logical_id, "boundary-removed", "high", text, path, old, as_json(new), certain)


def _boundary_is_subset(before: Identities, old: Json, after: Identities, new: Json, guard: Assumptions) -> Tri:
    """Whether one boundary allows no more than the other, as far as the template says."""
    pair = []
    for owners, value in ((before, old), (after, new)):
        if isinstance(value, Deferred) and value.kind == "resource" and value.target in owners.policies:
            document = owners.policies[value.target].get("PolicyDocument")
            found = list(read(PolicyDocument(value.target, "", document, guard), owners.side))
        else:
            found = _read_managed_policy(
                ManagedPolicy(owners.side.pattern(value), TemplateElement("", "", value), guard)
            )
        if not found:
            return None
        pair.append(found)
    gaps = list(iam.find_new_grants(*pair))
    return True if not gaps else False if any(g.certain for g in gaps) else None


def _compare_trust(old: StackIndex, was: Identity, new: StackIndex, owner: Identity) -> Iterator[Widening]:
    if owner.trust is ABSENT or was.logical_id is None or owner.logical_id is None:
        return
    if not old.renamed and was.trust == owner.trust:
        return
    path = "Properties.AssumeRolePolicyDocument"
    pair = [
        list(read(PolicyDocument(str(o.logical_id), path, o.trust), side)) for side, o in ((old, was), (new, owner))
    ]
    context = PolicySubject(owner.label, new.account, "trust", targets=f"become {owner.label}")
    yield from make_widenings(iam.find_new_grants(*pair), owner.label, context)
