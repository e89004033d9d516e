"""The line that ends a round."""

from __future__ import annotations

from cdkguard.outputs.summary import plural, status_word, summarize_decision
from cdkguard.outputs.watch_round import Round


def describe_difference(found: Round) -> str:
    """`2 new, 1 gone`, or `nothing new`; empty for the first round."""
    if found.is_first:
        return ""
    parts = [f"{len(found.new)} new"] if found.new else []
    parts += [f"{len(found.gone)} gone"] if found.gone else []
    return ", ".join(parts) or "nothing new"


def describe_round(found: Round) -> str:
    """`1 new · 2 high, 1 medium · fail-on high · 1 stack · 2.13 s · 43 files watched`: all but the first word of the line."""
    report = found.report
    parts = [describe_difference(found), summarize_decision(report), plural(len(report.stacks), "stack")]
    parts += [f"{found.seconds:.2f} s", found.watched]
    return " · ".join(filter(None, parts))


def begin_status(found: Round) -> tuple[str, str]:
    """(time, word) at the beginning of the line: the word agrees with the exit status of a check."""
    return found.clock, status_word(found.report)
