"""The kinds of baseline: how a value of `--against` or `against` is recognised, and what reading it takes.

`baselines.open` holds the function that opens each kind.
"""

from __future__ import annotations

from collections.abc import Callable

from cdkguard._typing import NamedTuple

SAVED_FORMS = ("snapshot", "cdk.out", "template")  # the forms that a saved baseline can have


class BaselineKind(NamedTuple):
    """One kind of the other side of a diff."""

    # The name that messages and help write: `git:REVISION`.
    name: str
    # Whether a value of `against` is of this kind; the first kind that recognises it counts.
    recognizes: Callable[[str], bool]
    # Whether the value is a path, which a configuration file gives relative to itself.
    is_path: bool = False
    # Whether an app is run for it, which a configuration file alone may not cause where templates are judged.
    runs_app: bool = False


DEPLOYED = BaselineKind("deployed", "deployed".__eq__)
GIT = BaselineKind("git", "git".__eq__, runs_app=True)
GIT_REVISION = BaselineKind("git:REVISION", lambda against: against.startswith("git:"), runs_app=True)
SAVED = BaselineKind("PATH", lambda _against: True, is_path=True)
KINDS = (DEPLOYED, GIT, GIT_REVISION, SAVED)


def kind_of(against: str) -> BaselineKind:
    """The kind of a value of `against`."""
    return next(kind for kind in KINDS if kind.recognizes(against))


def names_without_path() -> tuple[str, ...]:
    """The names of the kinds that are no path, as messages list them."""
    return tuple(kind.name for kind in KINDS if not kind.is_path)


def describe_kinds() -> str:
    """All kinds in one line of help."""
    *forms, last = SAVED_FORMS
    return f"{', '.join(names_without_path())}, or a saved {', '.join(forms)} or {last}"
