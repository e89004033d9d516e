"""The rules of other tools (peers) that check the same as a rule of cdkguard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Rule


class Equivalent(NamedTuple):
    """A peer's rule and the rule of cdkguard that checks the same."""

    peer: str
    public_id: str | None  # The id that users know, such as CKV_AWS_28; None where there is none, or it is not known.
    name: str  # The name in the peer's source.
    rule: Rule


def find_equivalents(rules: Sequence[Rule], public: Mapping[str, Mapping[str, str]]) -> Iterator[Equivalent]:
    """Find every pair; `public` is peer -> public id -> the name in the peer's source."""
    ids = {peer: {name: public_id for public_id, name in table.items()} for peer, table in public.items()}
    for rule in rules:
        for peer, names in rule.equivalents.items():
            for name in names:
                yield Equivalent(peer, ids.get(peer, {}).get(name), name, rule)


# Names under which users know a peer, beside the one that rules write; `_` and `-` are the same.
_OTHER_NAMES = {"cfn-guard": "guard", "cloudformation-guard": "guard"}


def select_pairs(asked: str, pairs: Sequence[Equivalent]) -> list[Equivalent]:
    """Select the pairs that `peer:id` or an id alone names, by public id or name, in any case."""
    peer, wanted = _split_peer(asked, {pair.peer for pair in pairs})
    return [
        pair
        for pair in pairs
        if wanted in [_normalise(name) for name in (pair.public_id, pair.name) if name] and peer in (None, pair.peer)
    ]


def describe_unmatched(asked: str, public: Mapping[str, Mapping[str, str]]) -> str | None:
    """The peer's rule that `asked` names, in words, for one that no rule of cdkguard checks; None if no peer has it."""
    peer, wanted = _split_peer(asked, set(public))
    for one, table in public.items():
        for public_id, name in table.items():
            if wanted in (_normalise(public_id), _normalise(name)) and peer in (None, one):
                return f"{one}'s {public_id} ({name})"
    return None


def _split_peer(asked: str, peers: set[str]) -> tuple[str | None, str]:
    """The peer before a colon (None without one), and the rest, normalised."""
    before, colon, after = asked.partition(":")
    spelling = before.lower().replace("_", "-")
    spelling = _OTHER_NAMES.get(spelling, spelling)
    peer = next((peer for peer in sorted(peers) if colon and peer.replace("_", "-") == spelling), None)
    return (peer, _normalise(after)) if peer else (None, _normalise(asked))


def _normalise(rule_id: str) -> str:
    """An id in small letters, without the AVD that Trivy's ids are written with or without."""
    return rule_id.strip().lower().removeprefix("avd-")
