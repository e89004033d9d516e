"""What one version of a stack allows that the one before did not: IAM, resource policies, security groups."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cdkguard import iam, network, policies
from cdkguard.arns import OWN_NAMES
from cdkguard.iam import ALWAYS, EVERYTHING, Gap, Guard, Hole, Item, Pattern, Place, Statement
from cdkguard.intrinsics import ABSENT, Deferred, Tri
from cdkguard.model import severity_rank

Json = Any


class View(NamedTuple):
    """One side of a comparison: the resources of one stack, resolved."""

    resources: Mapping[str, Json]  # logical id -> body; Deferred where unknown, an undecided Fn::If stays
    account: str | None = None


class Widening(NamedTuple):
    """Something that is allowed now and was not."""

    logical_id: str  # of the resource to blame, on the after side; of the before side where that one is gone
    kind: str
    severity: str
    message: str
    path: str  # "Properties.PolicyDocument.Statement[1].Action"
    before: Json
    after: Json
    certain: bool = True


KINDS = (
    "action",
    "resource",
    "principal",
    "condition",
    "not-action",
    "deny-removed",
    "boundary-removed",
    "trust",
    "managed-policy",
    "public",
    "cross-account",
    "ingress",
    "egress",
    "permission",
    "url-auth",
)


class Attachment(NamedTuple):
    """Where a type keeps a policy, and which of its properties names what the policy is attached to."""

    path: str  # below Properties; `[]` for each element of a list
    target: str = ""  # the resource itself
    open: bool = False  # without a policy everything is allowed


ATTACHMENTS: Mapping[str, Attachment] = {
    "AWS::APS::ResourcePolicy": Attachment("PolicyDocument", "WorkspaceArn"),
    "AWS::ApiGateway::RestApi": Attachment("Policy", open=True),
    "AWS::ApiGateway::DomainNameV2": Attachment("Policy"),
    "AWS::Backup::BackupVault": Attachment("AccessPolicy"),
    "AWS::Backup::LogicallyAirGappedBackupVault": Attachment("AccessPolicy"),
    "AWS::Bedrock::ResourcePolicy": Attachment("PolicyDocument", "ResourceArn"),
    "AWS::BedrockAgentCore::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::CloudTrail::ResourcePolicy": Attachment("ResourcePolicy", "ResourceArn"),
    "AWS::CodeArtifact::Domain": Attachment("PermissionsPolicyDocument"),
    "AWS::CodeArtifact::Repository": Attachment("PermissionsPolicyDocument"),
    "AWS::DSQL::Cluster": Attachment("PolicyDocument"),
    "AWS::DynamoDB::Table": Attachment("ResourcePolicy.PolicyDocument"),
    "AWS::DynamoDB::GlobalTable": Attachment("Replicas[].ResourcePolicy.PolicyDocument"),
    "AWS::EC2::VPCEndpoint": Attachment("PolicyDocument", open=True),
    "AWS::ECR::PublicRepository": Attachment("RepositoryPolicyText"),
    "AWS::ECR::RegistryPolicy": Attachment("PolicyText"),
    "AWS::ECR::Repository": Attachment("RepositoryPolicyText"),
    "AWS::EFS::FileSystem": Attachment("FileSystemPolicy", open=True),
    "AWS::EKS::PodIdentityAssociation": Attachment("Policy", open=True),
    "AWS::Elasticsearch::Domain": Attachment("AccessPolicies"),
    "AWS::EventSchemas::RegistryPolicy": Attachment("Policy", "RegistryName"),
    "AWS::Events::EventBus": Attachment("Policy"),
    "AWS::Events::EventBusPolicy": Attachment("Statement", "EventBusName"),
    "AWS::FSx::S3AccessPointAttachment": Attachment("S3AccessPoint.Policy"),
    "AWS::IoT::Policy": Attachment("PolicyDocument"),
    "AWS::KMS::Key": Attachment("KeyPolicy"),
    "AWS::KMS::ReplicaKey": Attachment("KeyPolicy"),
    "AWS::Kinesis::ResourcePolicy": Attachment("ResourcePolicy", "ResourceArn"),
    "AWS::Lambda::LayerVersionPermission": Attachment("", "LayerVersionArn"),
    "AWS::Lambda::Permission": Attachment("", "FunctionName"),
    "AWS::Lambda::ResourcePolicy": Attachment("PolicyDocument", "ResourceArn"),
    "AWS::Lex::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::Logs::Destination": Attachment("DestinationPolicy"),
    "AWS::Logs::DeliveryDestination": Attachment("DeliveryDestinationPolicy.DeliveryDestinationPolicy"),
    "AWS::Logs::LogGroup": Attachment("ResourcePolicyDocument"),
    "AWS::Logs::ResourcePolicy": Attachment("PolicyDocument"),
    "AWS::MSK::ClusterPolicy": Attachment("Policy", "ClusterArn"),
    "AWS::MediaPackageV2::ChannelPolicy": Attachment("Policy", "ChannelName"),
    "AWS::MediaPackageV2::OriginEndpointPolicy": Attachment("Policy", "OriginEndpointName"),
    "AWS::MediaStore::Container": Attachment("Policy"),
    "AWS::MediaTailor::ChannelPolicy": Attachment("Policy", "ChannelName"),
    "AWS::OSIS::Pipeline": Attachment("ResourcePolicy.Policy"),
    "AWS::Oam::Sink": Attachment("Policy"),
    "AWS::Omics::SequenceStore": Attachment("S3AccessPolicy"),
    "AWS::OpenSearchService::Domain": Attachment("AccessPolicies"),
    "AWS::PaymentCryptography::Key": Attachment("Policy"),
    "AWS::RUM::AppMonitor": Attachment("ResourcePolicy.PolicyDocument"),
    "AWS::Redshift::Cluster": Attachment("NamespaceResourcePolicy"),
    "AWS::RedshiftServerless::Namespace": Attachment("NamespaceResourcePolicy"),
    "AWS::RolesAnywhere::Profile": Attachment("SessionPolicy", open=True),
    "AWS::S3::AccessPoint": Attachment("Policy"),
    "AWS::S3::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3::MultiRegionAccessPointPolicy": Attachment("Policy", "MrapName"),
    "AWS::S3Express::AccessPoint": Attachment("Policy"),
    "AWS::S3Express::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3Files::FileSystemPolicy": Attachment("Policy", "FileSystemId"),
    "AWS::S3ObjectLambda::AccessPointPolicy": Attachment("PolicyDocument", "ObjectLambdaAccessPoint"),
    "AWS::S3Outposts::AccessPoint": Attachment("Policy"),
    "AWS::S3Outposts::BucketPolicy": Attachment("PolicyDocument", "Bucket"),
    "AWS::S3Tables::TableBucketPolicy": Attachment("ResourcePolicy", "TableBucketARN"),
    "AWS::S3Tables::TablePolicy": Attachment("ResourcePolicy", "TableARN"),
    "AWS::S3Vectors::VectorBucketPolicy": Attachment("Policy", "VectorBucketArn"),
    "AWS::SNS::TopicInlinePolicy": Attachment("PolicyDocument", "TopicArn"),
    "AWS::SNS::TopicPolicy": Attachment("PolicyDocument", "Topics"),
    "AWS::SQS::QueueInlinePolicy": Attachment("PolicyDocument", "Queue"),
    "AWS::SQS::QueuePolicy": Attachment("PolicyDocument", "Queues"),
    "AWS::SSM::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::SSO::PermissionSet": Attachment("InlinePolicy"),
    "AWS::SageMaker::ModelPackageGroup": Attachment("ModelPackageGroupPolicy"),
    "AWS::SecretsManager::ResourcePolicy": Attachment("ResourcePolicy", "SecretId"),
    "AWS::Serverless::Api": Attachment("Auth.ResourcePolicy.CustomStatements"),
    "AWS::VpcLattice::AuthPolicy": Attachment("Policy", "ResourceIdentifier"),
    "AWS::VpcLattice::ResourcePolicy": Attachment("Policy", "ResourceArn"),
    "AWS::XRay::ResourcePolicy": Attachment("PolicyDocument"),
}
_OWNERS = {"AWS::IAM::Role": "Role", "AWS::IAM::User": "User", "AWS::IAM::Group": "Group"}
_IAM = "AWS::IAM::"
_GROUPS = ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
_URL = "AWS::Lambda::Url"


def widenings(before: View, after: View, renamed: Mapping[str, str] | None = None) -> list[Widening]:
    """All that `after` allows beyond `before`, for what is in both; what is new as a whole is for the rules to judge.

    `renamed`: logical id before -> logical id after.
    """
    renamed = renamed or {}
    if not _differs(before.resources, after.resources, renamed):
        return []
    old, new = Side(before, renamed), Side(after, {})
    found = [*_owners(old, new), *_attached(old, new), *_urls(old, new), *_doors(old, new)]
    return sorted(set_of(found), key=lambda w: (w.logical_id, w.path, w.kind))


def set_of(found: Iterable[Widening]) -> list[Widening]:
    """Without the repetitions."""
    seen: dict[tuple[object, ...], Widening] = {}
    for one in found:
        seen.setdefault((one.logical_id, one.kind, one.path, one.message), one)
    return list(seen.values())


def _judged(body: Json) -> bool:
    kind = body.get("Type", "")
    return kind in ATTACHMENTS or kind in _GROUPS or kind == _URL or (isinstance(kind, str) and kind.startswith(_IAM))


def _differs(before: Mapping[str, Json], after: Mapping[str, Json], renamed: Mapping[str, str]) -> bool:
    """Whether a resource that has to do with access is not the same on both sides."""
    if renamed:
        return any(_judged(body) for body in after.values())
    for logical_id, body in after.items():
        was = before.get(logical_id)
        if was is not body and _judged(body) and was != body:
            return True
    return any(_judged(body) for logical_id, body in before.items() if logical_id not in after)


# -- one side


class Side:
    """One view, and how its references are spelled."""

    def __init__(self, view: View, renamed: Mapping[str, str]) -> None:
        self.resources, self.account, self.renamed = view.resources, view.account, renamed
        self.ids = {renamed.get(logical_id, logical_id) for logical_id in view.resources}
        self._by_name: dict[tuple[str, str], str] | None = None

    def id(self, logical_id: str) -> str:
        """The logical id that both sides share."""
        return self.renamed.get(logical_id, logical_id)

    def of(self, *types: str) -> Iterator[tuple[str, str, Json]]:
        """(logical id, type, properties)."""
        for logical_id, body in self.resources.items():
            if body.get("Type") in types:
                yield logical_id, body["Type"], properties(body)

    def spell(self, value: Deferred) -> Sequence[str | Hole]:
        """The pieces of an unknown value, in one spelling for Ref, GetAtt and names that say the same."""
        if value.kind == "text":
            return [
                p for part in value.parts for p in ([part] if isinstance(part, str) else self.spell(part)) if p != ""
            ]
        if value.kind == "pseudo" and value.target == "AWS::AccountId" and self.account:
            return [self.account]
        if value.kind != "resource" or value.target is None:
            return [
                Hole(value, hole.soft, shown="${" + str(value.target or value.kind) + "}")
                for hole in iam.plainly(value)
                if isinstance(hole, Hole)
            ]
        return self._link(value.target, value.attribute)

    def _link(self, target: str, attribute: str | None) -> Sequence[str | Hole]:
        body = self.resources.get(target) or {}
        kind, shared = str(body.get("Type", "")), self.id(target)
        label = "${" + shared + "}"
        if kind == "AWS::EC2::SecurityGroup" and attribute in (None, "GroupId"):
            return [Hole(("group", shared), False, shown=label)]
        if kind in OWN_NAMES and "Path" not in properties(body):
            naming, service, form = OWN_NAMES[kind]
            given = properties(body).get(naming)
            name = Hole(("name", shared), False, given if isinstance(given, str) else None, label)
            is_arn = attribute in ("Arn", "TopicArn", "PolicyArn") or (attribute is None and kind in _REF_IS_ARN)
            if is_arn and kind != "AWS::Logs::LogGroup":
                return [f"arn:aws:{service}:", *self._where(service), ":", *_filled(form, name)]
            if attribute == naming or (attribute is None and kind not in ("AWS::SQS::Queue", *_REF_IS_ARN)):
                return [name]
        custom = kind.startswith(("Custom::", "AWS::CloudFormation::")) or not kind
        label = label if attribute is None else "${" + f"{shared}.{attribute}" + "}"
        return [Hole(("link", shared, attribute), custom, shown=label)]

    def _where(self, service: str) -> Sequence[str | Hole]:
        if service == "s3":
            return [":"]
        account = [self.account] if self.account else self.spell(Deferred("pseudo", None, "AWS::AccountId"))
        region = [] if service == "iam" else self.spell(Deferred("pseudo", None, "AWS::Region"))
        return [*region, ":", *account]

    def pattern(self, value: Json) -> Pattern:
        return iam.pattern(value, self.spell)

    def named(self, kind: str, name: str) -> str | None:
        """The shared id of the role, user or group with that name."""
        if self._by_name is None:
            self._by_name = {
                (_OWNERS[t], p[f"{_OWNERS[t]}Name"]): self.id(i)
                for i, t, p in self.of(*_OWNERS)
                if isinstance(p.get(f"{_OWNERS[t]}Name"), str)
            }
        return self._by_name.get((kind, name))


_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")


def _filled(form: str, name: Hole) -> list[str | Hole]:
    head, _, tail = form.partition("{}")
    return [piece for piece in (head, name, tail) if piece]


def properties(body: Json) -> Mapping[str, Json]:
    found = body.get("Properties") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _items(value: Json, guard: Guard = ALWAYS) -> Iterator[tuple[int, Guard, Json]]:
    """The elements of a list, in every branch: (index, guard, element)."""
    for inner, many in iam.branches(value, guard):
        if many is None or many is ABSENT:
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, element in iam.branches(one, inner):
                if isinstance(element, list):
                    yield from ((index, innermost, e) for e in element)
                elif element is not None and element is not ABSENT:
                    yield index, innermost, element


def _worst(*severities: str) -> str:
    return max(severities, key=severity_rank)


# -- principals


class Written(NamedTuple):
    """A policy document and its place."""

    logical_id: str
    path: str
    document: Json
    guard: Guard = ALWAYS


class Managed(NamedTuple):
    """A managed policy that is attached by its ARN."""

    arn: Pattern
    place: Place
    guard: Guard


Key = tuple[str, object]  # ("Role", shared id or name)


class Owner:
    """A role, user or group: what it may do, who may be it."""

    def __init__(self, label: str, logical_id: str | None = None) -> None:
        self.label, self.logical_id = label, logical_id
        self.documents: list[Written] = []
        self.managed: list[Managed] = []
        self.groups: list[Key] = []
        self.boundary: Json = ABSENT
        self.trust: Json = ABSENT


class Owners:
    """All principals of one side, with the policies that are attached to them."""

    def __init__(self, side: Side) -> None:
        self.side, self.all = side, dict[Key, Owner]()
        self.policies = {i: p for i, _, p in side.of("AWS::IAM::ManagedPolicy")}
        self.attached: dict[str, set[Key]] = {}
        for logical_id, kind, own in side.of(*_OWNERS):
            self._own(logical_id, _OWNERS[kind], own)
        for logical_id, body in side.resources.items():
            if str(body.get("Type", "")).startswith(_IAM):
                self._attach(logical_id, body["Type"].removeprefix(_IAM), properties(body))

    def key(self, kind: str, value: Json) -> Key:
        """Of a principal that a policy names."""
        if isinstance(value, Deferred):
            if value.kind == "resource" and value.target is not None and value.target in self.side.resources:
                return kind, self.side.id(value.target)
            return kind, self.side.pattern(value)
        return kind, self.side.named(kind, str(value)) or str(value)

    def get(self, kind: str, value: Json) -> Owner:
        key = self.key(kind, value)
        if key not in self.all:
            self.all[key] = Owner(f"{kind.lower()} {iam.shown(self.side.pattern(value))}")
        return self.all[key]

    def _own(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        owner = self.all.setdefault((kind, self.side.id(logical_id)), Owner(f"{kind.lower()} {logical_id}", logical_id))
        for index, guard, policy in _items(own.get("Policies")):
            document = policy.get("PolicyDocument") if isinstance(policy, dict) else policy
            owner.documents.append(Written(logical_id, f"Properties.Policies[{index}].PolicyDocument", document, guard))
        owner.boundary, owner.trust = (own.get(n, ABSENT) for n in ("PermissionsBoundary", "AssumeRolePolicyDocument"))
        for index, guard, arn in _items(own.get("ManagedPolicyArns")):
            path = f"Properties.ManagedPolicyArns[{index}]"
            if isinstance(arn, Deferred) and arn.kind == "resource" and arn.target in self.policies:
                self._by_policy(owner, (kind, self.side.id(logical_id)), arn.target, guard)
            else:
                owner.managed.append(Managed(self.side.pattern(arn), Place(logical_id, path, arn), guard))
        owner.groups += [self.key("Group", group) for _, _, group in _items(own.get("Groups"))]

    def _by_policy(self, owner: Owner, key: Key, policy: str, guard: Guard) -> None:
        self.attached.setdefault(self.side.id(policy), set()).add(key)
        path = "Properties.PolicyDocument"
        owner.documents.append(Written(policy, path, self.policies[policy].get("PolicyDocument"), guard))

    def _attach(self, logical_id: str, kind: str, own: Mapping[str, Json]) -> None:
        if kind == "UserToGroupAddition":
            for _, _, user in _items(own.get("Users")):
                self.get("User", user).groups.append(self.key("Group", own.get("GroupName")))
            return
        for name in ("Role", "User", "Group"):
            many = own.get(f"{name}s") if kind in ("Policy", "ManagedPolicy") else own.get(f"{name}Name")
            if kind not in ("Policy", "ManagedPolicy", f"{name}Policy"):
                continue
            for _, guard, value in _items(many):
                owner = self.get(name, value)
                if kind == "ManagedPolicy":
                    self._by_policy(owner, self.key(name, value), logical_id, guard)
                else:
                    document = own.get("PolicyDocument")
                    owner.documents.append(Written(logical_id, "Properties.PolicyDocument", document, guard))

    def documents(self, owner: Owner) -> list[Written]:
        """Its own, and those of its groups."""
        groups = [self.all[key] for key in owner.groups if key in self.all]
        return [*owner.documents, *(d for group in groups for d in group.documents)]

    def managed(self, owner: Owner) -> list[Managed]:
        groups = [self.all[key] for key in owner.groups if key in self.all]
        return [*owner.managed, *(m for group in groups for m in group.managed)]

    def statements(self, owner: Owner) -> list[Statement]:
        return [s for one in self.documents(owner) for s in _read(one, self.side)]


def _read(one: Written, side: Side) -> Iterator[Statement]:
    return iam.read(one.document, one.logical_id, one.path, side.spell, one.guard)


def _owners(old: Side, new: Side) -> Iterator[Widening]:
    before, after = Owners(old), Owners(new)
    judged: set[Key] = set()
    for key, owner in after.all.items():
        if owner.logical_id is not None and key not in before.all:
            continue  # new as a whole
        judged.add(key)
        was = before.all.get(key, Owner(owner.label))
        yield from _rights(before, was, after, owner, bool(old.renamed))
        yield from _boundary(before, was, after, owner)
        yield from _trust(old, was, new, owner)
    for key, was in before.all.items():
        if key not in after.all and was.logical_id is None:  # an imported role that lost its last policy, with a Deny
            yield from _rights(before, was, after, Owner(was.label), True)
    by_shared_id = {old.id(i): i for i in before.policies}
    for logical_id, own in after.policies.items():
        if logical_id in by_shared_id and not after.attached.get(logical_id, set()) & judged:
            earlier = by_shared_id[logical_id]
            path = "Properties.PolicyDocument"
            pair = [
                list(_read(Written(i, path, p.get("PolicyDocument")), side))
                for i, p, side in ((earlier, before.policies[earlier], old), (logical_id, own, new))
            ]
            yield from _as_widenings(iam.gaps(*pair), f"whoever has managed policy {logical_id}")


def _rights(before: Owners, was: Owner, after: Owners, owner: Owner, anyway: bool) -> Iterator[Widening]:
    pair = before.documents(was), after.documents(owner)
    attached = before.managed(was), after.managed(owner)
    yield from _joined(was, after, owner)
    if not anyway and _said(pair[0]) == _said(pair[1]) and attached[0] == attached[1]:
        return
    statements = [*before.statements(was), *(s for m in attached[0] for s in _known(m))]
    now = after.statements(owner)
    found = iam.gaps(statements, now)
    sealed = owner.logical_id is not None and not attached[1] and not any(s.opaque for s in now)
    fresh = after.side.ids - before.side.ids
    yield from _as_widenings((g for g in found if not (sealed and _moot(g, now))), owner.label, None, fresh)
    yield from _newly_managed(statements, attached[0], attached[1], owner)


def _said(many: Sequence[Written]) -> list[tuple[Json, Guard]]:
    return [(one.document, one.guard) for one in many]


def _joined(was: Owner, after: Owners, owner: Owner) -> Iterator[Widening]:
    """Groups whose rights are not in the template."""
    for kind, name in owner.groups:
        if (kind, name) not in was.groups and (kind, name) not in after.all:
            group = name if isinstance(name, str) else "that is not known before deployment"
            text = f"{owner.label} joins group {group}, whose rights are not in the template"
            place = owner.logical_id or ""
            yield Widening(place, "managed-policy", "medium", text, "Properties.Groups", None, group, False)


def _moot(gap: Gap, now: Sequence[Statement]) -> bool:
    """Whether a Deny went of something that nothing allows any more."""
    return gap.kind == "deny-removed" and not any(
        s.allow and iam.meet(s.action, gap.what.action) and iam.meet(s.resource, gap.what.resource) for s in now
    )


# What AWS's most used managed policies come to, so that a move between them and inline policies can be judged.
_CONTENTS: Mapping[str, tuple[str, ...]] = {
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
_WORST = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_MILD = ("ReadOnly", "SecurityAudit", "ViewOnlyAccess", "BasicExecutionRole", "VPCAccessExecutionRole", "XRayDaemon")
_AWS_POLICY = "arn:aws:iam::aws:policy/"


def _known(one: Managed) -> list[Statement]:
    """The statement of a well-known AWS managed policy."""
    actions = _CONTENTS.get(iam.shown(one.arn).removeprefix(_AWS_POLICY), ())
    if not actions:
        return []
    item = Item(tuple(iam.pattern(a.lstrip("!"), fold=True) for a in actions), actions[0].startswith("!"))
    return [Statement(True, iam.ALL, item, iam.ALL, (), one.guard, one.place)]


_ALL_RIGHTS = Statement(True, iam.ALL, iam.ALL, iam.ALL, (), ALWAYS, Place("", "", None))


def _newly_managed(
    rights: Sequence[Statement], before: Sequence[Managed], after: Sequence[Managed], owner: Owner
) -> Iterator[Widening]:
    allows = [s for s in rights if s.allow]
    for one in after:
        if any(m.guard <= one.guard and m.arn == one.arn for m in before):
            continue
        name = iam.shown(one.arn).removeprefix(_AWS_POLICY)
        fuller = _AWS_POLICY + name.replace("ReadOnlyAccess", "FullAccess")
        if any(iam.shown(m.arn) == fuller and m.guard <= one.guard for m in before):
            continue
        known = _known(one)
        if known:
            verdict: Tri = all(iam.covered(s, allows) for k in known for s in iam.singles(k))
        else:
            verdict = iam.covered(_ALL_RIGHTS._replace(guard=one.guard), allows)
        if verdict:
            continue
        certain = not any(_may_equal(m.arn, one.arn) for m in before)
        text = f"{owner.label} gets managed policy {name}"
        earlier = [m.place.body for m in before] or None
        yield Widening(
            one.place.logical_id,
            "managed-policy",
            _weight(name),
            text,
            one.place.path,
            earlier,
            one.place.body,
            certain,
        )


def _may_equal(one: Pattern, other: Pattern) -> bool:
    return iam.contains(one, other) is None


def _weight(name: str) -> str:
    if name in _WORST:
        return "critical"
    if name == "ReadOnlyAccess":
        return "medium"
    if any(word in name for word in _MILD):
        return "low"
    return "high" if "FullAccess" in name or "Administrator" in name else "medium"


def _boundary(before: Owners, was: Owner, after: Owners, owner: Owner) -> Iterator[Widening]:
    if was.boundary is ABSENT or owner.logical_id is None:
        return
    path = "Properties.PermissionsBoundary"
    for guard, old in iam.branches(was.boundary):
        for inner, new in iam.branches(owner.boundary, guard):
            if old is ABSENT or (new is not ABSENT and before.side.pattern(old) == after.side.pattern(new)):
                continue
            if new is ABSENT:
                text, certain = f"{owner.label} has no permissions boundary any more", True
            else:
                verdict = _narrower(before, old, after, new, inner)
                if verdict is True:
                    continue
                text, certain = f"{owner.label} has another, wider permissions boundary", verdict is False
                text = text if certain else f"{owner.label} has another permissions boundary, perhaps a wider one"
            yield Widening(owner.logical_id, "boundary-removed", "high", text, path, old, _plain(new), certain)


def _narrower(before: Owners, old: Json, after: Owners, new: Json, guard: Guard) -> Tri:
    """Whether one boundary allows no more than the other, as far as the template says."""
    pair = []
    for owners, value in ((before, old), (after, new)):
        if isinstance(value, Deferred) and value.kind == "resource" and value.target in owners.policies:
            document = owners.policies[value.target].get("PolicyDocument")
            found = list(_read(Written(value.target, "", document, guard), owners.side))
        else:
            found = _known(Managed(owners.side.pattern(value), Place("", "", value), guard))
        if not found:
            return None
        pair.append(found)
    gaps = list(iam.gaps(*pair))
    return True if not gaps else False if any(g.certain for g in gaps) else None


def _trust(old: Side, was: Owner, new: Side, owner: Owner) -> Iterator[Widening]:
    if owner.trust is ABSENT or was.logical_id is None or owner.logical_id is None:
        return
    if not old.renamed and was.trust == owner.trust:
        return
    path = "Properties.AssumeRolePolicyDocument"
    pair = [list(_read(Written(str(o.logical_id), path, o.trust), side)) for side, o in ((old, was), (new, owner))]
    context = _Context(owner.label, new.account, "trust", targets=f"become {owner.label}")
    yield from _as_widenings(iam.gaps(*pair), owner.label, context)


# -- gaps in words


class _Context(NamedTuple):
    """What a policy guards, for severities and words."""

    label: str
    account: str | None
    kind: str = ""  # overrides the gap's kind: trust, permission
    targets: str = ""
    closed: bool = True  # whether "everybody" is more than the usual


_FIELDS = {"action": "Action", "resource": "Resource", "principal": "Principal", "condition": "Condition"}


def _as_widenings(
    gaps: Iterable[Gap], label: str, context: _Context | None = None, fresh: Collection[str] = ()
) -> Iterator[Widening]:
    """One widening for each statement and kind, with all that it adds; rights to what is new itself weigh little."""
    groups: dict[tuple[object, ...], list[Gap]] = {}
    for gap in gaps:
        who = _who(gap, context)
        groups.setdefault((gap.what.place[:2], gap.what.guard, gap.kind, who, gap.certain), []).append(gap)
    for group, many in groups.items():
        found = _widening(many, label, context, str(group[3]))
        is_new = context is None and all(_only_to(fresh, g.what.resource) for g in many)
        yield found._replace(severity="low") if is_new and found.severity == "medium" else found


def _only_to(fresh: Collection[str], resource: Item) -> bool:
    """Whether a grant is to resources alone that this very change creates."""
    links = [[s.key[1] for s in p if isinstance(s, Hole) and isinstance(s.key, tuple)] for p in resource.patterns]
    return not resource.negated and all(ids and ids[0] in fresh for ids in links)


def _who(gap: Gap, context: _Context | None) -> str:
    """public | cross-account | other, for the statement's principals."""
    if context is None or gap.kind == "deny-removed" or gap.what.opaque is not None:
        return "other"
    one = gap.what
    if one.principal.negated or EVERYTHING in one.principal.patterns:
        return "other" if _restricted(one) else "public"
    account = "".join(s for s in one.principal.patterns[0][4:17] if isinstance(s, str))
    known = context.account is not None and account[:12].isdigit() and account[12:] == ":"
    return "cross-account" if known and account[:12] != context.account else "other"


def _restricted(one: Statement) -> bool:
    body = one.place.body
    return isinstance(body, dict) and policies.is_restricted(body) is True


def _widening(many: list[Gap], label: str, context: _Context | None, who: str) -> Widening:
    first = many[0]
    kind, severity = first.kind, _severity(many, context, who)
    field = _FIELDS.get(kind, "")
    place, body = first.what.place, first.what.place.body
    if isinstance(body, dict) and kind == "not-action":
        field = next((n for n in ("NotAction", "NotResource", "NotPrincipal") if n in body), "")
    now = body.get(field) if isinstance(body, dict) and field else body
    near = first.nearest.place.body if first.nearest is not None else None
    was = near.get(field.removeprefix("Not")) if isinstance(near, dict) and field else near
    message = _message(many, label, context)
    if kind == "deny-removed":
        was, now, field = body, near, ""
    elif field in ("Condition", "Principal") and isinstance(body, dict) and field not in body:
        now = None
    path = f"{place.path}.{field}" if field and isinstance(body, dict) and field in body else place.path
    if kind == "opaque":
        kind = "action" if context is None else "principal"
    if context is not None and kind != "deny-removed":
        if context.kind == "trust" or who == "other":
            kind = context.kind or kind
        elif kind == "principal" or context.kind or first.nearest is None:
            kind = who
        elif who == "public":
            kind = "public" if kind in ("principal", "condition", "not-action") else kind
    return Widening(place.logical_id, kind, severity, message, path, was, now, first.certain)


def _severity(many: list[Gap], context: _Context | None, who: str) -> str:
    gap = many[0]
    if context is None:
        found = _worst(*(iam.risk(g.what) for g in many))
        if gap.kind in ("not-action", "deny-removed", "opaque"):
            return _worst(found, "high") if gap.kind == "not-action" else _worst(found, "medium")
        return _worst(found, _lost(gap)) if gap.kind == "condition" else found
    if gap.kind == "deny-removed":
        return "high" if context.closed else "medium"
    if who == "public":
        return "critical" if context.closed else "high"
    if who == "cross-account":
        return "high"
    if gap.kind == "not-action":
        return "high"
    if gap.kind == "condition":
        return _lost(gap)
    narrow = [iam.risk(g.what._replace(resource=Item((tuple("one"),)))) for g in many]
    return "low" if _restricted(gap.what) else _worst("medium", *narrow)


def _lost(gap: Gap) -> str:
    """How much a dropped or loosened condition weighs."""
    kept = {c.key for c in gap.what.when if iam.EVERYTHING not in c.patterns}
    lost = [c for c in _lost_clauses(gap) if c.key not in kept or c.family in ("bool", "ip")]
    return "high" if any(iam.guards_door(c) for c in lost) else "medium"


def _lost_clauses(gap: Gap) -> list[iam.Clause]:
    before = gap.nearest.when if gap.nearest is not None else ()
    return [c for c in before if not any(iam.implies(mine, c) for mine in gap.what.when)]


def _message(many: list[Gap], label: str, context: _Context | None) -> str:
    gap, one = many[0], many[0].what
    if gap.kind == "opaque":
        return f"a policy of {label} is not known before deployment and is not the one from before"
    actions = _list(g.what.action.text() for g in many)
    resources = _list(g.what.resource.text() for g in many)
    principals = _list(_principal_text(g.what.principal) for g in many)
    if gap.kind == "deny-removed":
        text = f"{label}: a Deny of {actions} on {resources} is gone or narrower"
    elif context is not None and context.targets:
        text = f"{principals} may now {context.targets}"
    elif context is not None:
        text = f"{principals} may now do {actions} on {label}"
    else:
        text = f"{label} may now do {actions} on {resources}"
    if gap.kind == "condition":
        lost = _lost_clauses(gap)
        kept = {c.key for c in one.when}
        now = [c.text() for c in one.when if c.key in {k.key for k in lost}]
        was = [c.text() for c in lost if c.key in kept]
        gone = [c.text() for c in lost if c.key not in kept]
        text += f" where {' and '.join(now)} (before: {' and '.join(was)})" if now else ""
        text += f" without the condition {' and '.join(gone)}" if gone else "" if now else " in more cases"
    elif one.when and gap.kind != "deny-removed":
        text += " where " + " and ".join(c.text() for c in one.when)
    if one.guard:
        text += " if " + " and ".join(f"{n} is {'true' if holds else 'false'}" for n, holds in sorted(one.guard))
    return text if gap.certain else text + " (not certain before deployment)"


def _list(words: Iterable[str]) -> str:
    found = list(dict.fromkeys(words))
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")


def _principal_text(item: Item) -> str:
    if EVERYTHING in item.patterns and not item.negated:
        return "everybody"
    words = ", ".join(_who_text(iam.shown(p).partition(":")[2]) for p in item.patterns[:3])
    return f"everybody but {words}" if item.negated else words


def _who_text(text: str) -> str:
    account, _, rest = text.partition(":")
    if rest == "*":
        return "this account" if account.startswith("$") else f"account {account}"
    return rest if rest and account.startswith("$") else text


def _plain(value: Json) -> Json:
    return None if value is ABSENT else value


# -- resource policies


class Guarded(NamedTuple):
    """What policies are attached to."""

    type: str
    target: object  # pattern, or shared id of the resource itself
    link: str | None  # shared id of the target where it is in the template
    label: str


def _gather(side: Side) -> dict[tuple[str, object], tuple[Guarded, list[Written]]]:
    found: dict[tuple[str, object], tuple[Guarded, list[Written]]] = {}
    for logical_id, kind, own in side.of(*ATTACHMENTS):
        entry = ATTACHMENTS[kind]
        for guarded in _targets(side, logical_id, kind, entry, own):
            for part, written in _documents(logical_id, kind, entry, own):
                _, many = found.setdefault((_family(kind), (guarded.target, part)), (guarded, []))
                many += [written] if written.document is not None and written.document is not ABSENT else []
    return found


def _family(kind: str) -> str:
    """Types whose policies add up on one target share a name."""
    return {
        "AWS::SNS::TopicInlinePolicy": "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy": "AWS::SQS::QueuePolicy",
    }.get(kind, kind)


def _targets(side: Side, logical_id: str, kind: str, entry: Attachment, own: Mapping[str, Json]) -> Iterator[Guarded]:
    if not entry.target:
        shared = side.id(logical_id)
        yield Guarded(kind, shared, shared, logical_id)
        return
    values = [value for _, _, value in _items(own.get(entry.target, "default"))]
    for value in values:
        link = value.target if isinstance(value, Deferred) and value.kind == "resource" else None
        if link is None and isinstance(value, Deferred):
            link = next((one.target for one in value.links()), None)
        known = side.id(link) if link is not None else None
        target = side.pattern(value)
        yield Guarded(kind, known if known in side.ids else target, known, known or iam.shown(target))


def _documents(
    logical_id: str, kind: str, entry: Attachment, own: Mapping[str, Json]
) -> Iterator[tuple[object, Written]]:
    """(part of the target, policy)."""
    if kind in _PERMISSIONS:
        yield "", Written(logical_id, "Properties", {"Statement": [_PERMISSIONS[kind](own)]})
    elif kind == "AWS::Events::EventBusPolicy" and "Statement" not in own:
        yield "", Written(logical_id, "Properties", {"Statement": [_bus_permission(own)]})
    elif kind in ("AWS::Events::EventBusPolicy", "AWS::Serverless::Api"):
        found = _at(own, entry.path.split("."))
        yield "", Written(logical_id, "Properties", None if found is ABSENT else {"Statement": _parsed(found)})
    elif "[]" in entry.path:
        name, _, rest = entry.path.partition("[].")
        for index, guard, one in _items(own.get(name)):
            part = one.get("Region", index) if isinstance(one, dict) else index
            found = _at(one, rest.split(".")) if isinstance(one, dict) else ABSENT
            yield str(part), Written(logical_id, f"Properties.{name}[{index}].{rest}", found, guard)
    else:
        yield "", Written(logical_id, f"Properties.{entry.path}", _at(own, entry.path.split(".")))


def _at(value: Json, names: list[str]) -> Json:
    for name in names:
        if isinstance(value, Deferred):
            return value
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _parsed(value: Json) -> Json:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return Deferred("unknown", value)
    return value


def _lambda_permission(own: Mapping[str, Json]) -> Json:
    conditions: dict[str, Json] = {}
    for name, operator, key in (
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("OrganizationId", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ):
        if name in own:
            conditions.setdefault(operator, {})[key] = own[name]
    if own.get("FunctionUrlAuthType") == "NONE":
        del conditions["StringEquals"]["lambda:FunctionUrlAuthType"]  # restricts nobody
    found = {"Effect": "Allow", "Principal": _named_principal(own.get("Principal")), "Action": own.get("Action")}
    return {**found, "Condition": {k: v for k, v in conditions.items() if v}}


_PERMISSIONS: Mapping[str, Callable[[Mapping[str, Json]], Json]] = {
    "AWS::Lambda::Permission": _lambda_permission,
    "AWS::Lambda::LayerVersionPermission": _lambda_permission,
}


def _bus_permission(own: Mapping[str, Json]) -> Json:
    condition = own.get("Condition")
    when = {}
    if isinstance(condition, dict) and "Type" in condition:
        when = {str(condition["Type"]): {str(condition.get("Key")): condition.get("Value")}}
    principal, action = _named_principal(own.get("Principal")), own.get("Action", "events:PutEvents")
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": when}


def _named_principal(value: Json) -> Json:
    """`lambda.amazonaws.com` is a service, the rest an account or ARN."""
    text = value.text("x") if isinstance(value, Deferred) else str(value)
    is_service = "." in text and not text.startswith("arn:")
    return {"Service" if is_service else "AWS": value}


def _attached(old: Side, new: Side) -> Iterator[Widening]:
    before, after = _gather(old), _gather(new)
    for key in dict.fromkeys([*after, *before]):
        guarded, now = after.get(key) or (before[key][0], [])
        was = before[key][1] if key in before else []
        in_both = guarded.link is None or (guarded.link in old.ids and guarded.link in new.ids)
        if not in_both or (not old.renamed and _said(was) == _said(now)):
            continue
        pair = [
            [s for one in many for s in _read(one, side)] or _default(guarded, side)
            for side, many in ((old, was), (new, now))
        ]
        kind = "permission" if guarded.type in _PERMISSIONS else ""
        context = _Context(guarded.label, new.account, kind, closed=not ATTACHMENTS[guarded.type].open)
        gaps = iam.gaps(*pair)
        if guarded.type.startswith("AWS::KMS::"):
            gaps = (g for g in gaps if g.kind == "deny-removed" or not _is_own_root(g.what, new))
        fresh = new.ids - old.ids
        for one in _as_widenings(gaps, guarded.label, context, fresh):
            yield one._replace(path=_real_path(guarded.type, one.path))


def _real_path(kind: str, path: str) -> str:
    """The property that a statement was made of, where the template has no list of statements."""
    if kind in _PERMISSIONS:
        return path.replace("Properties.Statement[0]", "Properties").removesuffix(".Condition")
    return path.replace("[0]", "", 1) if kind == "AWS::Events::EventBusPolicy" else path


def _default(guarded: Guarded, side: Side) -> list[Statement]:
    """What holds where there is no policy."""
    entry = ATTACHMENTS[guarded.type]
    if not entry.open or guarded.link not in side.ids:
        return []
    return [_ALL_RIGHTS._replace(place=Place(str(guarded.link), f"Properties.{entry.path}", None))]


def _is_own_root(one: Statement, side: Side) -> bool:
    own = side.pattern(Deferred("pseudo", None, "AWS::AccountId"))
    return one.principal == Item(((*"AWS:", *own, ":", *EVERYTHING),))


# -- function URLs


def _urls(old: Side, new: Side) -> Iterator[Widening]:
    was = {_url_key(old, own): own.get("AuthType") for _, _, own in old.of(_URL)}
    for logical_id, _, own in new.of(_URL):
        key = _url_key(new, own)
        earlier = was.get(key)
        function = own.get("TargetFunctionArn")
        link = next((one.target for one in function.links()), None) if isinstance(function, Deferred) else None
        if earlier is None and link is not None and link not in old.ids:
            continue  # the function is new as well
        for guard, now in iam.branches(own.get("AuthType")):
            then = [v for _, v in iam.branches(earlier, guard)]
            open_now: Tri = None if isinstance(now, Deferred) else str(now).upper() == "NONE"
            if open_now is False or all(v == now or v == "NONE" for v in then):
                continue
            text = f"everybody may now call {link or iam.shown(new.pattern(function))} by its URL, without a signature"
            path = "Properties.AuthType"
            yield Widening(logical_id, "url-auth", "critical", text, path, earlier, now, open_now is True)


def _url_key(side: Side, own: Mapping[str, Json]) -> tuple[Pattern, Pattern]:
    return side.pattern(own.get("TargetFunctionArn")), side.pattern(own.get("Qualifier"))


# -- security groups


class Door(NamedTuple):
    """One rule of a security group."""

    protocol: str  # "*" for all
    ports: tuple[int, int] | None  # for ICMP: 256 * type + code; None: not known
    peer: tuple[str, Pattern]  # ("cidr", ...), ("group", ...), ("list", ...)
    guard: Guard
    place: Place


_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "*", "all": "*"}
_PEERS = {
    "CidrIp": "cidr",
    "CidrIpv6": "cidr",
    "SourceSecurityGroupId": "group",
    "DestinationSecurityGroupId": "group",
    "SourceSecurityGroupName": "group",
    "SourcePrefixListId": "list",
    "DestinationPrefixListId": "list",
}
_ADMIN = {20, 21, 22, 23, 135, 139, 445, 1433, 1521, 2375, 2379, 2483, 2484, 3306, 3389, 5432, 5439, 5601, 5900, 5985}
_ADMIN |= {5986, 6379, 6443, 7000, 7001, 8182, 9042, 9092, 9200, 9300, 10250, 11211, 27017, 27018, 50000}


def _doors(old: Side, new: Side) -> Iterator[Widening]:
    for inbound in (True, False):
        before, after = _by_group(old, inbound), _by_group(new, inbound)
        for key, doors in after.items():
            shared = key if isinstance(key, str) else None
            if shared is not None and shared not in old.ids:
                continue
            for door in doors:
                verdict = _through(door, before.get(key, []))
                if verdict is not True:
                    yield _opened(door, before.get(key, []), inbound, verdict is False, _group_text(key))


def _group_text(key: object) -> str:
    return key if isinstance(key, str) else iam.shown(key) if isinstance(key, tuple) else str(key)


def _by_group(side: Side, inbound: bool) -> dict[object, list[Door]]:
    """Shared id or pattern of a group -> its rules, inline or separate."""
    name = "SecurityGroupIngress" if inbound else "SecurityGroupEgress"
    found: dict[object, list[Door]] = {}
    for logical_id, kind, own in side.of("AWS::EC2::SecurityGroup", f"AWS::EC2::{name}"):
        if kind == "AWS::EC2::SecurityGroup":
            doors = found.setdefault(side.id(logical_id), [])
            if not inbound and not own.get(name):
                doors += _everywhere(logical_id)
            for index, guard, rule in _items(own.get(name)):
                doors += _read_door(rule, Place(logical_id, f"Properties.{name}[{index}]", rule), side, guard)
        else:
            key = _group_key(side, own.get("GroupId", own.get("GroupName")))
            found.setdefault(key, []).extend(_read_door(dict(own), Place(logical_id, "Properties", own), side))
    return found


def _group_key(side: Side, value: Json) -> object:
    found = side.pattern(value)
    hole = found[0] if len(found) == 1 else None
    if isinstance(hole, Hole) and isinstance(hole.key, tuple) and hole.key[0] == "group":
        return hole.key[1]
    return found


def _everywhere(logical_id: str) -> list[Door]:
    """EC2's own rule for a group without egress rules."""
    place = Place(logical_id, "Properties.SecurityGroupEgress", None)
    return [Door("*", network.ALL_PORTS, ("cidr", tuple(c)), ALWAYS, place) for c in ("0.0.0.0/0", "::/0")]


def _read_door(rule: Json, place: Place, side: Side, guard: Guard = ALWAYS) -> Iterator[Door]:
    if not isinstance(rule, dict):
        yield Door("?", None, ("?", side.pattern(rule)), guard, place)
        return
    wanted = {k: v for k, v in rule.items() if k in _PEERS or k in ("IpProtocol", "FromPort", "ToPort")}
    for inner, plain in iam.expanded(wanted, guard):
        if isinstance(plain, Deferred):
            yield Door("?", None, ("?", side.pattern(plain)), inner, place)
            continue
        protocol = plain.get("IpProtocol", "-1")
        name = "?" if isinstance(protocol, Deferred) else str(protocol).strip().lower()
        for key in plain.keys() & _PEERS.keys():
            peer = (_PEERS[key], iam.pattern(plain[key], side.spell, wild=False))
            yield Door(_PROTOCOLS.get(name, name), _ports(plain, name), peer, inner, place)


def _ports(rule: dict[str, Json], name: str) -> tuple[int, int] | None:
    if _PROTOCOLS.get(name, name) in ("icmp", "icmpv6"):
        kind, code = network.port(rule.get("FromPort", -1)), network.port(rule.get("ToPort", -1))
        if kind is None or code is None:
            return None
        if kind < 0:
            return network.ALL_PORTS
        return (kind * 256, kind * 256 + 255) if code < 0 else (kind * 256 + code, kind * 256 + code)
    found = network.ports_of(rule)
    return network.ALL_PORTS if found == network.OTHER_PROTOCOL and name not in ("tcp", "udp", "6", "17") else found


def _through(door: Door, doors: Sequence[Door]) -> Tri:
    """Whether the earlier rules let in all that this one does."""
    able = [d for d in doors if d.guard <= door.guard and d.protocol in ("*", door.protocol)]
    if any(d[1:3] == door[1:3] and d.protocol == door.protocol for d in able) and door.ports is not None:
        return True
    if any(d.place.body == door.place.body and d.peer == door.peer for d in able):
        return True
    if _ports_within(door, [d for d in able if _peer_within(door, d) is True]) or _addresses_within(door, able):
        return True
    names = {n for d in doors for n, _ in d.guard} - {n for n, _ in door.guard}
    if names:
        name = min(names)
        if all(_through(door._replace(guard=door.guard | {(name, t)}), doors) is True for t in (True, False)):
            return True
    if door.ports is None or door.protocol == "?":
        return None
    doubtful = [d for d in doors if d.guard <= door.guard and d.protocol in ("*", "?", door.protocol)]
    return (
        None
        if any(
            (d.protocol == "?" or d.ports is None or _ports_within(door, [d]))
            and (d.peer[0] == "?" or _peer_within(door, d) is not False)
            for d in doubtful
        )
        else False
    )


def _peer_within(door: Door, wide: Door) -> Tri:
    if door.peer == wide.peer:
        return True
    if door.peer[0] != wide.peer[0]:
        return False
    if door.peer[0] == "cidr":
        inside = network.covers(iam.shown(wide.peer[1]), iam.shown(door.peer[1]))
        if inside is not None:
            return inside
    return iam.contains(wide.peer[1], door.peer[1])


def _ports_within(door: Door, doors: Iterable[Door]) -> bool:
    if door.ports is None:
        return False
    first, last = door.ports
    for low, high in sorted(d.ports for d in doors if d.ports is not None):
        if low <= first <= high:
            first = high + 1
    return first > last


def _addresses_within(door: Door, doors: Iterable[Door]) -> bool:
    if door.peer[0] != "cidr":
        return False
    texts = [iam.shown(d.peer[1]) for d in doors if d.peer[0] == "cidr" and _ports_within(door, [d])]
    return network.covered_by(iam.shown(door.peer[1]), texts)


def _opened(door: Door, before: Sequence[Door], inbound: bool, certain: bool, group: str) -> Widening:
    peer = iam.shown(door.peer[1])
    opened = door.peer[0] == "cidr" and network.is_open(peer) is True
    ports = _port_text(door)
    text = f"{'everybody' if opened else peer} may now {'reach' if inbound else 'be reached from'} {group} on {ports}"
    severity = "low" if not inbound else _open_severity(door) if opened else "medium"
    earlier = [d.place.body for d in before if d.place[:2] == door.place[:2]] or [d.place.body for d in before]
    return Widening(
        door.place.logical_id,
        "ingress" if inbound else "egress",
        severity,
        text if certain else text + " (not certain before deployment)",
        door.place.path,
        earlier[0] if len(earlier) == 1 else earlier or None,
        door.place.body,
        certain,
    )


def _open_severity(door: Door) -> str:
    if door.protocol.startswith("icmp"):
        return "low"
    if door.ports is None:
        return "high"
    first, last = door.ports
    if any(first <= p <= last for p in _ADMIN):
        return "critical"
    return "medium" if first == last and first in (80, 443) else "high"


def _port_text(door: Door) -> str:
    protocol = {"*": "every protocol", "?": "a protocol that is not known"}.get(door.protocol, door.protocol)
    if door.ports is None or door.protocol in ("*", "?") or door.protocol.startswith("icmp"):
        return protocol
    if door.ports == network.ALL_PORTS:
        return f"every port of {protocol}"
    return f"{protocol} {door.ports[0]}" + (f"-{door.ports[1]}" if door.ports[1] != door.ports[0] else "")
