"""The decision about a request: the strictest of all that it would do, with the reason; it fails closed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

from cdkguard.agents.judge.deadline import TimeLimitError, limit_time
from cdkguard.agents.judge.reason import quote, render_findings, render_reason
from cdkguard.agents.judge.verdict import SILENT, Verdict, strictest_answer
from cdkguard.agents.nouns import Action, Decision, Request
from cdkguard.errors import MACHINE, CdkguardError, stop_of

_RESERVE = 3.0  # seconds before the hook's own deadline


def decide(request: Request, variables: Mapping[str, str] | None = None) -> Decision:
    """What the agent is answered. `variables` are those of the environment. Nothing is raised: what fails is asked about."""
    surroundings = dict(os.environ if variables is None else variables)
    if request.call.event == "finished":
        return _tell_what_is_new(request, surroundings)
    seconds = max(1.0, request.seconds - _RESERVE)
    verdicts: list[Verdict] = []
    try:
        with limit_time(seconds):
            for verdict in _judge(request, surroundings, time.monotonic() + seconds):
                verdicts.append(verdict)
    except TimeLimitError:
        verdicts.append(Verdict("ask", f"What it does could not be judged in {seconds:.0f} seconds."))
    except (CdkguardError, *MACHINE) as problem:
        stop = stop_of(problem) or problem
        verdicts.append(Verdict("ask", f"What it does could not be judged: {quote(str(stop).splitlines()[0], 220)}."))
    except Exception as problem:
        text = f"What it does could not be judged, by a bug in cdkguard: {quote(f'{type(problem).__name__}: {problem}', 160)}."
        verdicts.append(Verdict("deny", text))
    return _decision(verdicts, request.may_ask)


def _tell_what_is_new(request: Request, variables: Mapping[str, str]) -> Decision:
    """What the agent is told that has finished. Nothing waits for it, so that what cannot be judged is not told."""
    from cdkguard.agents.judge.after_edit import judge_finished

    seconds = max(1.0, request.seconds - _RESERVE)
    try:
        with limit_time(seconds):
            verdict = judge_finished(request.call, variables, time.monotonic() + seconds)
    except (TimeLimitError, CdkguardError, *MACHINE) as problem:
        return Decision("silent", evidence={"problem": str(problem) or type(problem).__name__})
    if verdict.answer == "silent":
        return Decision("silent")
    return Decision(verdict.answer, render_findings(verdict), verdict.environment, ",".join(verdict.tokens))


def _judge(request: Request, variables: Mapping[str, str], end: float) -> Iterator[Verdict]:
    call = request.call
    if call.event == "write":
        from cdkguard.agents.guarded.edits import judge_edit

        yield judge_edit(call)
        return
    for problem in request.line.problems:
        yield Verdict("ask", f"A part of the line could not be read: {quote(problem, 160)}.")
    for action in request.line.actions:
        yield judge_action(action, request, variables, end)


def judge_action(action: Action, request: Request, variables: Mapping[str, str], end: float) -> Verdict:
    """The verdict on one action."""
    judge = _judge_of(action)
    directory = action.directory or request.call.directory or os.getcwd()
    verdict = judge(action._replace(directory=directory), request, variables, end)
    if not action.unread:
        return verdict
    told = f"Not all of it could be seen: {quote(action.unread, 160)}."
    if verdict.answer == "silent":
        return Verdict("ask", told, environment=verdict.environment, evidence=verdict.evidence)
    return verdict._replace(facts=(*verdict.facts, told))


_Judge = Callable[[Action, Request, Mapping[str, str], float], Verdict]


def _judge_of(action: Action) -> _Judge:
    """The function that judges the action's kind, loaded when it is needed."""
    if action.kind == "guard":
        from cdkguard.agents.guarded.commands import judge_guard

        return judge_guard
    if action.kind == "pull-request":
        from cdkguard.agents.judge.pull_request import judge_pull_request

        return judge_pull_request
    starts_elsewhere = action.kind == "hidden" and action.resource_type and not action.unread
    if action.kind in ("data-delete", "data-write", "protection", "access") or starts_elsewhere:
        from cdkguard.agents.judge.direct import judge_direct

        return judge_direct
    if action.kind == "destroy":
        from cdkguard.agents.judge.destroy import judge_destroy

        return judge_destroy
    if action.kind == "deploy":
        from cdkguard.agents.judge.deploy import judge_deploy

        return judge_deploy
    if action.kind == "maintain":
        from cdkguard.agents.judge.maintain import judge_maintenance

        return judge_maintenance
    return _judge_hidden


def _judge_hidden(action: Action, _request: Request, _variables: Mapping[str, str], _end: float) -> Verdict:
    name = quote(" ".join(action.words) or action.tool, 120)
    return Verdict("ask", f"What {name} does cannot be read without running it.", (), ("Write the command out.",))


def _decision(verdicts: list[Verdict], may_ask: bool) -> Decision:
    answer = strictest_answer(verdicts)
    strictest = next((v for v in verdicts if v.answer == answer), SILENT)
    tokens = dict.fromkeys(token for verdict in verdicts for token in verdict.tokens)
    return Decision(
        answer,
        render_reason(verdicts, may_ask),
        strictest.environment.replace('"', ""),
        ",".join(tokens),
        {"verdicts": [{"answer": v.answer, "headline": v.headline, **v.evidence} for v in verdicts]},
    )
