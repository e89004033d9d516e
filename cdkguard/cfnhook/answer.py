"""The hook's answer: valid whatever happened, cut where CloudFormation cuts it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Annotation.html
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.text import credentials, escape

MAX_MESSAGE = 4_096  # characters that CloudFormation keeps
MAX_ANNOTATIONS = 200  # no limit is documented: the worst come first, and the last one counts the others
_LIMITS = {"annotationName": 1_024, "statusMessage": 16_384, "remediationMessage": 16_384, "remediationLink": 5_120}
_SEVERITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "critical": "CRITICAL"}

NON_COMPLIANT, INTERNAL = "NonCompliant", "InternalFailure"


class Annotation(NamedTuple):
    """What one rule says of one resource."""

    name: str
    status: str  # PASSED, FAILED or SKIPPED
    message: str
    severity: str = ""  # of cdkguard; "": INFORMATIONAL
    remedy: str = ""
    link: str = ""


class Answer(NamedTuple):
    """SUCCESS without an error code, else FAILED."""

    error_code: str = ""  # NON_COMPLIANT, INTERNAL or ""
    message: str = ""
    annotations: Sequence[Annotation] = ()


def render_answer(answer: Answer, token: str) -> dict[str, Json]:
    """The answer as CloudFormation reads it."""
    rendered: dict[str, Json] = {
        "hookStatus": "FAILED" if answer.error_code else "SUCCESS",
        "message": _cut(answer.message or "nothing to say", MAX_MESSAGE),
        "clientRequestToken": _encodable(token),
    }
    if answer.error_code:
        rendered["errorCode"] = answer.error_code
    if answer.annotations:
        shown = [_render_annotation(one) for one in answer.annotations[:MAX_ANNOTATIONS]]
        if (left := len(answer.annotations) - len(shown)) > 0:
            more = Annotation("cdkguard", "SKIPPED", f"{left + 1} more findings are not listed: run `cdkguard check`")
            shown[-1:] = [_render_annotation(more)]
        rendered["annotations"] = shown
    return rendered


def _render_annotation(one: Annotation) -> dict[str, Json]:
    fields = {
        "annotationName": one.name or "cdkguard",
        "statusMessage": one.message or "no message",
        "remediationMessage": one.remedy,
        "remediationLink": one.link,
    }
    rendered: dict[str, Json] = {key: _cut(text, _LIMITS[key]) for key, text in fields.items() if text}
    return {**rendered, "status": one.status, "severityLevel": _SEVERITIES.get(one.severity, "INFORMATIONAL")}


def _cut(text: str, most: int) -> str:
    """The text without credentials and invisible characters, at most so long."""
    shown = escape.terminal(_encodable(credentials.hide_credentials(text[: 2 * most])))
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def _encodable(text: str) -> str:
    """The text without halves of characters, which no JSON of Lambda's runtime can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
