"""A stack as the comparison of access asks for it: resources by type, and references in one spelling on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import Json
from cdkguard.access.patterns import Pattern, UnknownPart, make_pattern, spell_plainly
from cdkguard.access.resource_types import IDENTITY_TYPES, SECURITY_GROUP, read_properties
from cdkguard.access.widening import ResolvedStack
from cdkguard.aws.arns import OWN_NAMES
from cdkguard.template.values import Deferred, import_name

# Types in OWN_NAMES whose Ref is the ARN; that of the others is the physical name, or a URL.
_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")
_ARN_ATTRIBUTES = ("Arn", "TopicArn", "PolicyArn")


class StackIndex:
    """One side of the comparison.

    A resource may have another logical ID before and after. Both sides name it by its ID after, its shared ID:
    `renamed` leads from the IDs of this side to it, and is empty on the side after.
    """

    def __init__(self, stack: ResolvedStack, renamed: Mapping[str, str]) -> None:
        self.resources, self.account, self.renamed = stack.resources, stack.account, renamed
        self.elsewhere = stack.elsewhere
        self.shared_ids = {renamed.get(logical_id, logical_id) for logical_id in stack.resources}
        self._identities: dict[tuple[str, str], str] | None = None

    def shared_id(self, logical_id: str) -> str:
        """The logical ID by which both sides know a resource of this side."""
        return self.renamed.get(logical_id, logical_id)

    def resources_of(self, *types: str) -> Iterator[tuple[str, str, Mapping[str, Json]]]:
        """(logical ID, type, properties) of each resource of these types."""
        for logical_id, body in self.resources.items():
            if body.get("Type") in types:
                yield logical_id, body["Type"], read_properties(body)

    def find_identity(self, kind: str, name: str) -> str | None:
        """The shared ID of the role, user or group of the template that has a physical name."""
        if self._identities is None:
            self._identities = {
                (IDENTITY_TYPES[t], own[f"{IDENTITY_TYPES[t]}Name"]): self.shared_id(logical_id)
                for logical_id, t, own in self.resources_of(*IDENTITY_TYPES)
                if isinstance(own.get(f"{IDENTITY_TYPES[t]}Name"), str)
            }
        return self._identities.get((kind, name))

    # -- values as patterns

    def make_pattern(self, value: Json) -> Pattern:
        """The pattern of a value of this side; equal values of both sides have equal patterns."""
        return make_pattern(value, self.spell)

    def spell(self, value: Deferred) -> Sequence[str | UnknownPart]:
        """Spell an unknown value, so that a Ref, a GetAtt and a written name of one resource are comparable.

        `Fn::GetAtt: [Topic, TopicArn]`, `Ref: Topic` and an `Fn::Join` of the topic's ARN all come out as
        `arn:aws:sns:<region>:<account>:<name of Topic>`.
        """
        if value.kind == "text":
            return [
                p for part in value.parts for p in ([part] if isinstance(part, str) else self.spell(part)) if p != ""
            ]
        if value.kind == "pseudo" and value.target == "AWS::AccountId" and self.account:
            return [self.account]
        if value.kind == "resource" and value.target is not None:
            return self._spell_reference(value.target, value.attribute)

        label = "${" + (import_name(value) or str(value.target or value.kind)) + "}"
        return [
            UnknownPart(value, part.may_be_anything, label=label)
            for part in spell_plainly(value)
            if isinstance(part, UnknownPart)
        ]

    def _spell_reference(self, target: str, attribute: str | None) -> Sequence[str | UnknownPart]:
        """Spell a Ref (without an attribute) or a GetAtt."""
        body = self.resources.get(target) or self.elsewhere.get(target) or {}
        kind, shared = str(body.get("Type", "")), self.shared_id(target)
        label = "${" + shared + "}"
        if kind == SECURITY_GROUP and attribute in (None, "GroupId"):
            return [UnknownPart(("group", shared), False, label=label)]

        # A path becomes a part of the ARN, so that the ARN is then spelled as a link.
        if kind in OWN_NAMES and "Path" not in read_properties(body):
            naming, service, form = OWN_NAMES[kind]
            given = read_properties(body).get(naming)
            name = UnknownPart(("name", shared), False, given if isinstance(given, str) else None, label)
            is_arn = attribute in _ARN_ATTRIBUTES or (attribute is None and kind in _REF_IS_ARN)
            if is_arn and kind != "AWS::Logs::LogGroup":  # The ARN attribute of a log group ends in `:*`.
                return [f"arn:aws:{service}:", *self._spell_place(service), ":", *_fill_form(form, name)]
            if attribute == naming or (attribute is None and kind not in ("AWS::SQS::Queue", *_REF_IS_ARN)):
                return [name]

        # The attributes of a custom resource or nested stack may be anything; others belong to the resource.
        may_be_anything = kind.startswith(("Custom::", "AWS::CloudFormation::")) or not kind
        label = label if attribute is None else "${" + f"{shared}.{attribute}" + "}"
        return [UnknownPart(("link", shared, attribute), may_be_anything, label=label)]

    def _spell_place(self, service: str) -> Sequence[str | UnknownPart]:
        """`<region>:<account>` of an ARN; those of S3 have neither, those of IAM no region."""
        if service == "s3":
            return [":"]
        account = [self.account] if self.account else self.spell(Deferred("pseudo", None, "AWS::AccountId"))
        region = [] if service == "iam" else self.spell(Deferred("pseudo", None, "AWS::Region"))
        return [*region, ":", *account]


def are_spelled_alike(value: Json, old: StackIndex, new: StackIndex) -> bool:
    """Whether both sides spell each reference in a value alike, so that it means the same where both write it.

    After a rename they may not: the same text then names another resource.
    """
    kind = type(value)
    if kind is dict or kind is list:
        members = value.values() if kind is dict else value
        return all(are_spelled_alike(member, old, new) for member in members)
    return kind is not Deferred or old.spell(value) == new.spell(value)


def _fill_form(form: str, name: UnknownPart) -> list[str | UnknownPart]:
    """The last part of an ARN, such as `role/{}`, with the name in it."""
    head, _, tail = form.partition("{}")
    return [piece for piece in (head, name, tail) if piece]
