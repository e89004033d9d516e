"""Policies of resources, permissions and function URLs, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import branches
from cdkguard.access import grants as iam
from cdkguard.access import patterns as globs
from cdkguard.access.patterns import EVERYTHING, Pattern
from cdkguard.access.policy_locations import POLICY_LOCATIONS, PolicyLocation
from cdkguard.access.principals import ALL_RIGHTS, PolicyDocument, read, without_places
from cdkguard.access.sets import NameSet
from cdkguard.access.stack_index import FUNCTION_URL, StackIndex, each_of
from cdkguard.access.statements import Statement, TemplateElement
from cdkguard.access.widening import Widening
from cdkguard.access.wording import PolicySubject, make_widenings
from cdkguard.aws import policies
from cdkguard.logic import Tri
from cdkguard.template.values import ABSENT, Deferred


class PolicyTarget(NamedTuple):
    """What policies are attached to."""

    type: str
    target: object  # pattern, or shared id of the resource itself
    link: str | None  # shared id of the target where it is in the template
    label: str


def _read_policies(side: StackIndex) -> dict[tuple[str, object], tuple[PolicyTarget, list[PolicyDocument]]]:
    found: dict[tuple[str, object], tuple[PolicyTarget, list[PolicyDocument]]] = {}
    for logical_id, kind, own in side.of(*POLICY_LOCATIONS):
        entry = POLICY_LOCATIONS[kind]
        for guarded in _find_targets(side, logical_id, kind, entry, own):
            for part, written in _find_documents(logical_id, kind, entry, own):
                _, many = found.setdefault((_family(kind), (guarded.target, part)), (guarded, []))
                many += [written] if written.document is not None and written.document is not ABSENT else []
    return found


def _family(kind: str) -> str:
    """Types whose policies add up on one target share a name."""
    return {
        "AWS::SNS::TopicInlinePolicy": "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueueInlinePolicy": "AWS::SQS::QueuePolicy",
    }.get(kind, kind)


def _find_targets(
    side: StackIndex, logical_id: str, kind: str, entry: PolicyLocation, own: Mapping[str, Json]
) -> Iterator[PolicyTarget]:
    if not entry.target:
        shared = side.id(logical_id)
        yield PolicyTarget(kind, shared, shared, logical_id)
        return
    values = [value for _, _, value in each_of(own.get(entry.target, "default"))]
    for value in values:
        link = value.target if isinstance(value, Deferred) and value.kind == "resource" else None
        if link is None and isinstance(value, Deferred):
            link = next((one.target for one in value.links()), None)
        known = side.id(link) if link is not None else None
        target = side.pattern(value)
        yield PolicyTarget(kind, known if known in side.ids else target, known, known or globs.render_pattern(target))


def _find_documents(
    logical_id: str, kind: str, entry: PolicyLocation, own: Mapping[str, Json]
) -> Iterator[tuple[object, PolicyDocument]]:
    """(part of the target, policy)."""
    if kind in _PERMISSIONS:
        yield "", PolicyDocument(logical_id, "Properties", {"Statement": [_PERMISSIONS[kind](own)]})
    elif kind == "AWS::Events::EventBusPolicy" and "Statement" not in own:
        yield "", PolicyDocument(logical_id, "Properties", {"Statement": [_bus_permission(own)]})
    elif kind in ("AWS::Events::EventBusPolicy", "AWS::Serverless::Api"):
        found = _value_at(own, entry.path.split("."))
        yield (
            "",
            PolicyDocument(
                logical_id, "Properties", None if found is ABSENT else {"Statement": _parse_document(found)}
            ),
        )
    elif "[]" in entry.path:
        name, _, rest = entry.path.partition("[].")
        for index, guard, one in each_of(own.get(name)):
            part = one.get("Region", index) if isinstance(one, dict) else index
            found = _value_at(one, rest.split(".")) if isinstance(one, dict) else ABSENT
            yield str(part), PolicyDocument(logical_id, f"Properties.{name}[{index}].{rest}", found, guard)
    else:
        yield "", PolicyDocument(logical_id, f"Properties.{entry.path}", _value_at(own, entry.path.split(".")))


def _value_at(value: Json, names: list[str]) -> Json:
    for name in names:
        if isinstance(value, Deferred):
            return value
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _parse_document(value: Json) -> Json:
    if isinstance(value, str):
        try:
            return policies.parsed(value)
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


def find_resource_policy_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    before, after = _read_policies(old), _read_policies(new)
    for key in dict.fromkeys([*after, *before]):
        guarded, now = after.get(key) or (before[key][0], [])
        was = before[key][1] if key in before else []
        in_both = guarded.link is None or (guarded.link in old.ids and guarded.link in new.ids)
        if not in_both or (not old.renamed and without_places(was) == without_places(now)):
            continue
        pair = [
            [s for one in many for s in read(one, side)] or _default_statements(guarded, side)
            for side, many in ((old, was), (new, now))
        ]
        kind = "permission" if guarded.type in _PERMISSIONS else ""
        context = PolicySubject(
            guarded.label, new.account, kind, closed=not POLICY_LOCATIONS[guarded.type].open_without
        )
        gaps = iam.find_new_grants(*pair)
        if guarded.type.startswith("AWS::KMS::"):
            gaps = (g for g in gaps if g.kind == "deny-removed" or not _is_own_root(g.statement, new))
        fresh = new.ids - old.ids
        for one in make_widenings(gaps, guarded.label, context, fresh):
            yield one._replace(path=_property_path(guarded.type, one.path))


def _property_path(kind: str, path: str) -> str:
    """The property that a statement was made of, where the template has no list of statements."""
    if kind in _PERMISSIONS:
        return path.replace("Properties.Statement[0]", "Properties").removesuffix(".Condition")
    return path.replace("[0]", "", 1) if kind == "AWS::Events::EventBusPolicy" else path


def _default_statements(guarded: PolicyTarget, side: StackIndex) -> list[Statement]:
    """What holds where there is no policy."""
    entry = POLICY_LOCATIONS[guarded.type]
    if not entry.open_without or guarded.link not in side.ids:
        return []
    return [ALL_RIGHTS._replace(element=TemplateElement(str(guarded.link), f"Properties.{entry.path}", None))]


def _is_own_root(one: Statement, side: StackIndex) -> bool:
    own = side.pattern(Deferred("pseudo", None, "AWS::AccountId"))
    return one.principal == NameSet(((*"AWS:", *own, ":", *EVERYTHING),))


def find_url_widenings(old: StackIndex, new: StackIndex) -> Iterator[Widening]:
    was = {_url_key(old, own): own.get("AuthType") for _, _, own in old.of(FUNCTION_URL)}
    for logical_id, _, own in new.of(FUNCTION_URL):
        key = _url_key(new, own)
        earlier = was.get(key)
        function = own.get("TargetFunctionArn")
        link = next((one.target for one in function.links()), None) if isinstance(function, Deferred) else None
        if earlier is None and link is not None and link not in old.ids:
            continue  # the function is new as well
        for guard, now in branches.each_branch(own.get("AuthType")):
            then = [v for _, v in branches.each_branch(earlier, guard)]
            open_now: Tri = None if isinstance(now, Deferred) else str(now).upper() == "NONE"
            if open_now is False or all(v == now or v == "NONE" for v in then):
                continue
            text = f"everybody may now call {link or globs.render_pattern(new.pattern(function))} by its URL, without a signature"
            path = "Properties.AuthType"
            yield Widening(logical_id, "url-auth", "critical", text, path, earlier, now, open_now is True)


def _url_key(side: StackIndex, own: Mapping[str, Json]) -> tuple[Pattern, Pattern]:
    return side.pattern(own.get("TargetFunctionArn")), side.pattern(own.get("Qualifier"))
