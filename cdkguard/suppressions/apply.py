"""Marks the findings that somebody accepted, with reason and expiry, and reports what does not hold any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import AcceptedFinding, Finding, Problem, Stack, Suppression
from cdkguard.suppressions.added import AddedSuppressions, describe_barred
from cdkguard.text.spelling import did_you_mean

_KEYS = ("rule", "reason", "expires", "owner")  # of an entry in resource Metadata
MAX_GLOBS = 1_000  # different ones in rule names, each of which is held against every rule
MAX_NAME = 200  # characters of a rule's name or glob
MAX_LEVELS = 100  # of constructs around a finding
_HINTS = 100  # guesses of what rule was meant; each is looked for among all


class Terms(NamedTuple):
    """The facts that decide whether a suppression counts."""

    rules_run: Collection[str]  # Only of these is it known whether a suppression is used.
    today: str  # ISO date
    known_rules: Collection[str] | None = None  # All that a suppression may name; None: those that ran.
    require_owner: bool = False
    added: AddedSuppressions = AddedSuppressions()  # Those that are not in the baseline yet.


_Key = str | tuple[int, str | None]  # a construct path, or the id of a stack and a logical id


class _Location(NamedTuple):
    """Where a finding is, in the words that suppressions use."""

    finding: Finding
    stack: Stack | None
    path: str  # construct path, else stack path and logical id

    def keys(self) -> Iterator[_Key]:
        """The keys of the suppressions that are written for one place and may be about this one."""
        yield from self.construct_paths()
        if self.stack is not None:
            yield id(self.stack), self.finding.logical_id
            inner = self.stack
            while inner.parent is not None:
                yield id(inner.parent), inner.parent_logical_id
                inner = inner.parent

    def construct_paths(self) -> Iterator[str]:
        """The path itself and every construct around it."""
        parts = self.path.split("/")
        yield self.path
        for level in range(min(len(parts) - 1, MAX_LEVELS), 0, -1):
            yield "/".join(parts[:level])


class _PlacedSuppression(NamedTuple):
    """A suppression with the locations that it is about."""

    suppression: Suppression
    is_at: Callable[[_Location], bool]
    is_exact: bool = False  # the rule is an id, not a glob
    key: _Key | None = None  # of the only locations that it can be about, one of a location's `keys`
    written_on: str | None = None  # construct path, else logical id, of the resource whose metadata holds it

    def suppresses(self, location: _Location) -> bool:
        return self.matches(location.finding.rule_id) and self.is_at(location)

    def matches(self, rule_id: str) -> bool:
        rule = self.suppression.rule
        return rule_id == rule or self.is_glob() and fnmatchcase(rule_id, rule)

    def matches_any(self, rule_ids: Collection[str]) -> bool:
        rule = self.suppression.rule
        return rule in rule_ids or self.is_glob() and any(fnmatchcase(rule_id, rule) for rule_id in rule_ids)

    def is_glob(self) -> bool:
        rule = self.suppression.rule
        return not self.is_exact and len(rule) <= MAX_NAME and any(c in rule for c in "*?[")


def apply_suppressions(
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    configured: Sequence[Suppression],
    accepted: Mapping[str, AcceptedFinding] | None,
    terms: Terms,
) -> tuple[list[Finding], list[Problem]]:
    """The same findings in the same order, those marked that somebody accepted, and the problems of the suppressions.

    `accepted` are old findings by fingerprint. A suppression that has expired, is malformed or has no reason does not
    count and is a problem; so is one that names no rule, and one that suppresses nothing although its rule ran.
    """
    problems: list[Problem] = []
    placed = _select_sound(
        [*_configured(configured), *_in_metadata(stacks, problems), *_acknowledged(stacks)], terms, problems
    )
    marker = _Marker(placed, stacks, accepted or {}, terms.added)
    marked = [marker.mark(finding) for finding in findings]
    problems += marker.list_barred()

    unused = [one for index, one in enumerate(placed) if index not in marker.used and one.matches_any(terms.rules_run)]
    problems += map(_unused, unused)
    problems += _not_found(accepted or {}, marker.found, terms.rules_run)
    return marked, problems


def _select_sound(
    placed: Iterable[_PlacedSuppression], terms: Terms, problems: list[Problem]
) -> list[_PlacedSuppression]:
    """The suppressions that count; what is wrong with the others is added to `problems`."""
    sound = []
    globs: set[str] = set()
    for one in placed:
        origin = one.suppression.origin
        if terms.added.everywhere and terms.added.has(one.suppression):
            problems.append(_problem(origin, "is not in the baseline yet and does not count"))
        elif wrong := _find_mistake(one, terms, globs, has_hint=len(problems) < _HINTS):
            problems.append(_problem(origin, wrong))
        else:
            sound.append(one)
    return sound


class _Marker:
    """Marks findings, and notes which suppressions and accepted findings it met."""

    def __init__(
        self,
        placed: Sequence[_PlacedSuppression],
        stacks: Sequence[Stack],
        accepted: Mapping[str, AcceptedFinding],
        added: AddedSuppressions,
    ) -> None:
        self.used: set[int] = set()  # indexes of suppressions
        self.found: set[str] = set()  # fingerprints of accepted findings
        # (suppression, or None for an accepted finding) -> the findings for which it does not count yet
        self._barred: dict[int | None, list[Finding]] = {}
        self._placed, self._accepted, self._added = placed, accepted, added
        self._stacks = {(s.construct_path or s.name, s.template_path): s for s in stacks}
        self._by_key: dict[_Key | None, list[int]] = {}  # those without a key may be about any location
        for index, one in enumerate(placed):
            self._by_key.setdefault(one.key, []).append(index)

    def mark(self, finding: Finding) -> Finding:
        stack = self._stacks.get((finding.stack_path, finding.template_path))
        location = _Location(finding, stack, _path(finding))
        candidates = {i for key in (None, *location.keys()) for i in self._by_key.get(key, ())}
        hits = [i for i in sorted(candidates) if self._placed[i].suppresses(location)]
        self.used.update(hits)  # all of them, lest the second of two is called unused
        counting = self._bar(hits, finding) if self._added.entries or self._added.accepted else hits
        found = self._placed[counting[0]].suppression if counting else None

        entry = self._accepted.get(finding.fingerprint) if finding.fingerprint else None
        if entry is not None:
            self.found.add(finding.fingerprint)
            if found is None and entry.covers(finding.severity) and not self._is_newly_accepted(finding):
                found = Suppression(finding.rule_id, entry.reason, "accepted findings", "accepted", since=entry.since)
        return finding._replace(suppression=found) if found and finding.suppression is None else finding

    def _bar(self, hits: Sequence[int], finding: Finding) -> list[int]:
        """Those of the suppressions that count for the finding; the others are noted."""
        if not self._added.is_barred_on(finding):
            return list(hits)
        new = [i for i in hits if self._added.has(self._placed[i].suppression)]
        for i in new:
            self._barred.setdefault(i, []).append(finding)
        return [i for i in hits if i not in new]

    def _is_newly_accepted(self, finding: Finding) -> bool:
        is_new = finding.fingerprint in self._added.accepted and self._added.is_barred_on(finding)
        if is_new:
            self._barred.setdefault(None, []).append(finding)
        return is_new

    def list_barred(self) -> Iterator[Problem]:
        """What would have suppressed a finding, but is not in the baseline yet."""
        for index, findings in self._barred.items():
            if index is None:
                number = len(findings)
                what = f"the acceptance of {number} finding{'s' if number > 1 else ''}"
                yield _problem("accepted findings", describe_barred(what, findings))
            else:
                one = self._placed[index].suppression
                yield _problem(one.origin, describe_barred(f"the suppression of '{one.rule}'", findings))


def _path(finding: Finding) -> str:
    if finding.construct_path:
        return finding.construct_path
    return f"{finding.stack_path}/{finding.logical_id}" if finding.logical_id else finding.stack_path


# -- where suppressions are written


def _configured(suppressions: Iterable[Suppression]) -> Iterator[_PlacedSuppression]:
    for suppression in suppressions:
        glob = suppression.construct_path or "*"

        def is_at(location: _Location, glob: str = glob) -> bool:
            return fnmatchcase(location.finding.stack, glob) or any(
                fnmatchcase(p, glob) for p in location.construct_paths()
            )

        yield _PlacedSuppression(suppression, is_at)


def _acknowledged(stacks: Iterable[Stack]) -> Iterator[_PlacedSuppression]:
    seen: set[tuple[int, str, str]] = set()
    for stack in stacks:
        for note in stack.acknowledgements:
            key = (id(stack.root), note.construct_path, note.rule_id)
            if key in seen or not note.construct_path:
                continue
            seen.add(key)
            origin = f"acknowledge on {note.construct_path}"

            def is_at(location: _Location, root: Stack = stack.root, path: str = note.construct_path) -> bool:
                in_app = location.stack is not None and location.stack.root is root
                return in_app and (location.path == path or location.path.startswith(f"{path}/"))

            suppression = Suppression(
                note.rule_id,
                note.reason,
                origin,
                "acknowledgement",
                note.construct_path,
                note.owner,
                note.expires,
            )
            yield _PlacedSuppression(suppression, is_at, True, note.construct_path)


def _in_metadata(stacks: Iterable[Stack], problems: list[Problem]) -> Iterator[_PlacedSuppression]:
    for stack in stacks:
        for logical_id, body in (stack.template.get("Resources") or {}).items():
            metadata = body.get("Metadata") if isinstance(body, dict) else None
            if not isinstance(metadata, dict) or "cdkguard" not in metadata:
                continue
            written_on = stack.construct_paths.get(logical_id) or logical_id
            origin = f"metadata of {written_on} in {stack.template_path}"
            for suppression in _read_block(metadata["cdkguard"], origin, problems):

                def is_at(location: _Location, stack: Stack = stack, logical_id: str = logical_id) -> bool:
                    return _is_in(location, stack, logical_id)

                yield _PlacedSuppression(suppression, is_at, key=(id(stack), logical_id), written_on=written_on)


def _is_in(location: _Location, stack: Stack, logical_id: str) -> bool:
    """Whether the location is this resource, or in the nested stack that this resource creates."""
    if location.stack is stack:
        return location.finding.logical_id == logical_id
    inner = location.stack
    while inner is not None and inner.parent is not stack:
        inner = inner.parent
    return inner is not None and inner.parent_logical_id == logical_id


def _read_block(block: Any, origin: str, problems: list[Problem]) -> Iterator[Suppression]:
    entries = block.get("suppress") if isinstance(block, dict) and set(block) == {"suppress"} else None
    if not isinstance(entries, list):
        problems.append(_problem(origin, "write {cdkguard: {suppress: [{rule, reason, expires}]}}; it does not count"))
        return
    for entry in entries:
        wrong = _find_malformation(entry)
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


def _find_malformation(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "an entry under `suppress` is a mapping with rule and reason"
    for key, value in entry.items():
        if key not in _KEYS:
            return f"no key '{key}'{did_you_mean(str(key), _KEYS)}"
        if not isinstance(value, str):
            return f"{key} must be text"
    return "" if entry.get("rule") else "an entry under `suppress` needs a rule"


def list_suppressions_in_code(stacks: Sequence[Stack]) -> list[Suppression]:
    """The suppressions that the app itself holds, with the place of each as its construct path."""
    found = [entry.suppression for entry in _acknowledged(stacks)]
    return found + [e.suppression._replace(construct_path=e.written_on) for e in _in_metadata(stacks, [])]


# -- suppressions that do not count


def _is_date(text: str) -> bool:
    from cdkguard.text.dates import is_date  # few runs have a suppression that expires

    return is_date(text)


def _find_mistake(placed: _PlacedSuppression, terms: Terms, globs: set[str], has_hint: bool) -> str:
    """Why a suppression does not count, or ""; `globs` collects the different ones that were met."""
    one = placed.suppression
    known = terms.rules_run if terms.known_rules is None else terms.known_rules
    if not one.reason.strip():
        return f"the suppression of '{one.rule}' has no reason and does not count"
    if terms.require_owner and not (one.owner or "").strip():
        return f"the suppression of '{one.rule}' has no owner and does not count"
    if one.expires is not None and not _is_date(one.expires):
        return f"expires is a date such as 2030-01-31, not '{one.expires}'; the suppression does not count"
    if one.expires is not None and terms.today > one.expires:
        return f"the suppression of '{one.rule}' expired on {one.expires} and does not count"

    if placed.is_glob():
        globs.add(one.rule)
        if len(globs) > MAX_GLOBS:
            return f"'{one.rule}' is one of more than {MAX_GLOBS} different globs and does not count"
    if not placed.matches_any(known):
        return f"no rule '{one.rule}'{did_you_mean(one.rule, sorted(known)) if has_hint else ''}"
    return ""


def _unused(entry: _PlacedSuppression) -> Problem:
    one = entry.suppression
    place = f" on '{one.construct_path}'" if one.construct_path else ""
    text = f"{one.origin}: the suppression of '{one.rule}'{place} covers no finding: remove it"
    return Problem("unused-suppression", text, fatal=False)


def _not_found(accepted: Mapping[str, AcceptedFinding], met: set[str], rule_ids: Collection[str]) -> list[Problem]:
    """Accepted findings that are gone; only rules that ran can tell."""
    gone = [key for key, one in accepted.items() if key not in met and one.rule_id in rule_ids]
    if not gone:
        return []
    number = "1 accepted finding was" if len(gone) == 1 else f"{len(gone)} accepted findings were"
    text = f"{number} not found in this run: write the file again with `cdkguard accept`"
    return [Problem("suppression", text, fatal=False)]


def _problem(origin: str, message: str) -> Problem:
    return Problem("suppression", f"{origin}: {message}", fatal=False)
