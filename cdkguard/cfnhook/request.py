"""What CloudFormation sends to the hook, read without trust in any field of it.

https://docs.aws.amazon.com/cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html
"""

from __future__ import annotations

from cdkguard._typing import Json, NamedTuple

_MAX_TEXT = 65_536  # characters of a field; a presigned URL has some 2,000
ACTIONS = ("CREATE", "UPDATE", "DELETE")


class _Arn(NamedTuple):
    """The ARN of a stack or of a change set."""

    region: str
    account: str
    kind: str
    name: str


class HookRequest(NamedTuple):
    """One call of the hook. A field that is missing, or is no text, is empty."""

    token: str
    target: str  # STACK, CHANGE_SET, RESOURCE or CLOUD_CONTROL
    action: str  # one of ACTIONS, or ""
    name: str  # of the stack
    account: str
    region: str
    stack_id: str  # ARN; empty for a stack that is not there yet
    change_set_id: str  # of the change set, or of the one that has started this operation
    payload: str  # the presigned URL; empty where a stack is deleted


def read_request(event: Json) -> HookRequest:
    """The call; never raises, whatever the event is."""
    data = _mapping(event, "requestData")
    point = _text(event, "actionInvocationPoint")
    target = _text(data, "targetType") or _text(data, "targetName")
    logical_id = _text(data, "targetLogicalId")
    stack_id = _text(event, "stackId", "stackID")
    change_set_id = _text(event, "changeSetId", "changeSetID")
    if target == "CHANGE_SET" and not change_set_id:
        change_set_id = logical_id
    stack_arn = _read_arn(stack_id) or (_read_arn(logical_id) if target == "STACK" else None)
    arn = stack_arn or _read_arn(change_set_id)
    # The ARN names the stack; that of a change set holds the change set's own name, which whoever makes it chooses.
    name = stack_arn.name if stack_arn and stack_arn.kind == "stack" else logical_id if target == "STACK" else ""
    account = _text(event, "awsAccountId")
    is_account = len(account) == 12 and account.isdigit()
    return HookRequest(
        token=find_token(event),
        target=target,
        action=next((action for action in ACTIONS if point.startswith(f"{action}_")), ""),
        name=name,
        account=account if is_account else arn.account if arn else "",
        region=arn.region if arn else "",
        stack_id=stack_id,
        change_set_id=change_set_id,
        payload=_text(data, "payload"),
    )


def _read_arn(text: str) -> _Arn | None:
    """`arn:aws:cloudformation:eu-west-1:111122223333:stack/Name/1a2b`; None for anything else."""
    parts = text.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "cloudformation" or len(parts[4]) != 12:
        return None
    kind, _slash, rest = parts[5].partition("/")
    name = rest.partition("/")[0]
    known = kind in ("stack", "changeSet") and name and parts[4].isdigit() and parts[3].replace("-", "").isalnum()
    return _Arn(parts[3], parts[4], kind, name) if known else None


def find_token(event: Json) -> str:
    """The token that each answer repeats; "" where there is none."""
    return _text(event, "clientRequestToken", "clientRequesttoken")


def _mapping(value: Json, key: str) -> dict[str, Json]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Json, *keys: str) -> str:
    """The first of the entries that is text, and not longer than any honest one."""
    for key in keys if isinstance(value, dict) else ():
        found = value.get(key)
        if isinstance(found, str) and len(found) <= _MAX_TEXT:
            return found
    return ""
