"""Templates of IAM and security groups in few words, and what the comparison of access finds between two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdkguard.access.compare import find_widenings
from cdkguard.access.statements import PolicyDocument, Statement, read_statements
from cdkguard.access.widening import ResolvedStack, Widening
from cdkguard.model import WIDENING_KINDS
from cdkguard.template.values import Deferred

Body = dict[str, Any]
Resources = Mapping[str, Body]

OWN, FOREIGN = "111122223333", "444455556666"
PARAMETER = Deferred("parameter", {"Ref": "P"}, "P")
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "x:Y", "Resource": "*"}


def ref(target: str, attribute: str | None = None) -> Deferred:
    raw = {"Ref": target} if attribute is None else {"Fn::GetAtt": [target, attribute]}
    return Deferred("resource", raw, target, attribute)


def text(*parts: str | Deferred) -> Deferred:
    return Deferred("text", {"Fn::Join": ["", [repr(p) for p in parts]]}, parts=parts)


def body(kind: str, **properties: Any) -> Body:
    return {"Type": kind, "Properties": properties}


# -- policies


def document(*statements: Any) -> Body:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> Body:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> Body:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


def role(*statements: Body, **more: Any) -> Body:
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}] if statements else []
    return body("AWS::IAM::Role", **{"AssumeRolePolicyDocument": TRUST, "Policies": policies, **more})


def read(*statements: Any) -> list[Statement]:
    return list(read_statements(PolicyDocument("P", "D", {"Statement": list(statements)})))


# -- security groups


def group(*rules: Any, **more: Any) -> Body:
    return body("AWS::EC2::SecurityGroup", SecurityGroupIngress=list(rules), **more)


def tcp(port: Any = 443, cidr: Any = "0.0.0.0/0", last: Any = None) -> Body:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port if last is None else last, "CidrIp": cidr}


# -- comparing


def compare(
    before: Resources, after: Resources, renamed: Mapping[str, str] | None = None, account: str | None = OWN
) -> list[Widening]:
    found = find_widenings(ResolvedStack(before, account), ResolvedStack(after, account), renamed or {})
    assert all(w.kind in WIDENING_KINDS and "\n" not in w.message for w in found)
    return found


def kinds(before: Resources, after: Resources, renamed: Mapping[str, str] | None = None) -> list[str]:
    return sorted(w.kind for w in compare(before, after, renamed))


def only(before: Resources, after: Resources, renamed: Mapping[str, str] | None = None) -> Widening:
    (found,) = compare(before, after, renamed)
    return found
