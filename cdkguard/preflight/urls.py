"""Asks an address whether it answers with the expected status; nothing is sent but the request itself."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from cdkguard import __version__
from cdkguard._typing import Any
from cdkguard.config.preflight import UrlCheck

TIMEOUT = 15.0  # seconds


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: the status that is expected may be 301, and nobody else's address is asked."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def ask_url(check: UrlCheck) -> tuple[bool, str]:
    """(whether it answered as expected, what it answered in words)."""
    request = urllib.request.Request(check.url, headers={"User-Agent": f"cdkguard/{__version__}"})
    opener = urllib.request.build_opener(_StayHere)
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as problem:
        status = int(problem.code)
        problem.close()
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as problem:
        return False, f"no answer: {getattr(problem, 'reason', problem)}"
    return status == check.status, f"status {status}" + (
        "" if status == check.status else f" instead of {check.status}"
    )
