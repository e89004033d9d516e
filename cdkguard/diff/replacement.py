"""Which property changes replace a resource, looked up by type and path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import NamedTuple

Table = Mapping[str, Sequence[Sequence[str]]]
Names = tuple[str, ...]

INSIDE = "!"  # ends a path that counts only where its own value changes, not where a parent of it comes or goes


class _Known(NamedTuple):
    yes: frozenset[Names]
    maybe: frozenset[Names]
    parents: frozenset[Names]  # of either


class Replacements:
    """Which property changes replace a resource.

    The table says for a type: [paths that replace, paths that may replace], dotted, with list levels left out. A type
    that it lacks is updated in place, as custom, third-party and module resources are; a change that CloudFormation
    refuses (another ServiceToken of a custom resource, another KeySpec of a KMS key) replaces nothing and is a "no".
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[str, _Known] = {}

    def knows(self, resource_type: str) -> bool:
        """Whether some change of this type replaces."""
        return resource_type in self._table

    def of(self, resource_type: str, path: Sequence[str | int]) -> str:
        """Whether a change at a path below `Properties`, such as ("Replicas", 0, "Region"), replaces: yes, maybe, no."""
        known = self._known.get(resource_type)
        if known is None:
            if not self.knows(resource_type):
                return "no"
            known = self._known[resource_type] = _known(self._table[resource_type])
        names = tuple(part for part in path if isinstance(part, str))
        above = [names[:length] for length in range(1, len(names) + 1)]
        if any(names in known.yes for names in above):
            return "yes"
        # A parent that changes as a whole may hold a new value of what is create-only below it, or the same one.
        if names in known.parents or any(names in known.maybe for names in above):
            return "maybe"
        return "no"


def _known(row: Sequence[Sequence[str]]) -> _Known:
    yes, maybe = row[0], row[1] if len(row) > 1 else ()
    holding = [_names(path) for path in (*yes, *maybe) if not path.endswith(INSIDE)]
    return _Known(
        frozenset(map(_names, yes)),
        frozenset(map(_names, maybe)),
        frozenset(names[:length] for names in holding for length in range(len(names))),
    )


def _names(path: str) -> Names:
    return tuple(path.removesuffix(INSIDE).split("."))
