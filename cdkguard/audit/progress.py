"""How far an audit is, for whoever watches it; this one shows nothing, and `cli.audit_progress` shows a bar."""

from __future__ import annotations


class Progress:
    """Counts what is done. Its methods are called by one thread at a time."""

    def begin(self, stacks: int, places: int) -> None:
        """The inventory is known; a second call corrects it."""

    def add(self, stacks: int = 0, findings: int = 0, unread: int = 0, refused: int = 0) -> None:
        """Another so many were judged, found, not read, and refused by AWS for being too many calls at once."""

    def say(self, text: str) -> None:
        """What happens now, in a few words: "listing stacks", "comparing with the last audit"."""

    def end(self) -> None:
        """Nothing more comes."""
