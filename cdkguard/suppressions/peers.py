"""Suppressions that teams wrote for another checker, in template metadata, counted for our equivalent rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import Finding, Problem, Rule, Stack, Suppression

_SPELT = {"cfn-nag": "cfn_nag"}  # in `equivalents`, where that differs
_NO_REASON = "suppressed for guard, no reason given"  # its usual form has no place for one
_NAG_PACKS = ("HIPAA.Security-", "NIST.800.53.R4-", "NIST.800.53.R5-", "PCI.DSS.321-", "Serverless-", "AwsSolutions-")

Ids = Mapping[str, Mapping[str, str]]  # peer -> the id that its users write -> the name in `equivalents`


class _Written(NamedTuple):
    """One suppression of a peer, in words that all of them share."""

    id: str
    reason: str
    wrong: str = ""  # why it does not count


class _Held(NamedTuple):
    """Our rules that one place no longer has to satisfy; without a logical id the place is the whole stack."""

    stack: Stack
    logical_id: str | None
    rules: frozenset[str]
    suppression: Suppression

    def holds(self, finding: Finding) -> bool:
        if finding.rule_id not in self.rules or finding.template_path != self.stack.template_path:
            return False
        if finding.stack_path != (self.stack.construct_path or self.stack.name):
            return False
        return self.logical_id is None or finding.logical_id == self.logical_id


def apply(
    findings: Sequence[Finding],
    stacks: Sequence[Stack],
    rules: Iterable[Rule],
    peers: Sequence[str],
    ids: Ids,
    ignored: Collection[str] = (),
) -> tuple[list[Finding], list[Problem]]:
    """The same findings, those suppressed for one of `peers` marked, and what does not count, said.

    `rules` are all that exist. What our own suppressions have marked stays as it is. An entry whose origin is in
    `ignored` does not count.
    """
    problems: list[Problem] = []
    held = []
    for one in _held(stacks, rules, peers, ids, problems):
        if one.suppression.origin in ignored:
            problems.append(_problem(one.suppression.origin, "is not in the baseline yet and does not count"))
        else:
            held.append(one)
    by_rule: dict[str, list[_Held]] = {}
    for one in held:
        for rule in one.rules:
            by_rule.setdefault(rule, []).append(one)
    return [_mark(finding, by_rule.get(finding.rule_id, ())) for finding in findings], problems


def written_in_code(
    stacks: Sequence[Stack], rules: Iterable[Rule], peers: Sequence[str], ids: Ids
) -> list[Suppression]:
    """The peers' suppressions that count for us, with the place of each as its construct path."""
    return [one.suppression._replace(construct_path=_place(one)) for one in _held(stacks, rules, peers, ids, [])]


def _place(one: _Held) -> str:
    if one.logical_id is None:
        return one.stack.construct_path or one.stack.name
    return one.stack.construct_paths.get(one.logical_id) or one.logical_id


def _mark(finding: Finding, candidates: Iterable[_Held]) -> Finding:
    if finding.suppression is not None:
        return finding
    found = next((one.suppression for one in candidates if one.holds(finding)), None)
    return finding._replace(suppression=found) if found else finding


def _held(
    stacks: Sequence[Stack], rules: Iterable[Rule], peers: Sequence[str], ids: Ids, problems: list[Problem]
) -> Iterator[_Held]:
    ours = list(rules)
    for peer in peers:
        equivalents = _equivalents(ours, peer)
        strange: list[str] = []
        for stack, logical_id, block in _blocks(stacks, peer):
            place = f"{stack.construct_paths.get(logical_id) or logical_id} in " if logical_id else ""
            origin = f"{peer} metadata of {place}{stack.template_path}"
            for written in _FORMS[peer](block):
                known = _known(peer, written.id, equivalents, ids)
                if written.wrong:
                    problems.append(_problem(origin, f"{written.wrong} and does not count"))
                elif not known:
                    strange.append(written.id)
                else:
                    accepted = Suppression(written.id, written.reason, origin, "peer")
                    yield _Held(stack, logical_id, known, accepted)
        if strange:
            problems.append(_unknown(peer, strange))


def _equivalents(rules: Iterable[Rule], peer: str) -> dict[str, set[str]]:
    """The peer's rule, in small letters -> our rules that check the same."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for name in {*rule.equivalents.get(peer, ()), *rule.equivalents.get(_SPELT.get(peer, peer), ())}:
            found.setdefault(name.lower(), set()).add(rule.id)
    return found


def _known(peer: str, written: str, equivalents: Mapping[str, set[str]], ids: Ids) -> frozenset[str]:
    """Our rules for an id as the peer's users write it; several of ours may check parts of it."""
    names = {written, (ids.get(peer) or ids.get(_SPELT.get(peer, peer)) or {}).get(written, written)}
    if peer == "cdk-nag":
        names |= {written.removeprefix(pack) for pack in _NAG_PACKS}
    return frozenset(rule for name in names for rule in equivalents.get(name.lower(), ()))


def _unknown(peer: str, strange: Sequence[str]) -> Problem:
    shown = ", ".join(sorted(set(strange))[:3]) + (", ..." if len(set(strange)) > 3 else "")
    number = "1 suppression names" if len(strange) == 1 else f"{len(strange)} suppressions name"
    return _problem(f"{peer} metadata", f"{number} what no rule here checks ({shown})")


def _problem(origin: str, message: str) -> Problem:
    return Problem("suppression", f"{origin}: {message}", fatal=False)


# -- where each peer's users write, and how


def _blocks(stacks: Sequence[Stack], peer: str) -> Iterator[tuple[Stack, str | None, Any]]:
    """The peer's blocks of metadata: of resources, and of the whole stack for cdk-nag, which alone knows that."""
    key = peer.replace("-", "_")
    for stack in stacks:
        whole = stack.template.get("Metadata")
        if peer == "cdk-nag" and isinstance(whole, dict) and key in whole:
            yield stack, None, whole[key]
        for logical_id, body in (stack.template.get("Resources") or {}).items():
            metadata = body.get("Metadata") if isinstance(body, dict) else None
            if isinstance(metadata, dict) and key in metadata:
                yield stack, logical_id, metadata[key]


def _entries(block: Any, key: str) -> list[Any] | None:
    found = block.get(key) if isinstance(block, dict) else None
    return found if isinstance(found, list) else None


def _reasoned(block: Any, key: str, words: str) -> Iterator[_Written]:
    """Entries {id, <words>: reason}."""
    entries = _entries(block, key)
    if entries is None:
        yield _Written("", "", f"a block without the list `{key}` suppresses nothing")
        return
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
            yield _Written("", "", f"an entry of `{key}` needs an id; it says nothing")
        elif not isinstance(entry.get(words), str) or not entry[words].strip():
            yield _Written(entry["id"], "", f"the suppression of '{entry['id']}' has no {words}")
        else:
            yield _Written(entry["id"], entry[words])


def _checkov(block: Any) -> Iterator[_Written]:
    yield from _reasoned(block, "skip", "comment")


def _nag(block: Any) -> Iterator[_Written]:
    """Some cdk-nag entries hold for parts of a resource only, which our findings do not tell apart."""
    entries = _entries(block, "rules_to_suppress") or []
    for written, entry in zip(_reasoned(block, "rules_to_suppress", "reason"), entries or [None], strict=True):
        if written.wrong or not isinstance(entry, dict):
            yield written
        elif entry.get("applies_to") or entry.get("appliesTo") or "[" in written.id:
            yield written._replace(wrong=f"the suppression of '{written.id}' is for a part of the resource")
        elif entry.get("is_reason_encoded"):
            yield _decoded(written)
        else:
            yield written


def _decoded(written: _Written) -> _Written:
    """cdk-nag writes reasons with other than Latin letters as base64."""
    from base64 import b64decode

    try:
        return written._replace(reason=b64decode(written.reason, validate=True).decode("utf-8"))
    except ValueError:
        return written._replace(wrong=f"the suppression of '{written.id}' has a reason that cannot be decoded")


def _cfn_nag(block: Any) -> Iterator[_Written]:
    yield from _reasoned(block, "rules_to_suppress", "reason")


def _guard(block: Any) -> Iterator[_Written]:
    """Names of rules; some rules of its registry know {name: reason} as well."""
    entries = _entries(block, "SuppressedRules")
    if entries is None:
        yield _Written("", "", "a block without the list `SuppressedRules` suppresses nothing")
        return
    for entry in entries:
        named = {entry: _NO_REASON} if isinstance(entry, str) else entry
        if not isinstance(named, dict) or not named or "" in named:
            yield _Written(
                "", "", "an entry of `SuppressedRules` is a rule's name, or {name: reason}; another says nothing"
            )
            continue
        for name, reason in named.items():
            if isinstance(reason, str) and reason.strip():
                yield _Written(name, reason)
            else:
                yield _Written(name, "", f"the suppression of '{name}' has no reason")


_FORMS: Mapping[str, Callable[[Any], Iterator[_Written]]] = {
    "checkov": _checkov,
    "cdk-nag": _nag,
    "cfn-nag": _cfn_nag,
    "guard": _guard,
}
