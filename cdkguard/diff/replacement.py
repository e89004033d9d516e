"""Which property changes replace a resource, looked up by type and path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cdkguard.model import Replacement, ResourceImpact

# Resource type -> [paths that replace, paths that may replace].
Table = Mapping[str, Sequence[Sequence[str]]]
# The names on the way to a property, without positions in lists: ("Replicas", "Region").
Names = tuple[str, ...]

# A path that ends so counts only where its own value changes, not where a parent of it is added or removed.
VALUE_ONLY = "!"

# The effect of a property change on its resource.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
IMPACT_OF: dict[Replacement, ResourceImpact] = {
    "no": "WILL_UPDATE",
    "maybe": "MAY_REPLACE",
    "yes": "WILL_REPLACE",
}


class _Row(NamedTuple):
    """The row of one resource type, as `Replacements` looks it up."""

    yes: frozenset[Names]
    maybe: frozenset[Names]
    parents: frozenset[Names]  # Every path above one of `yes` or `maybe`.


class Replacements:
    """Which property changes replace a resource.

    The paths of the table are dotted and leave out list levels. A type that the table lacks is updated in place, as
    custom, third-party and module resources are. A change that CloudFormation refuses (another ServiceToken of a custom
    resource, another KeySpec of a KMS key) replaces nothing and is a "no".
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[str, _Row] = {}

    def knows(self, resource_type: str) -> bool:
        """Whether some change of this type replaces."""
        return resource_type in self._table

    def decide(self, resource_type: str, path: Sequence[str | int]) -> Replacement:
        """Whether a change at a path below `Properties`, such as ("Replicas", 0, "Region"), replaces the resource."""
        row = self._rows.get(resource_type)
        if row is None:
            if not self.knows(resource_type):
                return "no"
            row = self._rows[resource_type] = _read_row(self._table[resource_type])

        names = tuple(part for part in path if isinstance(part, str))
        here_and_above = [names[:length] for length in range(1, len(names) + 1)]
        if any(path_above in row.yes for path_above in here_and_above):
            return "yes"
        # A parent that changes as a whole may hold a new value of a create-only property below it, or the old one.
        if names in row.parents or any(path_above in row.maybe for path_above in here_and_above):
            return "maybe"
        return "no"


def _read_row(row: Sequence[Sequence[str]]) -> _Row:
    yes, maybe = row[0], row[1] if len(row) > 1 else ()
    counted_by_parents = [_split(path) for path in (*yes, *maybe) if not path.endswith(VALUE_ONLY)]
    return _Row(
        frozenset(map(_split, yes)),
        frozenset(map(_split, maybe)),
        frozenset(names[:length] for names in counted_by_parents for length in range(len(names))),
    )


def _split(path: str) -> Names:
    return tuple(path.removesuffix(VALUE_ONLY).split("."))
