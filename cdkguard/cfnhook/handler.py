"""The handler of the Lambda function: `cdkguard.cfnhook.handler.handler`.

Every call gets a valid answer with its token; what was not judged is FAILED with InternalFailure, never SUCCESS.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cdkguard._typing import Json
from cdkguard.cfnhook.answer import render_answer
from cdkguard.cfnhook.hook import Hook, answer_of_error, bind_hook
from cdkguard.cfnhook.request import find_token, read_request

_bound: dict[str, Hook] = {}  # The hook of this function, bound once: "bundled".


def handler(event: Json, _context: object = None) -> dict[str, Json]:
    """Answer one call of CloudFormation."""
    return answer_event(event, _bundled_hook)


def answer_event(event: Json, find_hook: Callable[[], Hook]) -> dict[str, Json]:
    """The answer to one call by the hook that `find_hook` gives; never raises."""
    try:
        answer = find_hook().answer(read_request(event))
        return render_answer(answer, find_token(event))
    except Exception as problem:  # Whatever it is: an answer that is not valid would be no answer.
        return render_answer(answer_of_error(problem), find_token(event))


def _bundled_hook() -> Hook:
    if "bundled" not in _bound:
        from cdkguard.cfnhook.bundle import read_bundled_config

        _bound["bundled"] = bind_hook(read_bundled_config())
    return _bound["bundled"]


def _bind_early() -> None:
    """Bind while Lambda starts the function, when it has a whole processor; what is wrong is said by each call."""
    try:
        _bundled_hook()
    except Exception:
        return


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _bind_early()
