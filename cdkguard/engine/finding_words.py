"""The words of a finding on a resource, a text or a stack: what is at fault, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.engine.branching import Verdict
from cdkguard.engine.offenders import Offender
from cdkguard.engine.offending import Subjects, split_path
from cdkguard.engine.resource_names import use_construct_paths
from cdkguard.engine.rules import BoundRule
from cdkguard.engine.statement_words import describe_statement, is_statement
from cdkguard.engine.unknown_words import describe_leaves, find_decisive
from cdkguard.model import Outcome, Stack
from cdkguard.template.rendering import is_hidden, render_value

_MOST_FOUND = 3  # values that are shown, and paths of one value that are named


class Words(NamedTuple):
    """What the values at fault are called, and what they are."""

    path: str  # of what the rule asked about first
    found: str
    hides_secret: bool = False  # `found` holds the length of a secret instead of it
    quote: str = ""  # the statements of a policy that are at fault


def describe_offenders(offenders: Sequence[Offender], secret: bool, stack: Stack) -> Words:
    """The places and values of those at fault."""
    shown = offenders[:_MOST_FOUND]
    found = ", ".join(dict.fromkeys(_describe_value(offender, secret) for offender in shown))
    first = [offender for offender in offenders if offender.asked == offenders[0].asked]
    quoted = [_describe_value(o, secret) for o in first[:_MOST_FOUND] if is_statement(o.value, o.path)]
    return Words(
        _list_paths(first),
        use_construct_paths(found, stack),
        any(is_hidden(offender.value, secret) for offender in shown),
        use_construct_paths("; ".join(dict.fromkeys(quoted)), stack),
    )


def _describe_value(offender: Offender, secret: bool) -> str:
    if not secret and is_statement(offender.value, offender.path):
        return describe_statement(offender.value, offender.guilty)
    return render_value(offender.value, secret).replace("§", "${…}")  # the mark of a part that is not known


def _list_paths(offenders: Sequence[Offender]) -> str:
    paths = list(dict.fromkeys(_name_path(offender) for offender in offenders))
    more = len(paths) - _MOST_FOUND
    return ", ".join(paths[:_MOST_FOUND]) + (f" and {more} more" if more > 0 else "")


def _name_path(offender: Offender) -> str:
    is_said = not offender.name or offender.path.endswith((f".{offender.name}", f"[{offender.name}]"))
    return offender.path if is_said else f"{offender.path} ({offender.name})"


def render_message(
    bound: BoundRule,
    stack: Stack,
    verdict: Verdict,
    offenders: Sequence[Offender],
    facts: Mapping[str, str],
    words: Words,
    weight: Mapping[str, Json] | None,
) -> str:
    """One line with the place and the value; of what cannot be judged, what is not known and how to make it known."""
    if verdict.outcome is Outcome.UNKNOWN:
        reason = verdict.note or _describe_unknown(bound, stack, verdict, offenders, words)
        text = f"Cannot be judged: {bound.rule.title}" + (f" ({reason})" if reason else "")
    else:
        form = (weight["message"] if weight else "") or bound.rule.message or bound.rule.headline
        if words.quote and "{found}" not in form:
            facts = {**facts, "path": f"{words.path} ({words.quote})"}
        text = re.sub(r"\{(\w+)\}", lambda m: facts.get(m.group(1), m.group(0)), form)
    text += f", when {verdict.branch}" if verdict.branch else ""
    return text + (f"; its template goes to {stack.elsewhere}" if stack.elsewhere else "")


def _describe_unknown(
    bound: BoundRule, stack: Stack, verdict: Verdict, offenders: Sequence[Offender], words: Words
) -> str:
    asked = Subjects(bound, verdict.subject, None) if verdict.subject is not None else None
    for offender in offenders:
        leaves = find_decisive(asked, split_path(offender.path), offender.value)
        if leaves:
            return use_construct_paths(describe_leaves(offender.path, leaves, stack, bound.rule.secret), stack)
    return f"{words.path} is {words.found} until deployment" if words.path else ""
