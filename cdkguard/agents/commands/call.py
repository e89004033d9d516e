"""One call of a tool as the readers of the tools get it, and the action that they make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cdkguard._typing import TYPE_CHECKING, Any, NamedTuple
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.nouns import UNKNOWN
from cdkguard.agents.shell.state import is_known, show

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind


def _never(path: str) -> bool:
    return False


def _nothing(path: str) -> str | None:
    return None


class Call(NamedTuple):
    """A command behind all wrappers, with what is around it."""

    words: tuple[str, ...]  # what is not known stands between two UNKNOWN
    directory: str = ""
    variables: Mapping[str, str] = {}  # that the line sets for it
    environment: Mapping[str, Any] = {}  # all that is known
    via: tuple[str, ...] = ()
    given: str | None = None  # its input
    exists: Callable[[str], bool] = _never  # whether a path below its folder is there
    read: Callable[[str], str | None] = _nothing  # the text of a file below its folder
    branch: Callable[[], str] = str  # the branch that is checked out; empty where nobody knows

    def act(self, kind: ActionKind, tool: str, verb: str, **fields: Any) -> Action:
        """The action, with all that the call tells by itself."""
        unread = fields.pop("unread") if "unread" in fields else describe_unknown(self.words)
        fields.setdefault("profile", self.value_of("AWS_PROFILE"))
        fields.setdefault("region", self.value_of("AWS_REGION") or self.value_of("AWS_DEFAULT_REGION"))
        for name in ("profile", "region", "account", "template", "app", "change_set"):
            if fields.get(name):
                fields[name] = show(fields[name])
        return Action(
            kind,
            tool,
            verb,
            words=tuple(show(word) for word in self.words),
            directory=self.directory,
            via=self.via,
            variables={name: show(value) for name, value in self.variables.items()},
            unread=unread,
            **fields,
        )

    def value_of(self, name: str) -> str | None:
        """A variable that the line sets; of the environment around it the judge knows itself."""
        value = self.variables.get(name)
        return value or None


def describe_unknown(words: tuple[str, ...]) -> str:
    """A sentence on the words whose value only a run would show; nothing where there are none."""
    found: list[str] = []
    for word in words:
        found += [part for part in word.split(UNKNOWN)[1::2] if part not in found]
    if not found:
        return ""
    shown = ", ".join(each if len(each) <= 60 else each[:57] + "..." for each in found[:4])
    return f"the value of {shown} is not known before the line runs"


def known_only(values: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The values, or none of them where one is not known: then any may be meant."""
    return tuple(values) if all(map(is_known, values)) else ()
