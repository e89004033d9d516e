"""Permissions: resources that allow one thing by properties of their own, read as the statement that AWS makes of them.

An AWS::Lambda::Permission becomes a statement of the function's policy, an AWS::Events::EventBusPolicy one of the event
bus's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdkguard._typing import Json
from cdkguard.template.values import Deferred

EVENT_BUS_POLICY = "AWS::Events::EventBusPolicy"

# Property of AWS::Lambda::Permission or LayerVersionPermission -> operator and key of the condition.
# https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
_LAMBDA_CONDITIONS = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("OrganizationId", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


def _read_lambda_permission(own: Mapping[str, Json]) -> Json:
    """The statement that Lambda makes of a permission's properties."""
    conditions: dict[str, Json] = {}
    for name, operator, key in _LAMBDA_CONDITIONS:
        if name in own:
            conditions.setdefault(operator, {})[key] = own[name]
    if own.get("FunctionUrlAuthType") == "NONE":
        del conditions["StringEquals"]["lambda:FunctionUrlAuthType"]  # This value asks for nothing.

    return {
        "Effect": "Allow",
        "Principal": _read_principal(own.get("Principal")),
        "Action": own.get("Action"),
        "Condition": {operator: block for operator, block in conditions.items() if block},
    }


# Type -> the statement that properties of that type stand for.
PERMISSIONS: Mapping[str, Callable[[Mapping[str, Json]], Json]] = {
    "AWS::Lambda::Permission": _read_lambda_permission,
    "AWS::Lambda::LayerVersionPermission": _read_lambda_permission,
}


def read_bus_permission(own: Mapping[str, Json]) -> Json:
    """The statement of an AWS::Events::EventBusPolicy that has `Action` and `Principal` instead of a `Statement`.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    condition = own.get("Condition")
    conditions = {}
    if isinstance(condition, dict) and "Type" in condition:
        conditions = {str(condition["Type"]): {str(condition.get("Key")): condition.get("Value")}}

    return {
        "Effect": "Allow",
        "Principal": _read_principal(own.get("Principal")),
        "Action": own.get("Action", "events:PutEvents"),
        "Condition": conditions,
    }


def read_permission(own: Mapping[str, Json]) -> Json:
    """The statement of a permission whose type is not known: an event bus has a name or a Key in its condition."""
    condition = own.get("Condition")
    is_bus = "EventBusName" in own or "StatementId" in own or isinstance(condition, dict) and "Key" in condition
    return read_bus_permission(own) if is_bus else _read_lambda_permission(own)


def _read_principal(value: Json) -> Json:
    """`lambda.amazonaws.com` is a service, the rest an account or an ARN."""
    text = value.text("x") if isinstance(value, Deferred) else str(value)
    is_service = "." in text and not text.startswith("arn:")
    return {"Service" if is_service else "AWS": value}


def property_path(kind: str, path: str) -> str:
    """The path of the property that a statement was made of, where the template itself holds no such statement."""
    if kind in PERMISSIONS:
        return path.replace("Properties.Statement[0]", "Properties").removesuffix(".Condition")
    return path.replace("[0]", "", 1) if kind == EVENT_BUS_POLICY else path
