"""What an operator is given besides the value: its operand, which a rule file writes, and the value's context."""

from __future__ import annotations

from collections.abc import Callable

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.template.scope import Scope

if TYPE_CHECKING:
    from cdkguard.aws.arns import Facts


class OperatorContext(NamedTuple):
    """Everything that an operator may look at besides the value; see `Operator.looks_at`."""

    scope: Scope
    path: str = ""  # The value's property path, "Properties.Policy.Statement[0]".
    raw: Json = None  # The value as the template writes it, before it is resolved; None where it was built.
    facts: Facts | None = None  # The accounts and names of the run.
    logical_id: str = ""  # The resource that the value belongs to.


class Operand(NamedTuple):
    """A kind of operand: `takes` is the end of "'exists' takes true or false", `find_problem` checks a rule file's.

    `find_problem(operator's name, operand)` returns the mistake as a message, or None.
    """

    takes: str
    find_problem: Callable[[str, Json], str | None]


def checked_by(takes: str, is_right: Callable[[Json], bool]) -> Operand:
    """A kind of operand that one check tells, with the message that follows from its words."""
    return Operand(takes, lambda name, operand: None if is_right(operand) else f"'{name}' takes {takes}")


def number_of(value: Json) -> float | None:
    """A number, also one that is written as text; None of anything else, and of true and false."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def find_pattern_problem(pattern: Json) -> str | None:
    """Says why a rule may not use this regular expression; None if it may."""
    if not isinstance(pattern, str):
        return "a pattern is a string"

    from cdkguard.text.regexes import check_pattern

    try:
        check_pattern(pattern)
    except ValueError as problem:
        return str(problem)
    return None


ANYTHING = checked_by("any value", lambda operand: True)
BOOLEAN = checked_by("true or false", lambda operand: isinstance(operand, bool))
LIST = checked_by("a list", lambda operand: isinstance(operand, list))
NUMBER = checked_by("a number", lambda operand: number_of(operand) is not None)
PATTERN = Operand("a regular expression", lambda _name, operand: find_pattern_problem(operand))
