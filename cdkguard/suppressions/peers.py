"""The other checkers whose suppressions count here on request: one record for each.

A new peer is a record here, its name in `model.PEERS` (which the command line reads without loading this module) and in
the schema of the configuration, and a row in docs/honour.md; tests hold the four together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cdkguard._typing import Any, NamedTuple

_NO_REASON = "suppressed for guard, no reason given"  # its usual form has no place for one


class PeerEntry(NamedTuple):
    """One suppression as a peer's user wrote it."""

    id: str  # "" where the entry has none
    reason: str
    wrong: str = ""  # why it does not count


class Peer(NamedTuple):
    """A checker that knows suppressions in template metadata."""

    name: str  # In the configuration, on the command line and in messages.
    metadata_key: str  # Of its block in a resource's Metadata.
    read_block: Callable[[Any], Iterator[PeerEntry]]  # From that block, which may be of any shape.
    equivalents_keys: tuple[str, ...]  # Its names in `equivalents` of rules and in data/peer_ids.json.
    suppresses_stacks: bool = False  # Whether the template's own Metadata may hold a block for the whole stack.
    id_prefixes: tuple[str, ...] = ()  # Of packs, which its users write before the name of a rule.


def _list_at(block: Any, key: str) -> list[Any] | None:
    found = block.get(key) if isinstance(block, dict) else None
    return found if isinstance(found, list) else None


def _read_entries(block: Any, key: str, reason_key: str) -> Iterator[PeerEntry]:
    """The entries {id, <reason_key>: reason} of a list."""
    entries = _list_at(block, key)
    if entries is None:
        yield PeerEntry("", "", f"a block without the list `{key}` suppresses nothing")
        return
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
            yield PeerEntry("", "", f"an entry of `{key}` needs an id; it says nothing")
        elif not isinstance(entry.get(reason_key), str) or not entry[reason_key].strip():
            yield PeerEntry(entry["id"], "", f"the suppression of '{entry['id']}' has no {reason_key}")
        else:
            yield PeerEntry(entry["id"], entry[reason_key])


def _read_checkov(block: Any) -> Iterator[PeerEntry]:
    yield from _read_entries(block, "skip", "comment")


def _read_cdk_nag(block: Any) -> Iterator[PeerEntry]:
    """Some of its entries are for parts of a resource only, which our findings do not tell apart."""
    entries = _list_at(block, "rules_to_suppress") or []
    for read, entry in zip(_read_entries(block, "rules_to_suppress", "reason"), entries or [None], strict=True):
        if read.wrong or not isinstance(entry, dict):
            yield read
        elif entry.get("applies_to") or entry.get("appliesTo") or "[" in read.id:
            yield read._replace(wrong=f"the suppression of '{read.id}' is for a part of the resource")
        elif entry.get("is_reason_encoded"):
            yield _decode_reason(read)
        else:
            yield read


def _decode_reason(entry: PeerEntry) -> PeerEntry:
    """cdk-nag writes reasons with other than Latin letters as base64."""
    from base64 import b64decode

    try:
        return entry._replace(reason=b64decode(entry.reason, validate=True).decode("utf-8"))
    except ValueError:
        return entry._replace(wrong=f"the suppression of '{entry.id}' has a reason that cannot be decoded")


def _read_cfn_nag(block: Any) -> Iterator[PeerEntry]:
    yield from _read_entries(block, "rules_to_suppress", "reason")


def _read_guard(block: Any) -> Iterator[PeerEntry]:
    """Names of rules; some rules of its registry know {name: reason} as well."""
    entries = _list_at(block, "SuppressedRules")
    if entries is None:
        yield PeerEntry("", "", "a block without the list `SuppressedRules` suppresses nothing")
        return
    for entry in entries:
        reasons = {entry: _NO_REASON} if isinstance(entry, str) else entry
        if not isinstance(reasons, dict) or not reasons or "" in reasons:
            wrong = "an entry of `SuppressedRules` is a rule's name, or {name: reason}; another says nothing"
            yield PeerEntry("", "", wrong)
            continue
        for name, reason in reasons.items():
            if isinstance(reason, str) and reason.strip():
                yield PeerEntry(name, reason)
            else:
                yield PeerEntry(name, "", f"the suppression of '{name}' has no reason")


_CDK_NAG_PACKS = (
    "HIPAA.Security-",
    "NIST.800.53.R4-",
    "NIST.800.53.R5-",
    "PCI.DSS.321-",
    "Serverless-",
    "AwsSolutions-",
)

PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("checkov", "checkov", _read_checkov, ("checkov",)),
        Peer("cdk-nag", "cdk_nag", _read_cdk_nag, ("cdk-nag",), suppresses_stacks=True, id_prefixes=_CDK_NAG_PACKS),
        Peer("cfn-nag", "cfn_nag", _read_cfn_nag, ("cfn-nag", "cfn_nag")),
        Peer("guard", "guard", _read_guard, ("guard",)),
    )
}
