"""The nouns of the checklist: its rows, each with a state and evidence, and the verdict that all outputs share."""

from __future__ import annotations

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.outputs.summary import plural

if TYPE_CHECKING:
    from typing import Literal

    State = Literal["done", "failed", "unknown"]

STATES: tuple[State, ...] = ("done", "failed", "unknown")
STATE_WORDS: dict[State, str] = {"done": "done", "failed": "failed", "unknown": "not known"}
STOP = "stop the deployment"
GO = "nothing stops the deployment"


class Evidence(NamedTuple):
    """One thing that was seen."""

    text: str  # a sentence without a full stop
    place: str = ""  # the file and line, the stack in AWS, the address
    severity: str = ""  # of a finding


class Row(NamedTuple):
    """One row of the checklist, with its answer."""

    id: str
    title: str
    state: State
    evidence: tuple[Evidence, ...]
    advice: tuple[str, ...] = ()  # what to do, where it is not done
    seconds: float = 0.0
    unread: bool = False  # whether something that it needs could not be read: the app, the baseline, AWS
    output: tuple[str, ...] = ()  # the end of what its command wrote


class LeftOut(NamedTuple):
    """A row that was not asked for."""

    id: str
    title: str
    reason: str  # "--without", "cdkguard.yaml does not list it"


class Preflight(NamedTuple):
    """The whole checklist of one deployment."""

    rows: tuple[Row, ...]
    environments: tuple[str, ...]  # those that are about to be deployed
    exit_status: int
    left_out: tuple[LeftOut, ...] = ()
    staging: str = ""  # the environment that comes before
    against: str = ""  # the baseline in words
    notices: tuple[str, ...] = ()
    version: str = ""
    seconds: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether every row that was asked for is done, and one was."""
        return bool(self.rows) and all(row.state == "done" for row in self.rows)

    @property
    def target(self) -> str:
        """The environments in words."""
        return " and ".join(self.environments) or "no environment"

    @property
    def verdict(self) -> str:
        """`stop the deployment: 1 row failed, 2 are not known`."""
        number = {state: sum(row.state == state for row in self.rows) for state in STATES}
        if self.is_done:
            rest = f", {len(self.left_out)} left out" if self.left_out else ""
            return f"{GO} to {self.target}: {_rows(number['done'])} done{rest}"
        if not self.rows:
            return f"{STOP} to {self.target}: no row was asked for"
        parts = [f"{_rows(number['failed'])} failed"] if number["failed"] else []
        verb = "is" if number["unknown"] == 1 else "are"
        parts += [f"{_rows(number['unknown'])} {verb} not known"] if number["unknown"] else []
        return f"{STOP} to {self.target}: {', '.join(parts)}"


def _rows(number: int) -> str:
    return plural(number, "row")


def make_row(
    id: str,
    title: str,
    state: State,
    evidence: tuple[Evidence, ...],
    advice: tuple[str, ...] = (),
    *,
    unread: bool = False,
    output: tuple[str, ...] = (),
) -> Row:
    """A row; one that is said to be done without evidence is not known."""
    if not any(seen.text.strip() for seen in evidence):
        reason = Evidence("nothing was seen that would prove it")
        return Row(id, title, "failed" if state == "failed" else "unknown", (reason,), advice, unread=unread)
    return Row(id, title, state, evidence, advice, unread=unread, output=output)
