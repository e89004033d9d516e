"""A call that is ours -> the judge's decision -> the reply in the host's way, and a line in the log."""

from __future__ import annotations

import time

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents import log, verdict_cache
from cdkguard.agents.hosts.host import SILENCE, Host, Reply
from cdkguard.agents.judge_process import ask_judge
from cdkguard.agents.nouns import Decision, ParsedLine, Request, ToolCall

if TYPE_CHECKING:
    from cdkguard.agents.hook import Caller

SPARE = 1.0  # seconds of the deadline that are left for the answer itself


def answer_concern(caller: Caller, call: ToolCall, line: ParsedLine) -> Reply:
    """The reply to a call of which something is, or may be, ours."""
    host = caller.host
    if host is None or (call.event == "finished" and host.hand_back is None):
        return SILENCE if host is not None else caller.refuse("cdkguard knows no host to answer")
    seconds = (caller.asked.seconds or host.seconds) - SPARE - (time.monotonic() - caller.began)
    request = Request(call, line, max(seconds, 0.5), host.ask is not None)

    key = verdict_cache.key_of(request)
    decision = verdict_cache.read_decision(key)
    is_fresh = decision is None
    if decision is None:
        decision = ask_judge(request)
        verdict_cache.write_decision(key, decision)
    decision, reply = shape_reply(host, caller.event, call, decision)
    if call.event != "finished" or reply != SILENCE:
        log.write_entry(request, decision, time.monotonic() - caller.began, is_fresh)
    return reply


def shape_reply(host: Host, event: str, call: ToolCall, decision: Decision) -> tuple[Decision, Reply]:
    """(the decision as the host can carry it out, its reply): `ask` is `deny` where nobody can be asked."""
    if call.event == "finished":
        return decision, _hand_back(host, event, call, decision)
    if decision.answer == "silent":
        return decision, host.pass_by(event) if host.pass_by else SILENCE
    if decision.answer == "ask" and host.ask is not None:
        return decision, host.ask(event, decision.reason)
    return decision._replace(answer="deny"), host.deny(event, decision.reason)


def _hand_back(host: Host, event: str, call: ToolCall, decision: Decision) -> Reply:
    """Findings for the model, once for a session. A judge that failed has none, and nothing waits for them."""
    if host.hand_back is None or decision.answer == "silent" or "failure" in decision.evidence:
        return SILENCE
    from cdkguard.agents.told import is_news

    return host.hand_back(event, decision.reason) if is_news(call.session, decision.reason) else SILENCE
