"""What is known of a host: how its payload is read, what it can be told, and how long it waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.agents.nouns import ToolCall

Payload = Mapping[str, Json]

DENIED = 2  # the status that nearly every host takes for "do not run this", with the reason on standard error


class Reply(NamedTuple):
    """What the process says at its end: texts for its two streams, and its status, which is 0 or DENIED."""

    out: str = ""
    err: str = ""
    status: int = 0


SILENCE = Reply()  # no opinion: the host goes on as if there were no hook


class Host(NamedTuple):
    """One host. A reader returns the call, or None where the payload is not one of this host's calls of a tool."""

    name: str  # the value of --host
    title: str  # as people know it
    read: Callable[[Payload], ToolCall | None]
    deny: Callable[
        [str, str], Reply
    ]  # event as the host names it, reason -> the reply that keeps the tool from running
    ask: Callable[[str, str], Reply] | None = None  # the same for the reply that has the user decide; None: cannot ask
    hand_back: Callable[[str, str], Reply] | None = None  # the reply that gives findings back to the model
    pass_by: Callable[[str], Reply] | None = None  # the reply for "no opinion", where saying nothing is no such reply
    seconds: float = (
        100.0  # the deadline unless --deadline says one: below the host's own limit, which lets the line run
    )
    source: str = ""  # where its contract is from
