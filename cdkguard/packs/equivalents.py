"""Which of our rules check what a peer's rule checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Rule


class Equivalent(NamedTuple):
    """A peer's rule and ours."""

    peer: str
    public_id: str | None  # the id that users know, such as CKV_AWS_28; None where it has none, or is not known
    name: str  # as the peer's source names it
    rule: Rule


def equivalents(rules: Sequence[Rule], public: Mapping[str, Mapping[str, str]]) -> Iterator[Equivalent]:
    """Every pair; `public` is peer -> public id -> the name in the peer's source."""
    ids = {peer: {name: public_id for public_id, name in table.items()} for peer, table in public.items()}
    for rule in rules:
        for peer, names in rule.equivalents.items():
            for name in names:
                yield Equivalent(peer, ids.get(peer, {}).get(name), name, rule)


_OTHER_NAMES = {"cfn-guard": "guard", "cloudformation-guard": "guard"}  # beside `_` for `-`


def named(asked: str, pairs: Sequence[Equivalent]) -> list[Equivalent]:
    """The pairs that `peer:id` or a bare id means, by public id or name, in whatever case."""
    peer, wanted = _parted(asked, {pair.peer for pair in pairs})
    return [
        pair
        for pair in pairs
        if wanted in [_bare(name) for name in (pair.public_id, pair.name) if name] and peer in (None, pair.peer)
    ]


def without_ours(asked: str, public: Mapping[str, Mapping[str, str]]) -> str | None:
    """A rule that a peer has, in words, for one that none of ours is equivalent to; None where no peer is known to."""
    peer, wanted = _parted(asked, set(public))
    for one, table in public.items():
        for public_id, name in table.items():
            if wanted in (_bare(public_id), _bare(name)) and peer in (None, one):
                return f"{one}'s {public_id} ({name})"
    return None


def _parted(asked: str, peers: set[str]) -> tuple[str | None, str]:
    """The peer that is named before a colon, as it is spelt here, and the rest."""
    before, colon, after = asked.partition(":")
    spelt = before.lower().replace("_", "-")
    spelt = _OTHER_NAMES.get(spelt, spelt)
    peer = next((peer for peer in sorted(peers) if colon and peer.replace("_", "-") == spelt), None)
    return (peer, _bare(after)) if peer else (None, _bare(asked))


def _bare(rule_id: str) -> str:
    """In small letters; Trivy's ids are written with and without AVD."""
    return rule_id.strip().lower().removeprefix("avd-")
