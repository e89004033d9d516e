"""What resource-based policies allow, before and after: bucket policies, key policies, permissions and the like.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import each_element
from cdkguard.access.grants import find_new_grants
from cdkguard.access.patterns import EVERYTHING, render_pattern
from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.access.sets import NameSet
from cdkguard.access.severity import PolicySubject
from cdkguard.access.stack_index import StackIndex
from cdkguard.access.statements import (
    ALL_RIGHTS,
    PolicyDocument,
    Statement,
    TemplateElement,
    contents_of,
    parse_document,
    read_statements,
)
from cdkguard.access.widening import Widening
from cdkguard.access.wording import make_widenings
from cdkguard.aws.permissions import EVENT_BUS_POLICY, PERMISSIONS, property_path, read_bus_permission
from cdkguard.template.values import ABSENT, Deferred


class PolicyTarget(NamedTuple):
    """The target that policies are attached to, as the first of them names it."""

    # The type of the resource that holds the policy.
    type: str
    # The shared logical ID of a resource of the template, else the pattern of a name or an ARN.
    key: object
    # That logical ID; None for a target of elsewhere.
    logical_id: str | None
    # Its name in messages.
    label: str


# (types of policies that add up, key of the target, part of the target) -> the target, and its policies
TargetKey = tuple[str, tuple[object, str]]
Policies = dict[TargetKey, tuple[PolicyTarget, list[PolicyDocument]]]


def find_resource_policy_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    """What the policies of resources that are on both sides allow beyond before."""
    before, after = _read_policies(old), _read_policies(new)
    for key in dict.fromkeys([*after, *before]):
        target, now = after.get(key) or (before[key][0], [])
        was = before[key][1] if key in before else []

        is_new_or_gone = target.logical_id is not None and not (
            target.logical_id in old.shared_ids and target.logical_id in new.shared_ids
        )
        if is_new_or_gone or (not old.renamed and contents_of(was) == contents_of(now)):
            continue
        yield from _compare_policies(target, (old, was), (new, now))


def _compare_policies(
    target: PolicyTarget,
    before: tuple[StackIndex, Sequence[PolicyDocument]],
    after: tuple[StackIndex, Sequence[PolicyDocument]],
) -> Iterator[Widening]:
    """What all policies of one target together allow beyond before."""
    new = after[0]
    grants = find_new_grants(_read_target(target, *before), _read_target(target, *after))
    if target.type.startswith("AWS::KMS::"):
        # CDK lets the own account into each key.
        # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
        grants = (g for g in grants if g.kind == "deny-removed" or not _is_own_account(g.statement, new))

    subject = PolicySubject(
        target.label,
        names_principals=True,
        account=new.account,
        kind="permission" if target.type in PERMISSIONS else "",
        open_by_default=POLICY_LOCATIONS[target.type].open_by_default,
    )
    for widening in make_widenings(grants, subject):
        yield widening._replace(path=property_path(target.type, widening.path))


def _read_target(target: PolicyTarget, stack: StackIndex, policies: Sequence[PolicyDocument]) -> list[Statement]:
    """The statements of all policies of a target; without one, what AWS allows then."""
    found = [s for policy in policies for s in read_statements(policy, stack.spell)]
    location = POLICY_LOCATIONS[target.type]
    if found or not location.open_by_default or target.logical_id not in stack.shared_ids:
        return found
    element = TemplateElement(str(target.logical_id), f"Properties.{location.path}", None)
    return [ALL_RIGHTS._replace(element=element)]


def _is_own_account(one: Statement, stack: StackIndex) -> bool:
    account = stack.make_pattern(Deferred("pseudo", None, "AWS::AccountId"))
    return one.principal == NameSet(((*"AWS:", *account, ":", *EVERYTHING),))


# -- reading the template


def _read_policies(stack: StackIndex) -> Policies:
    """All resource-based policies of a stack, by what they are attached to."""
    found: Policies = {}
    for logical_id, kind, own in stack.resources_of(*POLICY_LOCATIONS):
        for target in _find_targets(stack, logical_id, kind, own):
            for part, policy in _find_documents(logical_id, kind, own):
                _, policies = found.setdefault((_family_of(kind), (target.key, part)), (target, []))
                if policy.document is not None and policy.document is not ABSENT:
                    policies.append(policy)
    return found


def _family_of(kind: str) -> str:
    """The type under which policies of one target are put together: an inline policy adds to the others."""
    return {
        "AWS::SNS::TopicInlinePolicy": "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy": "AWS::SQS::QueuePolicy",
    }.get(kind, kind)


def _find_targets(stack: StackIndex, logical_id: str, kind: str, own: Mapping[str, Json]) -> Iterator[PolicyTarget]:
    """What the policy of a resource is attached to: the resource itself, or those that a property names."""
    name = POLICY_LOCATIONS[kind].target
    if not name:
        shared = stack.shared_id(logical_id)
        yield PolicyTarget(kind, shared, shared, logical_id)
        return

    for _, _, value in each_element(own.get(name, "default")):
        linked = value.target if isinstance(value, Deferred) and value.kind == "resource" else None
        if linked is None and isinstance(value, Deferred):
            linked = next((one.target for one in value.links()), None)
        shared_id = stack.shared_id(linked) if linked is not None else None
        pattern = stack.make_pattern(value)
        key = shared_id if shared_id in stack.shared_ids else pattern
        yield PolicyTarget(kind, key, shared_id, shared_id or render_pattern(pattern))


def _find_documents(logical_id: str, kind: str, own: Mapping[str, Json]) -> Iterator[tuple[str, PolicyDocument]]:
    """(part of the target, policy) of a resource; a part is a replica of a global table or a stream, else empty."""
    path = POLICY_LOCATIONS[kind].path
    if kind in PERMISSIONS:
        yield "", PolicyDocument(logical_id, "Properties", {"Statement": [PERMISSIONS[kind](own)]})
    elif kind == EVENT_BUS_POLICY and "Statement" not in own:
        yield "", PolicyDocument(logical_id, "Properties", {"Statement": [read_bus_permission(own)]})
    elif kind in (EVENT_BUS_POLICY, "AWS::Serverless::Api"):
        # These hold statements without the document around them.
        found = _value_at(own, path)
        found = parse_document(found) if isinstance(found, str) else found
        yield "", PolicyDocument(logical_id, "Properties", None if found is ABSENT else {"Statement": found})
    else:
        yield from _read_documents(logical_id, path, own, "")
        for other in POLICY_LOCATIONS[kind].others:
            yield from _read_documents(logical_id, other, own, other)


def _read_documents(
    logical_id: str, path: str, own: Mapping[str, Json], part: str
) -> Iterator[tuple[str, PolicyDocument]]:
    """(part of the target, policy) of one location; `part` tells it from the type's others."""
    if "[]" not in path:
        yield part, PolicyDocument(logical_id, f"Properties.{path}", _value_at(own, path))
        return
    name, _, rest = path.partition("[].")
    for index, assumptions, one in each_element(own.get(name)):
        element = one.get("Region", index) if isinstance(one, dict) else index
        document = _value_at(one, rest) if isinstance(one, dict) else ABSENT
        yield (
            f"{element}{part}",
            PolicyDocument(logical_id, f"Properties.{name}[{index}].{rest}", document, assumptions),
        )


def _value_at(value: Json, path: str) -> Json:
    """The value at a path such as `ResourcePolicy.PolicyDocument`; unknown where a part of the path is."""
    for name in path.split("."):
        if isinstance(value, Deferred):
            return value
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value
