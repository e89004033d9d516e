"""What an examination says of one thing."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    State: TypeAlias = Literal["ok", "broken", "unknown", "absent"]

STATES: dict[State, str] = {
    "ok": "ok",
    "broken": "broken",  # the only one that makes `doctor` end in 1
    "unknown": "not known",
    "absent": "not there",  # known to be missing, and not needed by everybody
}
SETUP, GATES, AGENTS, WALLS = "cdkguard and the app", "before a deployment", "agents", "walls without good will"


class Row(NamedTuple):
    """One line of the table."""

    section: str
    name: str
    state: State
    text: str  # what was found
    advice: str = ""  # what to do; empty where there is nothing
    evidence: Mapping[str, Json] = {}  # for programs
