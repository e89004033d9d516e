"""One side of a comparison of access: the resources of a stack, and what names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access import branches
from cdkguard.access import patterns as globs
from cdkguard.access.patterns import ALWAYS, Guard, Hole, Pattern
from cdkguard.aws.arns import OWN_NAMES
from cdkguard.model import severity_rank
from cdkguard.template.values import ABSENT, Deferred, imported


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


OWNERS = {"AWS::IAM::Role": "Role", "AWS::IAM::User": "User", "AWS::IAM::Group": "Group"}
IAM = "AWS::IAM::"
GROUPS = ("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
LIST = "AWS::EC2::PrefixList"
URL = "AWS::Lambda::Url"


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
                Hole(value, hole.soft, shown="${" + (imported(value) or str(value.target or value.kind)) + "}")
                for hole in globs.plainly(value)
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
        return globs.pattern(value, self.spell)

    def named(self, kind: str, name: str) -> str | None:
        """The shared id of the role, user or group with that name."""
        if self._by_name is None:
            self._by_name = {
                (OWNERS[t], p[f"{OWNERS[t]}Name"]): self.id(i)
                for i, t, p in self.of(*OWNERS)
                if isinstance(p.get(f"{OWNERS[t]}Name"), str)
            }
        return self._by_name.get((kind, name))


_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")


def _filled(form: str, name: Hole) -> list[str | Hole]:
    head, _, tail = form.partition("{}")
    return [piece for piece in (head, name, tail) if piece]


def properties(body: Json) -> Mapping[str, Json]:
    found = body.get("Properties") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def each_of(value: Json, guard: Guard = ALWAYS) -> Iterator[tuple[int, Guard, Json]]:
    """The elements of a list, in every branch: (index, guard, element)."""
    for inner, many in branches.branches(value, guard):
        if many is None or many is ABSENT:
            continue
        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for innermost, element in branches.branches(one, inner):
                if isinstance(element, list):
                    yield from ((index, innermost, e) for e in element)
                elif element is not None and element is not ABSENT:
                    yield index, innermost, element


def worst(*severities: str) -> str:
    return max(severities, key=severity_rank)
