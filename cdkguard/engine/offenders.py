"""The values that a finding names: the statement, variable or member at fault, as narrow as it can be told for certain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.engine.fingerprints import narrow_evidence
from cdkguard.engine.offending import Steps, Subjects, find_offending, split_path
from cdkguard.engine.rules import BoundRule
from cdkguard.engine.statement_words import is_statement
from cdkguard.language.secret_search import find_secret_names
from cdkguard.language.subject import Subject
from cdkguard.model import Outcome
from cdkguard.template import paths
from cdkguard.template.values import ABSENT
from cdkguard.text.credentials import find_name_beside

MAX_DEPTH = 12  # levels that are narrowed
MAX_ASKED = 400  # values that are tried for one finding


class Offender(NamedTuple):
    """A value at fault."""

    path: str  # "Properties.PolicyDocument.Statement[1]"
    value: Json  # resolved
    asked: str = ""  # the path of the value that the rule asked about, which this one is a part of
    name: str = ""  # what the value is called, where the path does not say it: of {Name: DB_PASSWORD, Value: ...}
    guilty: tuple[Json, ...] = ()  # of a statement: the actions at fault, where they are not all of them


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_ASKED


def find_offenders(
    bound: BoundRule, subject: Subject | None, outcome: Outcome, evidence: Sequence[tuple[str, Json]]
) -> list[Offender]:
    """The values at fault in the evidence, in its order; without a subject the evidence as it is."""
    told = _leave_out_other_forms(narrow_evidence(evidence), subject.root if subject is not None else None)
    if subject is None:
        return [Offender(path, value, path) for path, value in told]
    asked, budget = Subjects(bound, subject, False if outcome is Outcome.FAIL else None), _Budget()
    found: list[Offender] = []
    for path, value in told:
        try:
            narrow = _narrow(asked, split_path(path), path, value, budget)
            found += [offender._replace(asked=path) for offender in narrow]
        except MemoryError:
            raise
        except Exception:  # conditions or functions make the place, or the rule cannot judge a part of the value
            found.append(Offender(path, value, path))
    return found


def _leave_out_other_forms(evidence: list[tuple[str, Json]], body: Json) -> list[tuple[str, Json]]:
    """The evidence without properties that are not there, where others that are there are at fault.

    A rule may ask for the properties of several types, such as a launch template's and an instance's.
    """
    properties = body.get("Properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        return evidence
    tops = {
        path: re.split(r"[.\[]", path, maxsplit=2)[1] for path, _value in evidence if path.startswith("Properties.")
    }
    if not any(top in properties for top in tops.values()):
        return evidence
    return [(path, value) for path, value in evidence if value is not ABSENT or tops.get(path, "") in ("", *properties)]


def _narrow(
    asked: Subjects, steps: Steps, path: str, value: Json, budget: _Budget, depth: int = 0, beside: str = ""
) -> Iterator[Offender]:
    if is_statement(value, path):
        yield Offender(path, value, guilty=_find_guilty_actions(asked, steps, value, budget))
        return
    offending = _try_entries(asked, steps, value, budget) if depth < MAX_DEPTH else None
    if offending is None:
        yield Offender(path, value, name=_name_of(asked, steps, value, beside))
        return
    for inner, entry in offending:
        deeper = (*steps, *inner)
        name = find_name_beside(value, inner[-1])
        yield from _narrow(asked, deeper, path + _render_inner(inner), entry, budget, depth + 1, name)


def _try_entries(asked: Subjects, steps: Steps, value: Json, budget: _Budget) -> list[tuple[Steps, Json]] | None:
    """The entries at fault; None where there are none to be told apart."""
    if not isinstance(value, dict | list) or not value or len(value) > budget.left:
        return None
    budget.left -= len(value) + 2
    offending = find_offending(asked, steps, value)
    return offending if offending and all(entry is not None for _inner, entry in offending) else None


def _render_inner(inner: Steps) -> str:
    text = paths.render_path(inner)
    return text if text.startswith("[") else f".{text}"


def _find_guilty_actions(asked: Subjects, steps: Steps, statement: Json, budget: _Budget) -> tuple[Json, ...]:
    actions = statement.get("Action")
    if not isinstance(actions, list) or len(actions) < 2:
        return ()
    try:
        offending = _try_entries(asked, (*steps, "Action"), actions, budget) or []
    except MemoryError:
        raise
    except Exception:
        return ()
    return tuple(entry for _inner, entry in offending)


def _name_of(asked: Subjects, steps: Steps, value: Json, beside: str) -> str:
    """What a secret is called, where its path does not say it; "" for other values."""
    if not asked.bound.rule.secret:
        return ""
    called = beside or next((step for step in reversed(steps) if isinstance(step, str)), "")
    names = find_secret_names(value, asked.subject.scope, called)
    return next(filter(None, names), "") or beside or find_name_beside(value, "Value")
