"""Calls to AWS, and their errors in words that tell the user what to do.

Nothing is ever written: `_CALLS` lists every call that is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from cdkguard._typing import Json
from cdkguard.errors import BaselineError

T = TypeVar("T")


_CALLS = {
    "cloudformation": ("describe_stacks", "get_template", "list_stack_resources"),
    "sts": ("assume_role", "get_caller_identity"),
}


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
        advice = "check the network, the region and AWS_ENDPOINT_URL"
        raise BaselineError(f"{subject}: AWS cannot be reached: {_shorten(problem)}; {advice}") from problem
    except BotoCoreError as problem:
        raise BaselineError(f"{subject}: {_unsent_request_words(problem)}") from problem
    except ResponseParserError as problem:
        # The error's own text holds the answer, which may be secret and does not belong in a log.
        raise BaselineError(f"{subject}: half an answer from AWS (no whole XML); run again") from problem
    except LookupError as problem:
        raise BaselineError(f"{subject}: half an answer from AWS (without {problem}); run again") from problem


def _unsent_request_words(problem: Exception) -> str:
    name = type(problem).__name__
    if re.search("Credential|SSO|Token|Profile|Login|Auth", name):
        return f"the credentials cannot be used: {_shorten(problem)}; sign in again (aws sso login) or set AWS_PROFILE"
    if name == "ParamValidationError":
        return f"a role, profile or stack is named in a way that AWS does not take: {_shorten(problem)}"
    return f"no usable answer from AWS ({name}): {_shorten(problem)}; run again"


def _error_of_answer(subject: str, problem: Any, role: str | None) -> Exception:
    """The exception for an error that AWS sent."""
    error, meta = problem.response.get("Error", {}), problem.response.get("ResponseMetadata", {})
    code, message, action = str(error.get("Code", "")), _shorten(error.get("Message") or ""), problem.operation_name
    if code == "ValidationError" and "does not exist" in message and action == "DescribeStacks":
        return NoSuchStack(message)
    if role and code in (*_DENIED, "ValidationError", "RegionDisabledException"):
        return Refused(f"role {role} cannot be assumed ({code}: {message})")
    if code in _EXPIRED:
        text = f"the credentials are expired ({code}); sign in again (aws sso login)"
    elif code in _INVALID:
        text = f"AWS does not accept the credentials ({code}: {message}); check AWS_PROFILE and the keys"
    elif code in _DENIED:
        service = "sts" if action in ("AssumeRole", "GetCallerIdentity") else "cloudformation"
        text = f"no permission for {service}:{action} ({message}); allow it, docs/deployed.md has the policy"
    elif code in _THROTTLED:
        tries = int(meta.get("RetryAttempts", 0)) + 1
        text = f"{action} was throttled {tries} times ({code}); run again later, or with fewer workers"
    else:
        text = f"{action} failed: {meta.get('HTTPStatusCode', '')} {code}: {message}; run again"
    return BaselineError(f"{subject}: {text}")


def _shorten(problem: object) -> str:
    text = " ".join(str(problem).split())
    return text if len(text) <= 300 else text[:297] + "..."
