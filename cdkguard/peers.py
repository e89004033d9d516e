"""Which of our rules check what a peer's rule checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cdkguard.model import Rule
from cdkguard.typed import NamedTuple


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


def named(asked: str, pairs: Sequence[Equivalent]) -> list[Equivalent]:
    """The pairs that `peer:id` or a bare id means, by public id or name, in whatever case."""
    peer, colon, bare = asked.partition(":")
    peers = {pair.peer for pair in pairs}
    wanted, of = (bare.lower(), peer.lower()) if colon and peer.lower() in peers else (asked.lower(), None)
    return [
        pair
        for pair in pairs
        if wanted in ((pair.public_id or "").lower(), pair.name.lower()) and (of is None or pair.peer == of)
    ]
