"""One round of a watch, as its renderers get it."""

from __future__ import annotations

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Problem, Report


class Round(NamedTuple):
    """A check that was made because something changed, beside the one before that judged."""

    report: Report
    is_first: bool  # Whether nothing was judged before: then the report is shown whole.
    new: tuple[Finding, ...] = ()  # Unsuppressed, as the other findings here.
    gone: tuple[Finding, ...] = ()
    new_problems: tuple[Problem, ...] = ()
    changes_differ: bool = False  # Whether the change against the baseline is another than in the round before.
    clock: str = ""  # When it ended: "14:03:22".
    seconds: float = 0.0
    watched: str = ""  # What is watched, in words: "43 files".
