"""Calls to AWS, and their errors in words that tell the user what to do.

Nothing is ever written: `_CALLS` lists every call that is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, TypeVar

from cdkguard._typing import Json
from cdkguard.errors import BaselineError

T = TypeVar("T")
# What went wrong: no permission, no valid credentials, too many calls, no way to AWS, a request that cannot be sent, an
# answer that is cut off, another error.
AwsErrorKind = Literal["denied", "expired", "invalid", "throttled", "unreached", "unsent", "half", "failed"]

_CALLS = {
    # describe_change_set: the hook inside CloudFormation alone
    "cloudformation": ("describe_stacks", "get_template", "list_stack_resources", "describe_change_set"),
    "organizations": ("list_accounts",),  # `cdkguard audit` alone
    "sts": ("assume_role", "get_caller_identity"),
}
_SERVICE_OF = {"AssumeRole": "sts", "GetCallerIdentity": "sts", "ListAccounts": "organizations"}


# Error codes by their meaning, from
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html and the errors of STS.
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_INVALID = (
    "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "SignatureDoesNotMatch",
    "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken", "AuthFailure", "OptInRequired",
)  # fmt: skip
_THROTTLED = (
    "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
    "SlowDown",
)  # fmt: skip


class AwsError(BaselineError):
    """AWS did not give what was asked for; `kind` tells why, in `reason` in words, and `advice` what to do."""

    def __init__(self, subject: str, kind: AwsErrorKind, reason: str, advice: str) -> None:
        super().__init__(f"{subject}: {reason}; {advice}")
        self.kind: AwsErrorKind = kind
        self.reason, self.advice = reason, advice


class Refused(Exception):
    """STS does not let these credentials assume a role."""


class NoSuchStack(Exception):
    """CloudFormation says that there is no such stack."""


def call_aws(client: Any, method: str, **arguments: Json) -> dict[str, Json]:
    """The answer to one call; nothing else calls AWS."""
    if method not in _CALLS.get(client.meta.service_model.service_name, ()):
        raise AssertionError(f"{method} is no call that cdkguard makes")
    answer: dict[str, Json] = getattr(client, method)(**arguments)
    return answer


def ask_aws(subject: str, request: Callable[[], T], role: str | None = None) -> T:
    """The result of `request`, a function that calls AWS.

    `subject` begins the message of an error; `role` is the role that the request assumes. Raises NoSuchStack and Refused
    (the role), after which the caller can go on, and BaselineError for everything else that botocore raises.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
    from botocore.parsers import ResponseParserError

    try:
        try:
            return request()
        except ResponseParserError:
            # The answer was cut off; botocore repeats a call after all other faults, but not after this one.
            return request()
    except ClientError as problem:
        raise _error_of_answer(subject, problem, role) from problem
    except (HTTPClientError, ConnectionError) as problem:
        reason = f"AWS cannot be reached: {_shorten(problem)}"
        raise AwsError(subject, "unreached", reason, "check the network, the region and AWS_ENDPOINT_URL") from problem
    except BotoCoreError as problem:
        raise _unsent_error(subject, problem) from problem
    except ResponseParserError as problem:
        # The error's own text holds the answer, which may be secret and does not belong in a log.
        raise AwsError(subject, "half", "half an answer from AWS (no whole XML)", "run again") from problem
    except LookupError as problem:
        raise AwsError(subject, "half", f"half an answer from AWS (without {problem})", "run again") from problem


def read_pages(subject: str, client: Any, method: str, field: str) -> Iterator[Json]:
    """The members of all pages of a listing; raises AwsError where one of them was not read, or has no list."""
    more: dict[str, Json] = {}
    seen: set[str] = set()
    while True:
        answer = ask_aws(subject, partial(call_aws, client, method, **more))
        if not isinstance(answer.get(field), list):
            raise AwsError(subject, "half", f"half an answer from AWS ({method} without {field})", "run again")
        yield from answer[field]
        token = answer.get("NextToken")
        if not token:
            return
        if token in seen:
            raise AwsError(subject, "half", f"{method} gives the same page again and again", "run again")
        seen.add(token)
        more = {"NextToken": token}


def _unsent_error(subject: str, problem: Exception) -> AwsError:
    """The error for a request that botocore did not send."""
    name = type(problem).__name__
    if re.search("Credential|SSO|Token|Profile|Login|Auth", name):
        reason = f"the credentials cannot be used: {_shorten(problem)}"
        return AwsError(subject, "expired", reason, "sign in again (aws sso login) or set AWS_PROFILE")
    if name == "ParamValidationError":
        reason = "a role, profile or stack is named in a way that AWS does not take"
        return AwsError(subject, "unsent", reason, _shorten(problem))
    return AwsError(subject, "unsent", f"no usable answer from AWS ({name}): {_shorten(problem)}", "run again")


def _error_of_answer(subject: str, problem: Any, role: str | None) -> Exception:
    """The exception for an error that AWS sent."""
    error, meta = problem.response.get("Error", {}), problem.response.get("ResponseMetadata", {})
    code, message, action = str(error.get("Code", "")), _shorten(error.get("Message") or ""), problem.operation_name
    if code == "ValidationError" and "does not exist" in message and action == "DescribeStacks":
        return NoSuchStack(message)
    if role and code in (*_DENIED, "ValidationError", "RegionDisabledException"):
        return Refused(f"role {role} cannot be assumed ({code}: {message})")
    if code in _EXPIRED:
        return AwsError(subject, "expired", f"the credentials are expired ({code})", "sign in again (aws sso login)")
    if code in _INVALID:
        reason = f"AWS does not accept the credentials ({code}: {message})"
        return AwsError(subject, "invalid", reason, "check AWS_PROFILE and the keys")
    if code in _DENIED:
        reason = f"no permission for {_SERVICE_OF.get(action, 'cloudformation')}:{action} ({message})"
        return AwsError(subject, "denied", reason, "allow it, docs/deployed.md has the policy")
    if code in _THROTTLED:
        tries = int(meta.get("RetryAttempts", 0)) + 1
        reason = f"{action} was throttled {tries} times ({code})"
        return AwsError(subject, "throttled", reason, "run again later, or with fewer workers")
    reason = f"{action} failed: {meta.get('HTTPStatusCode', '')} {code}: {message}"
    return AwsError(subject, "failed", reason, "run again")


def _shorten(problem: object) -> str:
    text = " ".join(str(problem).split())
    return text if len(text) <= 300 else text[:297] + "..."
