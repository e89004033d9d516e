"""Counts the suppressions that teams wrote for another checker, in template metadata, for our equivalent rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import Finding, Problem, Rule, Stack, Suppression
from cdkguard.suppressions.added import AddedSuppressions, describe_barred
from cdkguard.suppressions.peers import PEERS, Peer

PublicIds = Mapping[str, Mapping[str, str]]  # peer -> the id that its users write -> the name in `equivalents`


class _PlacedSuppression(NamedTuple):
    """Our rules that one place no longer has to satisfy; without a logical id the place is the whole stack."""

    stack: Stack
    logical_id: str | None
    rules: frozenset[str]
    suppression: Suppression

    def is_about(self, finding: Finding) -> bool:
        if finding.rule_id not in self.rules or finding.template_path != self.stack.template_path:
            return False
        if finding.stack_path != (self.stack.construct_path or self.stack.name):
            return False
        return self.logical_id is None or finding.logical_id == self.logical_id

    @property
    def place(self) -> str:
        """The construct path where it stands, or the nearest thing to one."""
        if self.logical_id is None:
            return self.stack.construct_path or self.stack.name
        return self.stack.construct_paths.get(self.logical_id) or self.logical_id


def apply_peer_suppressions(
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    rules: Iterable[Rule],
    peers: Sequence[str],
    ids: PublicIds,
    added: AddedSuppressions = AddedSuppressions(),
) -> tuple[list[Finding], list[Problem]]:
    """The same findings, those suppressed for one of `peers` marked, and the problems of entries that do not count.

    `rules` are all that exist. A finding that is suppressed already stays as it is.
    """
    problems: list[Problem] = []
    by_rule: dict[str, list[_PlacedSuppression]] = {}
    for placed in _find(stacks, rules, peers, ids, problems):
        if added.everywhere and added.has(placed.suppression):
            problems.append(_problem(placed.suppression.origin, "is not in the baseline yet and does not count"))
            continue
        for rule in placed.rules:
            by_rule.setdefault(rule, []).append(placed)
    barred: dict[Suppression, list[Finding]] = {}
    marked = [_mark(finding, by_rule.get(finding.rule_id, ()), added, barred) for finding in findings]
    problems += [
        _problem(one.origin, describe_barred(f"the suppression of '{one.rule}'", found))
        for one, found in barred.items()
    ]
    return marked, problems


def list_peer_suppressions(
    stacks: Sequence[Stack], rules: Iterable[Rule], peers: Sequence[str], ids: PublicIds
) -> list[Suppression]:
    """The peers' suppressions that count for us, with the place of each as its construct path."""
    return [placed.suppression._replace(construct_path=placed.place) for placed in _find(stacks, rules, peers, ids, [])]


def _mark(
    finding: Finding,
    candidates: Iterable[_PlacedSuppression],
    added: AddedSuppressions,
    barred: dict[Suppression, list[Finding]],
) -> Finding:
    """The finding, suppressed by the first that counts; those that do not count for it yet are noted in `barred`."""
    if finding.suppression is not None:
        return finding
    for placed in candidates:
        if not placed.is_about(finding):
            continue
        if not added.has(placed.suppression) or not added.is_barred_on(finding):
            return finding._replace(suppression=placed.suppression)
        barred.setdefault(placed.suppression, []).append(finding)
    return finding


def _find(
    stacks: Sequence[Stack], rules: Iterable[Rule], peers: Sequence[str], ids: PublicIds, problems: list[Problem]
) -> Iterator[_PlacedSuppression]:
    """The entries that count; the others are added to `problems`."""
    ours = list(rules)
    for peer in map(PEERS.__getitem__, peers):
        equivalents = _equivalents(ours, peer)
        strangers: list[str] = []
        for stack, logical_id, block in _find_blocks(stacks, peer):
            place = f"{stack.construct_paths.get(logical_id) or logical_id} in " if logical_id else ""
            origin = f"{peer.name} metadata of {place}{stack.template_path}"
            for entry in peer.read_block(block):
                known = _our_rules(peer, entry.id, equivalents, ids)
                if entry.wrong:
                    problems.append(_problem(origin, f"{entry.wrong} and does not count"))
                elif not known:
                    strangers.append(entry.id)
                else:
                    suppression = Suppression(entry.id, entry.reason, origin, "peer")
                    yield _PlacedSuppression(stack, logical_id, known, suppression)
        if strangers:
            problems.append(_unknown_ids(peer, strangers))


def _find_blocks(stacks: Sequence[Stack], peer: Peer) -> Iterator[tuple[Stack, str | None, Any]]:
    """The peer's blocks of metadata: (stack, logical id of the resource or None for the whole stack, block)."""
    key = peer.metadata_key
    for stack in stacks:
        whole = stack.template.get("Metadata")
        if peer.suppresses_stacks and isinstance(whole, dict) and key in whole:
            yield stack, None, whole[key]
        for logical_id, body in (stack.template.get("Resources") or {}).items():
            metadata = body.get("Metadata") if isinstance(body, dict) else None
            if isinstance(metadata, dict) and key in metadata:
                yield stack, logical_id, metadata[key]


def _equivalents(rules: Iterable[Rule], peer: Peer) -> dict[str, set[str]]:
    """The peer's rule, in small letters -> our rules that check the same."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for name in {name for key in peer.equivalents_keys for name in rule.equivalents.get(key, ())}:
            found.setdefault(name.lower(), set()).add(rule.id)
    return found


def _our_rules(peer: Peer, written: str, equivalents: Mapping[str, set[str]], ids: PublicIds) -> frozenset[str]:
    """Our rules for an id as the peer's users write it; several of ours may check parts of it."""
    public = next((ids[key] for key in peer.equivalents_keys if ids.get(key)), {})
    names = {written, public.get(written, written), *(written.removeprefix(prefix) for prefix in peer.id_prefixes)}
    return frozenset(rule for name in names for rule in equivalents.get(name.lower(), ()))


def _unknown_ids(peer: Peer, ids: Sequence[str]) -> Problem:
    some = ", ".join(sorted(set(ids))[:3]) + (", ..." if len(set(ids)) > 3 else "")
    number = "1 suppression names" if len(ids) == 1 else f"{len(ids)} suppressions name"
    return _problem(f"{peer.name} metadata", f"{number} what no rule here checks ({some})")


def _problem(origin: str, message: str) -> Problem:
    return Problem("suppression", f"{origin}: {message}", fatal=False)
