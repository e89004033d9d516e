"""The reviewed tables of docs/development/schema/: one decision for every candidate, and whether it holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from cdkguard.access.policy_locations import POLICY_LOCATIONS
from cdkguard.diff.served import ORIGINS
from cdkguard.packs import load as packs

TABLES = Path(__file__).parents[2] / "docs" / "development" / "schema"
HEADER = ("type", "path", "decision", "why")
OPEN = "?"  # A candidate that nobody decided on yet.
NONE = "none"  # No rule: `why` says why not.
SAM = "AWS::Serverless::"  # Judged by the rules of the resources that it stands for.
CHANGE = "access-widened"  # Read by the rules on changes: the place is in POLICY_LOCATIONS.
ORIGIN = "origin"  # Read by the rules on changes: the property is in ORIGINS.


class Decision(NamedTuple):
    """Rules (ids), sets (`@name`), `access-widened`, `origin`, or `none`; and why."""

    made: tuple[str, ...]
    why: str


def read_table(kind):
    """(type, path) -> decision, in the order of the file; nothing where the table is new."""
    file = TABLES / f"{kind}.tsv"
    if not file.exists():
        return {}
    table = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(HEADER) or (cells[0], cells[1]) in table:
            raise SystemExit(f"{file.name}:{number}: not four columns, or a place twice")
        table[cells[0], cells[1]] = Decision(tuple(cells[2].split(", ")), cells[3])
    return table


def render_table(kind, candidates, table):
    """The text of a table with exactly these candidates; decisions stay, new candidates get `?`."""
    rows = [HEADER]
    for place in candidates:
        decision = table.get(place, Decision((OPEN,), ""))
        rows.append((*place, ", ".join(decision.made), decision.why))
    return "".join("\t".join(row) + "\n" for row in rows)


def find_mistakes(kind, table):
    """Sentences about decisions that are not made, or that name what does not look at the place."""
    for (resource_type, path), decision in table.items():
        place = f"{resource_type} {path}".strip()
        if OPEN in decision.made:
            yield f"nobody decided on {place}"
        elif NONE in decision.made and not decision.why:
            yield f"{place}: no rule, and no reason"
        for made in decision.made:
            if made not in (OPEN, NONE) and not _covers(made, resource_type, path):
                yield f"{place}: {made} is not there, or does not look at it"


@cache
def _loaded():
    loaded = packs.load_packs()
    return {rule.id: rule for rule in loaded.rules}, loaded.sets


def load_sets():
    return _loaded()[1]


def _covers(made, resource_type, path):
    """Whether a rule or a set that a decision names is about the type, and the rule about the property."""
    rules, sets = _loaded()
    if made.startswith("@"):
        return resource_type in sets.get(made[1:], ())
    if made == CHANGE:
        return resource_type in POLICY_LOCATIONS and path in POLICY_LOCATIONS[resource_type].paths
    if made == ORIGIN:
        return path in ORIGINS.get(resource_type, ())
    rule = rules.get(made)
    if rule is None:
        return False
    if not resource_type.startswith(SAM) and not any(_names(one, resource_type, sets) for one in rule.types):
        return False
    if rule.scope == "value":  # It reads every text of the resource.
        return True
    place = _members(path)
    return not place or any(_is_along(place, seen) for seen in _places_of(rule))


def _members(path):
    """`A.B[].*.C` -> ("A", "B", "*", "C")"""
    return tuple(part for part in path.replace("[]", "").split(".") if part)


def _is_along(place, seen):
    """Whether a rule looks at the place, at what it lies in, or at what lies in it."""
    if ".." in seen:
        return True
    if len(seen) > len(place) and set(seen[len(place) :]) != {"*"}:
        return seen[: len(place)] == place
    return all(one in ("*", name) or name == "*" for one, name in zip(seen, place, strict=False))


def _places_of(rule):
    """The member names of each path that a rule looks at, below Properties; `*` for any member."""
    found = []

    def walk(node, above):
        if isinstance(node, list):
            for one in node:
                walk(one, above)
        elif isinstance(node, dict):
            steps = [step for step in node.get("steps", ()) if step[0] not in ("*", "i", "?")]
            names = (*above, *(step[1] if step[0] == "f" else step[0].removeprefix(".*") or "*" for step in steps))
            if steps:
                found.append(names[1:] if names[:1] == ("Properties",) else names)
            for inner in node.values():
                walk(inner, names)

    walk([rule.require, rule.where], ())
    return [names for names in found if names]


def _names(pattern, resource_type, sets):
    from fnmatch import fnmatchcase

    members = sets.get(pattern[1:], ()) if pattern.startswith("@") else (pattern,)
    return any(fnmatchcase(resource_type, member) for member in members)
