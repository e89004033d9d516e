"""A template's value before deployment: the value itself, ABSENT, or Deferred."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cdkguard._typing import Any, Json, NamedTuple


class _Absent:
    """The property is not there (or is `AWS::NoValue`)."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()


class Deferred:
    """A value that only the deployment knows.

    `kind` is one of
      resource   a Ref or Fn::GetAtt: `target` is a logical id, `attribute` its attribute, or None for Ref
      parameter  a parameter without a value: `target` is its name
      pseudo     a pseudo parameter without a value: `target` is its name
      import     the export of another stack
      dynamic    a dynamic reference (`{{resolve:...}}`)
      dummy      what CDK writes where a look-up has not run
      text       a string with known and unknown `parts`
      unknown    any other
    `raw` is the value as the template writes it. The `parts` of a parameter or unknown value are those that it can have,
    where they are known: AllowedValues, or the values in a map by region.
    """

    __slots__ = ("kind", "raw", "target", "attribute", "parts")

    def __init__(
        self, kind: str, raw: Json, target: str | None = None, attribute: str | None = None, parts: tuple[Any, ...] = ()
    ) -> None:
        self.kind, self.raw, self.target, self.attribute, self.parts = kind, raw, target, attribute, parts

    def __repr__(self) -> str:
        return f"Deferred({self.kind}, {self.text()!r})"

    def __eq__(self, other: object) -> bool:
        """Whether the deployment will give both the same value, whatever it is."""
        return isinstance(other, Deferred) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        if self.kind in ("resource", "parameter", "pseudo"):
            return self.kind, self.target, self.attribute
        return (self.kind, self.parts) if self.kind == "text" else (self.kind, canonical_text(self.raw))

    def text(self, hole: str = "§") -> str:
        """The string with a mark for each part that is not known."""
        if self.kind == "text":
            return "".join(p if isinstance(p, str) else p.text(hole) for p in self.parts)
        return self.raw if isinstance(self.raw, str) else hole

    def choices(self) -> tuple[Any, ...]:
        """The values of which the deployment gives it one; empty where they are not known."""
        return self.parts if self.kind in ("parameter", "unknown") else ()

    def links(self) -> Iterator[Deferred]:
        """The Refs and GetAtts in it."""
        if self.kind == "resource":
            yield self
        for part in self.parts:
            if isinstance(part, Deferred):
                yield from part.links()


EXPORT = "export"  # the kind of fact that an export is (engine/app_facts.py)


def export_place(account: str | None, region: str | None, name: str) -> str:
    """An export's name with the account and region in which it is one."""
    return f"{account}/{region}/{name}"


def import_name(value: Deferred) -> str | None:
    """`import NAME` for the Fn::ImportValue of a literal name, as messages write it; None for any other value."""
    name = value.raw.get("Fn::ImportValue") if value.kind == "import" and isinstance(value.raw, dict) else None
    return f"import {name}" if isinstance(name, str) else None


class Atom(NamedTuple):
    """The smallest undecided part of a condition: an Fn::Equals, or a condition that nobody defines."""

    # Equal for atoms that are always true together.
    key: str
    # The parameter that an Fn::Equals compares with a literal, if it does.
    parameter: str | None = None
    # That literal.
    literal: str | None = None


class Branch(Exception):
    """An atom of a condition is neither known nor assumed: the caller must look at both of its values."""

    def __init__(self, atom: Atom, condition: str) -> None:
        super().__init__(condition)
        self.atom, self.condition = atom, condition


def scalar_text(value: Json) -> str | None:
    """A scalar as CloudFormation writes it into a string; None for other values."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None


def as_mapping(value: Json) -> Mapping[str, Json]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def is_flat(value: Json) -> bool:
    """Whether it is a scalar or a list of scalars: in anything else a parameter or mapping could name itself."""
    values = value if isinstance(value, list) else [value]
    return all(not isinstance(v, dict | list) for v in values)


def canonical_text(value: Json) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, default=repr)
