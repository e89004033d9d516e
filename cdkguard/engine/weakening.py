"""Values that go the wrong way: a retention that becomes shorter, a policy that becomes weaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from cdkguard._typing import Any, Json, NamedTuple
from cdkguard.diff.differences import IF, are_equal
from cdkguard.engine.property_paths import value_at_text
from cdkguard.model import Outcome
from cdkguard.template.paths import bind_steps, render_path
from cdkguard.template.rendering import render_value
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred, scalar_text

_NO_VALUE = {"Ref": "AWS::NoValue"}
_LONG = 40  # Characters of a value from which on it is no number or word.
_MAX_BRANCHES = 16  # branches of one resource that are looked at


class Weakening(NamedTuple):
    """A protection that the change takes away."""

    path: str
    before: Json
    after: Json
    outcome: Outcome = Outcome.FAIL
    rule: str = ""  # The id of the rule that was content before; "" where a value itself was compared.
    severity: str = ""
    secret: bool = False  # Whether its values are not shown.
    words: tuple[str, str] | None = None  # Both values in words, where a number or an absent value needs them.
    told: str = ""  # The words for it where no property of the resource itself makes the difference.
    beside: str = ""  # What stands beside it and tells how much it takes away: `ExpirationInDays 7`.
    missing: str = (
        ""  # What the rule misses at another path, where nothing changed: `Properties.X is absent`, or stays as it was.
    )


def find_weakenings(entry: Mapping[str, Json], before: Json, after: Json, scope: Scope) -> Iterator[Weakening]:
    """The values at the path of an entry of `weakens` that went the wrong way, in one resolved resource."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    old, new = (_restrict_to_path(entry["steps"], body) for body in (before, after))
    defaults = [_default_for(entry, body) for body in (before, after)]
    if are_equal(old, new) and are_equal(*defaults):
        return  # The change is elsewhere, as most are.

    walk = bind_steps(entry["steps"])
    elements = entry.get("elements")
    pair = align_lists(old, new, kept=elements is not None, outer=elements == "outer")
    whole = (
        align_lists(before, after, kept=elements is not None, outer=elements == "outer")[1] if "beside" in entry else {}
    )
    olds, news = (_values_by_path(walk, scope, body) for body in pair)

    for path in {**olds, **news}:
        sides = [side.get(path, [ABSENT]) for side in (olds, news)]
        old, new = (
            [default if v is ABSENT else v for v in side] for side, default in zip(sides, defaults, strict=True)
        )
        if weakening := _compare_values(entry, path, old, new):
            beside = _find_beside(entry, path, whole)
            if beside is not None:
                yield weakening._replace(words=_put_into_words(entry, weakening, sides, defaults), beside=beside)


def _find_beside(entry: Mapping[str, Json], path: str, after: Json) -> str | None:
    """The first property of those that must stand beside the value, with what it says now; None where none of them does.

    A prefix that becomes wider deletes nothing in a rule that only moves what is old to cheaper storage.
    """
    names = entry.get("beside")
    if not names:
        return ""
    parent = value_at_text(after, path.rpartition(".")[0])
    if not isinstance(parent, dict) or IF in parent:
        return ""  # Fails closed where a condition decides.
    name = next((name for name in names if name in parent), None)
    return None if name is None else f"{name} {render_value(parent[name], secret=False)}"


def _put_into_words(
    entry: Mapping[str, Json], weakening: Weakening, sides: Sequence[list[Json]], defaults: Sequence[Json]
) -> tuple[str, str] | None:
    """Both values as people say them: with their unit, and what stands for one that the template does not write."""
    if not {"unit", "default", "unset"} & entry.keys():
        return None
    values = (weakening.before, weakening.after)
    one, other = (
        _say_missing(entry, default) if value == "" or ABSENT in side and value == default else _say(entry, value)
        for side, value, default in zip(sides, values, defaults, strict=True)
    )
    return None if one is None or other is None else (one, other)


def _say_missing(entry: Mapping[str, Json], default: Json) -> str:
    """A value that is not there, and counts as this default."""
    said = _say(entry, default)
    return str(entry.get("unset", "absent" if said is None else f"{said}, the default"))


def _say(entry: Mapping[str, Json], value: Json) -> str | None:
    """A value in words; None for one that only the deployment knows, or that has none."""
    text = scalar_text(value)
    if not text or len(text) > _LONG:
        return None
    if "unit" not in entry:
        return text
    return f"{text} {entry['unit'].removesuffix('s') if text == '1' else entry['unit']}"


def _default_for(entry: Mapping[str, Json], body: Json) -> Json:
    """What a value that is not there counts as.

    With `inside`, only where what it is a part of is there, and where the switch there that `inside` names is on.
    """
    default = entry.get("default", ABSENT)
    if not entry.get("inside"):
        return default
    for _kind, name in entry["steps"][:-1]:
        if not isinstance(body, dict):
            return ABSENT
        if IF in body:
            return default
        body = body.get(name)
    if not isinstance(body, dict):
        return ABSENT
    switch = entry["inside"]
    is_off = switch is not True and (switch not in body or scalar_text(body[switch]) in ("false", "False"))
    return ABSENT if is_off else default


def _compare_values(entry: Mapping[str, Json], path: str, old: list[Json], new: list[Json]) -> Weakening | None:
    """The worst of the pairs that the values at one path may make; both lists hold one value for each branch.

    Lists of one length are in the same branches, so that only values of the same branch are compared.
    """
    in_same_branches = len(old) == len(new)
    if in_same_branches and all(map(are_equal, old, new)):
        return None
    pairs = list(zip(old, new, strict=True)) if in_same_branches else list(product(old, new))
    decide = DIRECTIONS[entry["by"]]
    verdicts = [(decide(one, other, entry), one, other) for one, other in pairs if not are_equal(one, other)]

    bad = [v for v in verdicts if v[0]] or [v for v in verdicts if v[0] is None]
    if not bad:
        return None
    is_weaker, before, after = bad[0]
    is_sure = is_weaker and (len(pairs) == 1 or all(v[0] for v in verdicts) and len(verdicts) == len(pairs))
    return Weakening(path, before, after, Outcome.FAIL if is_sure else Outcome.UNKNOWN)


def _values_by_path(walk: Any, scope: Scope, body: Json) -> dict[str, list[Json]]:
    """Path -> its value in each branch of the conditions that are not known."""
    found: dict[str, list[Json]] = {}
    branches = list(islice(_each_branch(body), _MAX_BRANCHES + 1))
    for branch in branches[:_MAX_BRANCHES]:
        for path, value in walk(scope, branch):
            found.setdefault(render_path(path), []).append(value)
    if len(branches) > _MAX_BRANCHES:
        return {path: [Deferred("unknown", "more branches than are looked at")] for path in found}
    return found


# The keys that may name an element of a list.
_NAME_KEYS = ("Id", "RuleName", "Name", "Key", "Region", "IndexName", "PathPattern", "OptionName")


def align_lists(before: Json, after: Json, kept: bool = False, outer: bool = False) -> tuple[Json, Json]:
    """Both values, with the elements of their lists side by side: the same ones, else those of one name, else in order.

    An element without a partner stands beside an empty one; with `kept` it is left out, of the outermost lists alone
    with `outer`.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        one, other = dict(before), dict(after)
        for key in before.keys() & after.keys():
            one[key], other[key] = align_lists(before[key], after[key], kept, outer)
        return one, other
    if not (isinstance(before, list) and isinstance(after, list)):
        return before, after
    partner = _find_partners(before, after)
    partnered = set(partner.values())
    pairs = [(old, after[partner[i]] if i in partner else _empty_like(old)) for i, old in enumerate(before)]
    pairs += [(_empty_like(new), new) for j, new in enumerate(after) if j not in partnered]
    if kept:
        pairs = [(before[i], after[j]) for i, j in sorted(partner.items())]
    both = [align_lists(*pair, kept and not outer) for pair in pairs]
    return [one for one, _other in both], [other for _one, other in both]


def _find_partners(before: list[Json], after: list[Json]) -> dict[int, int]:
    """Index of the partner in `after` by index in `before`, in linear time."""
    found: dict[int, int] = {}
    for known_by in (_content_key, _name_of_element, lambda element: "" if _name_of_element(element) is None else None):
        taken = set(found.values())
        free: dict[Json, list[int]] = {}
        for j in reversed(range(len(after))):
            if j not in taken and (key := known_by(after[j])) is not None:
                free.setdefault(key, []).append(j)
        for i, old in enumerate(before):
            if i not in found and (left := free.get(known_by(old))):
                found[i] = left.pop()
    return found


def _content_key(element: Json) -> Json:
    """A key that the elements share which are the same to CloudFormation."""
    if isinstance(element, dict):
        return frozenset((key, _content_key(value)) for key, value in element.items())
    if isinstance(element, list):
        return ("list", *map(_content_key, element))
    return scalar_text(element)


def _name_of_element(element: Json) -> str | None:
    names = (scalar_text(element.get(key)) for key in _NAME_KEYS) if isinstance(element, dict) else ()
    return next((name for name in names if name is not None), None)


def _empty_like(element: Json) -> Json:
    return {} if isinstance(element, dict) else ABSENT


def _restrict_to_path(steps: Sequence[Sequence[Any]], value: Json) -> Json:
    """As much of a value as lies on the path: what forks beside it does not matter."""
    if not isinstance(value, dict) or not steps or steps[0][0] != "f" or value == _NO_VALUE:
        return value
    if isinstance(operand := value.get(IF), list) and len(operand) == 3:
        return {IF: [operand[0], *(_restrict_to_path(steps, side) for side in operand[1:])]}
    name = steps[0][1]
    return {k: _restrict_to_path(steps[1:], v) for k, v in value.items() if k in (name, "Fn::Transform")}


def _each_branch(value: Json) -> Iterator[Json]:
    """A comparable value once for each side of its undecided Fn::Ifs, without them."""
    if isinstance(value, dict):
        operand = value.get(IF)
        if isinstance(operand, list) and len(operand) == 3 and len(value) == 1:
            for side in operand[1:]:
                yield from _each_branch(ABSENT if side == _NO_VALUE else side)
            return
        if not _has_branches(value):
            yield value
            return
        for members in product(*(list(islice(_each_branch(v), _MAX_BRANCHES + 1)) for v in value.values())):
            yield {k: v for k, v in zip(value, members, strict=True) if v is not ABSENT}
    elif isinstance(value, list) and _has_branches(value):
        for items in product(*(list(islice(_each_branch(v), _MAX_BRANCHES + 1)) for v in value)):
            yield [v for v in items if v is not ABSENT]
    else:
        yield value


def _has_branches(value: Json) -> bool:
    if isinstance(value, dict):
        return IF in value or any(map(_has_branches, value.values()))
    return isinstance(value, list) and any(map(_has_branches, value))


def _number(value: Json) -> float | None:
    text = scalar_text(value)
    try:
        return float(text) if text is not None and not isinstance(value, bool) else None
    except ValueError:
        return None


def _by_number(old: Json, new: Json, sign: int) -> bool | None:
    if old is ABSENT:
        return False  # nothing was set, so nothing is weakened
    if new is ABSENT:
        return _number(old) != 0 or sign > 0  # nothing is less than none
    one, other = _number(old), _number(new)
    return None if one is None or other is None else (other - one) * sign > 0


def _by_order(old: Json, new: Json, entry: Mapping[str, Json]) -> bool | None:
    order = {
        _order_key(v): rank
        for rank, many in enumerate(entry["order"])
        for v in (many if isinstance(many, list) else [many])
    }
    ranks = [order.get(_order_key(v)) for v in (old, new)]
    if old is ABSENT:
        return False
    if new is ABSENT:
        return ranks[0] != 0  # nothing is weaker than the weakest
    if ranks[0] is None or ranks[1] is None:
        if any(isinstance(v, Deferred | dict) for v in (old, new)):
            return None
        return None if ranks[0] else False  # from a strong value to one that the order does not know
    return ranks[1] < ranks[0]


def _order_key(value: Json) -> str | None:
    """A value as the order knows it: a switch may be written as text, in any case."""
    text = scalar_text(value)
    return text.lower() if text is not None and text.lower() in ("true", "false") else text


def _by_prefix(old: Json, new: Json, entry: Mapping[str, Json]) -> bool | None:
    """Whether a prefix covers what the one before did not; none covers everything."""
    one, other = ("" if value is ABSENT else scalar_text(value) for value in (old, new))
    return None if one is None or other is None else not other.startswith(one)


def _by_addresses(old: Json, new: Json, entry: Mapping[str, Json]) -> bool | None:
    """Whether a list of address ranges, or one range, lets in more; where there is none, every address comes in."""
    known, wanted = ([scalar_text(one) for one in _as_list(value) if one is not ABSENT] for value in (old, new))
    if not known:
        return False
    if not wanted:
        return not _is_open(known)
    fresh = [one for one in wanted if one is None or one not in known]
    verdicts = [None if one is None else _is_within(one, known) for one in fresh]
    return True if False in verdicts else None if None in verdicts else False


def _is_within(cidr: str, ranges: Sequence[str | None]) -> bool | None:
    """Whether ranges cover another one; None where that depends on one that is not known."""
    from cdkguard.aws import addresses  # Few changes are about such a list.

    if addresses.prefix_of(cidr) is None:
        return None
    is_covered = addresses.is_covered_by(cidr, [one for one in ranges if one is not None])
    return True if is_covered else None if None in ranges else False


def _is_open(ranges: Sequence[str | None]) -> bool:
    """Whether every address was let in already."""
    from cdkguard.aws import addresses

    return any(addresses.is_open(one) for one in ranges if one is not None)


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _is_none(value: Json, entry: Mapping[str, Json]) -> bool:
    """Whether a value is not there, or is written out as the `default` that is none."""
    return value is ABSENT or "default" in entry and are_equal(value, entry["default"])


# `by` of a `weakens` entry -> a function of (before, after, entry) that says whether the value after is weaker, None where
# that is not known. `order` goes from weak to strong; values in a list of their own in it are equally strong.
DIRECTIONS: Mapping[str, Any] = {
    "lower": lambda old, new, entry: _by_number(old, new, -1),
    "higher": lambda old, new, entry: _by_number(old, new, 1),
    "absent": lambda old, new, entry: not _is_none(old, entry) and _is_none(new, entry),
    "new": lambda old, new, entry: new is not ABSENT,
    "added": lambda old, new, entry: _is_none(old, entry) and not _is_none(new, entry),
    "changed": lambda old, new, entry: old is not ABSENT,
    "other": lambda old, new, entry: old is not ABSENT and new is not ABSENT,
    "prefix": _by_prefix,
    "addresses": _by_addresses,
    "order": _by_order,
}
