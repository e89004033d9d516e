"""Policy documents -> statements, each as a set of requests: who does what to what, under which conditions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.access.branches import ALWAYS, Assumptions, each_branch, expand_branches
from cdkguard.access.conditions import ConditionTest, read_condition
from cdkguard.access.patterns import Pattern, Speller, make_pattern, spell_plainly
from cdkguard.access.principals import find_own_account, read_principals
from cdkguard.access.sets import ALL, NameSet, sort_patterns
from cdkguard.aws import policies
from cdkguard.template.json_text import parse_json_text
from cdkguard.template.values import Deferred


class TemplateElement(NamedTuple):
    """An element of the template that a widening can point to: a statement, an ARN, a security group's rule."""

    logical_id: str
    # Below the resource: `Properties.PolicyDocument.Statement[0]`.
    path: str
    # The element itself, resolved.
    body: Json


class PolicyDocument(NamedTuple):
    """A policy document, and where it stands."""

    logical_id: str
    # Below the resource: `Properties.PolicyDocument`.
    path: str
    # Resolved: a mapping, JSON text, a list of either, or Deferred.
    document: Json
    assumptions: Assumptions = ALWAYS


class Statement(NamedTuple):
    """A statement as a set of requests: it allows (or denies) those that fit all of its elements."""

    allow: bool
    # ALL in an identity-based policy, which names no principal: it holds for the identity that it is attached to.
    principal: NameSet
    action: NameSet
    resource: NameSet
    conditions: tuple[ConditionTest, ...]
    # The CloudFormation conditions under which the statement is in the template.
    assumptions: Assumptions
    element: TemplateElement
    # The value in whose place only the deployment puts a statement; the fields above then say nothing.
    unknown: Deferred | None = None
    # The account that the policy is in; empty where that makes no difference.
    account: Pattern = ()

    def meaning(self) -> tuple[object, ...]:
        """Equal for statements that allow or deny the same, wherever they stand."""
        return self[:6] if self.unknown is None else (self.unknown,)


# The requests of an identity or resource that no policy restricts.
ALL_RIGHTS = Statement(True, ALL, ALL, ALL, (), ALWAYS, TemplateElement("", "", None))


def read_statements(policy: PolicyDocument, spell: Speller = spell_plainly) -> Iterator[Statement]:
    """The statements of a policy, in every branch of its Fn::Ifs; a document that cannot be read is one unknown one."""
    for assumptions, document in each_branch(policy.document, policy.assumptions):
        if isinstance(document, str):
            document = parse_document(document)

        found = policy._replace(document=document, assumptions=assumptions)
        if isinstance(document, Deferred):
            yield _unknown_statement(document, assumptions, TemplateElement(policy.logical_id, policy.path, document))
        elif isinstance(document, list):
            for index, one in enumerate(document):
                yield from read_statements(found._replace(path=f"{policy.path}[{index}]", document=one), spell)
        elif isinstance(document, dict):
            yield from _read_statement_list(found, spell)


def parse_document(text: str) -> Json:
    """The document that a JSON text holds; unknown where it holds none."""
    try:
        return parse_json_text(text)
    except ValueError:
        return Deferred("unknown", text)


def contents_of(policies: Sequence[PolicyDocument]) -> list[tuple[Json, Assumptions]]:
    """The documents without their places in the template, to see whether two lists of policies say the same."""
    return [(policy.document, policy.assumptions) for policy in policies]


def _read_statement_list(policy: PolicyDocument, spell: Speller) -> Iterator[Statement]:
    """The statements of a document that is a mapping; `Statement` holds one or a list."""
    path = f"{policy.path}.Statement"
    for assumptions, many in each_branch(policy.document.get("Statement"), policy.assumptions):
        if isinstance(many, Deferred):
            yield _unknown_statement(many, assumptions, TemplateElement(policy.logical_id, path, many))
            continue

        for index, one in enumerate(many if isinstance(many, list) else [many]):
            for inner, body in expand_branches(one, assumptions):
                element = TemplateElement(policy.logical_id, f"{path}[{index}]", body)
                if isinstance(body, Deferred):
                    yield _unknown_statement(body, inner, element)
                elif isinstance(body, dict):
                    yield _read_statement(body, inner, element, spell)


def _unknown_statement(value: Deferred, assumptions: Assumptions, element: TemplateElement) -> Statement:
    return Statement(True, ALL, ALL, ALL, (), assumptions, element, value)


def _read_statement(
    body: dict[str, Json], assumptions: Assumptions, element: TemplateElement, spell: Speller
) -> Statement:
    effect = body.get("Effect")
    if isinstance(effect, Deferred):
        return _unknown_statement(Deferred("unknown", repr(body)), assumptions, element)
    return Statement(
        allow=str(effect).lower() != "deny",
        principal=read_principals(body, spell),
        action=_read_names(body, "Action", spell, ignore_case=True),
        resource=_read_names(body, "Resource", spell),
        conditions=read_condition(body.get("Condition"), spell),
        assumptions=assumptions,
        element=element,
        account=find_own_account(spell),
    )


def _read_names(body: dict[str, Json], name: str, spell: Speller, ignore_case: bool = False) -> NameSet:
    """The names of `Action` or `Resource`, or all but those of `NotAction` or `NotResource`."""
    negated = "Not" + name in body
    if name == "Resource" and name not in body and not negated:
        return ALL  # A resource policy may name no resource: it holds for the one that it is attached to.
    found = policies.as_list(body.get("Not" + name if negated else name))
    return NameSet(sort_patterns(make_pattern(v, spell, ignore_case=ignore_case) for v in found), negated)
