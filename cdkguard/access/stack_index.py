"""One side of a comparison of access: the resources of a stack, and what names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.access import branches
from cdkguard.access import patterns as globs
from cdkguard.access.patterns import ALWAYS, Assumptions, Pattern, UnknownPart
from cdkguard.access.widening import ResolvedStack
from cdkguard.aws.arns import OWN_NAMES
from cdkguard.template.values import ABSENT, Deferred, import_name

IDENTITY_TYPES = {"AWS::IAM::Role": "Role", "AWS::IAM::User": "User", "AWS::IAM::Group": "Group"}
IAM = "AWS::IAM::"
SECURITY_GROUP_TYPES = ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
PREFIX_LIST = "AWS::EC2::PrefixList"
FUNCTION_URL = "AWS::Lambda::Url"


class StackIndex:
    """One view, and how its references are spelled."""

    def __init__(self, view: ResolvedStack, renamed: Mapping[str, str]) -> None:
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

    def spell(self, value: Deferred) -> Sequence[str | UnknownPart]:
        """The pieces of an unknown value, in one spelling for Ref, GetAtt and names that say the same."""
        if value.kind == "text":
            return [
                p for part in value.parts for p in ([part] if isinstance(part, str) else self.spell(part)) if p != ""
            ]
        if value.kind == "pseudo" and value.target == "AWS::AccountId" and self.account:
            return [self.account]
        if value.kind != "resource" or value.target is None:
            return [
                UnknownPart(
                    value,
                    hole.may_be_anything,
                    label="${" + (import_name(value) or str(value.target or value.kind)) + "}",
                )
                for hole in globs.spell_plainly(value)
                if isinstance(hole, UnknownPart)
            ]
        return self._link(value.target, value.attribute)

    def _link(self, target: str, attribute: str | None) -> Sequence[str | UnknownPart]:
        body = self.resources.get(target) or {}
        kind, shared = str(body.get("Type", "")), self.id(target)
        label = "${" + shared + "}"
        if kind == "AWS::EC2::SecurityGroup" and attribute in (None, "GroupId"):
            return [UnknownPart(("group", shared), False, label=label)]
        if kind in OWN_NAMES and "Path" not in properties(body):
            naming, service, form = OWN_NAMES[kind]
            given = properties(body).get(naming)
            name = UnknownPart(("name", shared), False, given if isinstance(given, str) else None, label)
            is_arn = attribute in ("Arn", "TopicArn", "PolicyArn") or (attribute is None and kind in _REF_IS_ARN)
            if is_arn and kind != "AWS::Logs::LogGroup":
                return [f"arn:aws:{service}:", *self._where(service), ":", *_fill_form(form, name)]
            if attribute == naming or (attribute is None and kind not in ("AWS::SQS::Queue", *_REF_IS_ARN)):
                return [name]
        custom = kind.startswith(("Custom::", "AWS::CloudFormation::")) or not kind
        label = label if attribute is None else "${" + f"{shared}.{attribute}" + "}"
        return [UnknownPart(("link", shared, attribute), custom, label=label)]

    def _where(self, service: str) -> Sequence[str | UnknownPart]:
        if service == "s3":
            return [":"]
        account = [self.account] if self.account else self.spell(Deferred("pseudo", None, "AWS::AccountId"))
        region = [] if service == "iam" else self.spell(Deferred("pseudo", None, "AWS::Region"))
        return [*region, ":", *account]

    def pattern(self, value: Json) -> Pattern:
        return globs.make_pattern(value, self.spell)

    def named(self, kind: str, name: str) -> str | None:
        """The shared id of the role, user or group with that name."""
        if self._by_name is None:
            self._by_name = {
                (IDENTITY_TYPES[t], p[f"{IDENTITY_TYPES[t]}Name"]): self.id(i)
                for i, t, p in self.of(*IDENTITY_TYPES)
                if isinstance(p.get(f"{IDENTITY_TYPES[t]}Name"), str)
            }
        return self._by_name.get((kind, name))


_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")


def _fill_form(form: str, name: UnknownPart) -> list[str | UnknownPart]:
    head, _, tail = form.partition("{}")
    return [piece for piece in (head, name, tail) if piece]


def properties(body: Json) -> Mapping[str, Json]:
    found = body.get("Properties") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def each_of(value: Json, guard: Assumptions = ALWAYS) -> Iterator[tuple[int, Assumptions, Json]]:
    """The elements of a list, in every branch: (index, guard, element)."""
    for inner, many in branches.each_branch(value, guard):
        if many is None or many is ABSENT:
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, element in branches.each_branch(one, inner):
                if isinstance(element, list):
                    yield from ((index, innermost, e) for e in element)
                elif element is not None and element is not ABSENT:
                    yield index, innermost, element
