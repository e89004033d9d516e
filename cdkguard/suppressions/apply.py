"""Marks the findings that somebody accepted, with reason and expiry, and reports what does not hold any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import AcceptedFinding, Finding, Problem, Stack, Suppression
from cdkguard.text.spelling import did_you_mean

_KEYS = ("rule", "reason", "expires", "owner")  # of an entry in resource Metadata
MAX_GLOBS = 1_000  # different ones in rule names, each of which is held against every rule
MAX_NAME = 200  # characters of a rule's name or glob
MAX_LEVELS = 100  # of constructs around a finding
_HINTS = 100  # guesses of what rule was meant; each is looked for among all


_Key = str | tuple[int, str | None]  # a construct path, or a stack and a logical id


class _Place(NamedTuple):
    """Where a finding is, in the words that suppressions use."""

    finding: Finding
    stack: Stack | None
    path: str  # construct path, else stack path and logical id

    def keys(self) -> Iterator[_Key]:
        """What suppressions that are written at one place are found by."""
        yield from self.ancestors()
        if self.stack is not None:
            yield id(self.stack), self.finding.logical_id
            inner = self.stack
            while inner.parent is not None:
                yield id(inner.parent), inner.parent_logical_id
                inner = inner.parent

    def ancestors(self) -> Iterator[str]:
        """The path itself and every construct around it."""
        parts = self.path.split("/")
        yield self.path
        for level in range(min(len(parts) - 1, MAX_LEVELS), 0, -1):
            yield "/".join(parts[:level])


class _Entry(NamedTuple):
    """A suppression with the places it covers."""

    suppression: Suppression
    covers: Callable[[_Place], bool]
    exact: bool = False  # the rule is an id, not a glob
    key: _Key | None = None  # of the only places that it can cover, one of a place's `keys`
    written_on: str | None = None  # construct path, else logical id, of the resource whose metadata holds it

    def holds(self, place: _Place) -> bool:
        rule, rule_id = self.suppression.rule, place.finding.rule_id
        return (rule_id == rule or self.is_glob() and fnmatchcase(rule_id, rule)) and self.covers(place)

    def names(self, rule_ids: Collection[str]) -> bool:
        rule = self.suppression.rule
        return rule in rule_ids or self.is_glob() and any(fnmatchcase(rule_id, rule) for rule_id in rule_ids)

    def is_glob(self) -> bool:
        rule = self.suppression.rule
        return not self.exact and len(rule) <= MAX_NAME and any(c in rule for c in "*?[")


def apply(
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    configured: Sequence[Suppression],
    accepted: Mapping[str, AcceptedFinding] | None,
    rule_ids: Collection[str],
    today: str,
    require_owner: bool = False,
    known: Collection[str] | None = None,
    ignored: Collection[str] = (),
) -> tuple[list[Finding], list[Problem]]:
    """The same findings in the same order, `suppression` set on the accepted ones, and what is wrong with acceptances.

    `accepted` are findings by fingerprint; `rule_ids` are the rules that ran; `known` all that exist (without it, those that
    ran); `today` is an ISO date. What is expired, malformed or without a reason does not count and is reported; so is
    what covers no finding although its rule ran, and what names no rule. Suppressions whose origin is in `ignored` do
    not count.
    """
    problems: list[Problem] = []
    sound = []
    globs: set[str] = set()
    for entry in [*_configured(configured), *_in_metadata(stacks, problems), *_acknowledged(stacks)]:
        if entry.suppression.origin in ignored:
            problems.append(_problem(entry.suppression.origin, "is not in the baseline yet and does not count"))
            continue
        hints = len(problems) < _HINTS
        if wrong := _what_is_wrong(entry, today, require_owner, rule_ids if known is None else known, globs, hints):
            problems.append(_problem(entry.suppression.origin, wrong))
        else:
            sound.append(entry)
    used: set[int] = set()
    met: set[str] = set()
    by_place = {(s.construct_path or s.name, s.template_path): s for s in stacks}
    by_key: dict[_Key | None, list[int]] = {}  # those without a key may be about any place
    for index, entry in enumerate(sound):
        by_key.setdefault(entry.key, []).append(index)
    marked = [_mark(finding, by_place, sound, by_key, accepted or {}, used, met) for finding in findings]
    problems += [_unused(e) for i, e in enumerate(sound) if i not in used and e.names(rule_ids)]
    problems += _unmet(accepted or {}, met, rule_ids)
    return marked, problems


def _mark(
    finding: Finding,
    by_place: Mapping[tuple[str, str], Stack],
    entries: Sequence[_Entry],
    by_key: Mapping[_Key | None, Sequence[int]],
    accepted: Mapping[str, AcceptedFinding],
    used: set[int],
    met: set[str],
) -> Finding:
    place = _Place(finding, by_place.get((finding.stack_path, finding.template_path)), _path(finding))
    about = {i for key in (None, *place.keys()) for i in by_key.get(key, ())}
    hits = [i for i in sorted(about) if entries[i].holds(place)]
    used.update(hits)  # all of them, lest the second of two is called unused
    found = entries[hits[0]].suppression if hits else None
    if finding.fingerprint and finding.fingerprint in accepted:
        met.add(finding.fingerprint)
        found = found or Suppression(finding.rule_id, accepted[finding.fingerprint].reason, "baseline", "accepted")
    return finding._replace(suppression=found) if found and finding.suppression is None else finding


def _path(finding: Finding) -> str:
    if finding.construct_path:
        return finding.construct_path
    return f"{finding.stack_path}/{finding.logical_id}" if finding.logical_id else finding.stack_path


# -- the three places where suppressions are written


def _configured(suppressions: Iterable[Suppression]) -> Iterator[_Entry]:
    for suppression in suppressions:
        glob = suppression.construct_path or "*"

        def covers(place: _Place, glob: str = glob) -> bool:
            return fnmatchcase(place.finding.stack, glob) or any(fnmatchcase(p, glob) for p in place.ancestors())

        yield _Entry(suppression, covers)


def _acknowledged(stacks: Iterable[Stack]) -> Iterator[_Entry]:
    seen: set[tuple[int, str, str]] = set()
    for stack in stacks:
        for note in stack.acknowledgements:
            key = (id(stack.root), note.construct_path, note.rule_id)
            if key in seen or not note.construct_path:
                continue
            seen.add(key)
            origin = f"acknowledge on {note.construct_path}"

            def covers(place: _Place, root: Stack = stack.root, path: str = note.construct_path) -> bool:
                in_app = place.stack is not None and place.stack.root is root
                return in_app and (place.path == path or place.path.startswith(f"{path}/"))

            suppression = Suppression(
                note.rule_id,
                note.reason,
                origin,
                "acknowledgement",
                note.construct_path,
                note.owner,
                note.expires,
            )
            yield _Entry(suppression, covers, True, note.construct_path)


def _in_metadata(stacks: Iterable[Stack], problems: list[Problem]) -> Iterator[_Entry]:
    for stack in stacks:
        for logical_id, body in (stack.template.get("Resources") or {}).items():
            metadata = body.get("Metadata") if isinstance(body, dict) else None
            if not isinstance(metadata, dict) or "cdkguard" not in metadata:
                continue
            written_on = stack.construct_paths.get(logical_id) or logical_id
            origin = f"metadata of {written_on} in {stack.template_path}"
            for suppression in _listed(metadata["cdkguard"], origin, problems):

                def covers(place: _Place, stack: Stack = stack, logical_id: str = logical_id) -> bool:
                    return _is_in(place, stack, logical_id)

                yield _Entry(suppression, covers, key=(id(stack), logical_id), written_on=written_on)


def _is_in(place: _Place, stack: Stack, logical_id: str) -> bool:
    """Whether the place is this resource, or in the nested stack that this resource creates."""
    if place.stack is stack:
        return place.finding.logical_id == logical_id
    inner = place.stack
    while inner is not None and inner.parent is not stack:
        inner = inner.parent
    return inner is not None and inner.parent_logical_id == logical_id


def _listed(block: Any, origin: str, problems: list[Problem]) -> Iterator[Suppression]:
    entries = block.get("suppress") if isinstance(block, dict) and set(block) == {"suppress"} else None
    if not isinstance(entries, list):
        problems.append(_problem(origin, "write {cdkguard: {suppress: [{rule, reason, expires}]}}; it does not count"))
        return
    for entry in entries:
        wrong = _malformed(entry)
        if wrong:
            problems.append(_problem(origin, f"{wrong}; the suppression does not count"))
        else:
            yield Suppression(
                entry["rule"],
                entry.get("reason", ""),
                origin,
                "metadata",
                owner=entry.get("owner"),
                expires=entry.get("expires"),
            )


def _malformed(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "an entry under `suppress` is a mapping with rule and reason"
    for key, value in entry.items():
        if key not in _KEYS:
            return f"no key '{key}'{did_you_mean(str(key), _KEYS)}"
        if not isinstance(value, str):
            return f"{key} must be text"
    return "" if entry.get("rule") else "an entry under `suppress` needs a rule"


def written_in_code(stacks: Sequence[Stack]) -> list[Suppression]:
    """The suppressions that the app itself holds, with the place of each as its construct path."""
    found = [entry.suppression for entry in _acknowledged(stacks)]
    return found + [e.suppression._replace(construct_path=e.written_on) for e in _in_metadata(stacks, [])]


# -- what does not hold


def _is_date(text: str) -> bool:
    from cdkguard.text.dates import is_date  # few runs have a suppression that expires

    return is_date(text)


def _what_is_wrong(
    entry: _Entry, today: str, require_owner: bool, known: Collection[str], globs: set[str], hints: bool
) -> str:
    one = entry.suppression
    if not one.reason.strip():
        return f"the suppression of '{one.rule}' has no reason and does not count"
    if require_owner and not (one.owner or "").strip():
        return f"the suppression of '{one.rule}' has no owner and does not count"
    if one.expires is not None and not _is_date(one.expires):
        return f"expires is a date such as 2030-01-31, not '{one.expires}'; the suppression does not count"
    if one.expires is not None and today > one.expires:
        return f"the suppression of '{one.rule}' expired on {one.expires} and does not count"
    if entry.is_glob():
        globs.add(one.rule)
        if len(globs) > MAX_GLOBS:
            return f"'{one.rule}' is one of more than {MAX_GLOBS} different globs and does not count"
    if not entry.names(known):
        return f"no rule '{one.rule}'{did_you_mean(one.rule, sorted(known)) if hints else ''}"
    return ""


def _unused(entry: _Entry) -> Problem:
    one = entry.suppression
    place = f" on '{one.construct_path}'" if one.construct_path else ""
    text = f"{one.origin}: the suppression of '{one.rule}'{place} covers no finding: remove it"
    return Problem("unused-suppression", text, fatal=False)


def _unmet(accepted: Mapping[str, AcceptedFinding], met: set[str], rule_ids: Collection[str]) -> list[Problem]:
    """Accepted findings that are gone; only rules that ran can tell."""
    gone = [key for key, one in accepted.items() if key not in met and one.rule_id in rule_ids]
    if not gone:
        return []
    number = "1 accepted finding was" if len(gone) == 1 else f"{len(gone)} accepted findings were"
    return [_problem("baseline", f"{number} not found in this run: write it again with `cdkguard accept`")]


def _problem(origin: str, message: str) -> Problem:
    return Problem("suppression", f"{origin}: {message}", fatal=False)
