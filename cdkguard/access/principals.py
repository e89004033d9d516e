"""The principals of statements: how they are spelled, in whose account they are, and which lets in more.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.access.containment import contains
from cdkguard.access.patterns import EVERYTHING, Pattern, Speller, Symbol, UnknownPart, Wildcard, make_pattern
from cdkguard.access.sets import ALL, NameSet, sort_patterns
from cdkguard.aws import policies
from cdkguard.logic import Tri
from cdkguard.template.values import Deferred

_ACCOUNT_ID = Deferred("pseudo", {"Ref": "AWS::AccountId"}, "AWS::AccountId")


def find_own_account(spell: Speller) -> Pattern:
    """The account of the stack whose values `spell` spells: its number, or a reference to it."""
    return make_pattern(_ACCOUNT_ID, spell)


def read_principals(body: dict[str, Json], spell: Speller) -> NameSet:
    """The principals that `Principal` names, or all but those of `NotPrincipal`."""
    negated = "NotPrincipal" in body
    if "Principal" not in body and not negated:
        return ALL
    found = policies.list_principals({"Principal": body["NotPrincipal"]} if negated else body)
    return NameSet(sort_patterns(_make_principal(str(kind), value, spell) for kind, value in found), negated)


def _make_principal(kind: str, value: Json, spell: Speller) -> Pattern:
    """One principal, spelled `AWS:<account>:<rest of the ARN>` or `Service:<name>`, `Federated:<provider>` and so on.

    `123456789012` and `arn:aws:iam::123456789012:root` name the account, and so whatever the account lets in: both are
    spelled `AWS:123456789012:*`, which contains each role of the account.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if value == "*" and kind in ("AWS", "*"):
        return EVERYTHING
    found = make_pattern(value, spell)
    if kind != "AWS":
        if kind == "Service" and found and _pseudo_parameter_of(found[-1]) == "AWS::URLSuffix":
            found = (*found[:-1], *"amazonaws.com")
        return (*kind, ":", *found)

    if found[:8] == tuple("arn:aws:") and found.count(":") >= 5:
        colons = [i for i, s in enumerate(found) if s == ":"]
        account, rest = found[colons[3] + 1 : colons[4]], found[colons[4] + 1 :]
        rest = EVERYTHING if rest == tuple("root") else rest
        return EVERYTHING if account == rest == EVERYTHING else (*"AWS:", *account, ":", *rest)

    is_account_id = len(found) == 12 and all(isinstance(s, str) and s.isdigit() for s in found)
    is_own_account = len(found) == 1 and _pseudo_parameter_of(found[0]) == "AWS::AccountId"
    if is_account_id or is_own_account:
        return (*"AWS:", *found, ":", Wildcard.ANY)
    return (*"AWS:", *found)


def _pseudo_parameter_of(symbol: Symbol) -> str | None:
    """The name of the pseudo parameter that an unknown part stands for."""
    key = symbol.key if isinstance(symbol, UnknownPart) else None
    return key.target if isinstance(key, Deferred) and key.kind == "pseudo" else None


# -- accounts


def account_of_arn(arn: Pattern, own: Pattern, by_parts: bool = True) -> Pattern | None:
    """The account of the resources that a pattern of ARNs matches, or None where it may be any.

    `own` is the account of the stack, which each resource of the template is in; the ARN of a bucket names no account.
    Unless wildcards stay within the parts of an ARN (`by_parts`), as with ArnLike, one in front may match an account.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    if arn[:4] == tuple("arn:") and arn.count(":") >= 5:
        colons = [i for i, symbol in enumerate(arn) if symbol == ":"]
        account, rest = arn[colons[3] + 1 : colons[4]], arn[colons[4] + 1 :]
        if account:
            is_fixed = not any(isinstance(s, Wildcard) for s in (account if by_parts else arn[: colons[4]]))
            return account if is_fixed else None
        return own if rest and _is_of_template(rest[0]) else None

    if not arn or not isinstance(arn[0], UnknownPart):
        return None
    # Where a parameter or import may be any ARN, its account is not known, but one.
    return own if _is_of_template(arn[0]) else (UnknownPart(("account", arn), True, label="§"),)


def _is_of_template(symbol: Symbol) -> bool:
    """Whether it is the name or ARN of a resource of the template."""
    return isinstance(symbol, UnknownPart) and isinstance(symbol.key, tuple) and not symbol.may_be_anything


def account_of_principal(principal: Pattern, own: Pattern) -> Pattern | None:
    """The account of a principal as `read_principals` spells it; None for services, everybody and the like."""
    if principal[:4] != tuple("AWS:"):
        return None
    if _is_of_template(principal[4]):
        return own
    account = principal[4 : principal.index(":", 4)] if ":" in principal[4:] else ()
    return account if account and not any(isinstance(s, Wildcard) for s in account) else None


# -- which lets in more


def covers_principal(wide: Pattern, narrow: Pattern, own: Pattern, named: bool = True) -> Tri:
    """Whether an Allow for `wide` gives `narrow` all that an Allow for itself would.

    An Allow for the own account leaves it to policies of IAM what a role of the account may do, while one that names the
    role allows at once. In another account, policies of IAM must allow in either case. Empty `own`: take both as one.
    `named`: the other Allow names `narrow`, and is not one for everybody of whom a condition leaves these.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
    """
    verdict = contains(wide, narrow)
    if verdict is False or not own or named and is_account(narrow) or not is_account(wide):
        return verdict
    is_own = contains(own, wide[4:-2])
    return verdict if is_own is False else None if is_own is None else False


def is_account(principal: Pattern) -> bool:
    """Whether it is an account as a whole: `AWS:123456789012:*`."""
    return principal[:4] == tuple("AWS:") and principal[-2:] == (":", Wildcard.ANY) and principal.count(":") == 2
