"""What people call a resource: its construct path, in place of the logical ID that CDK makes of it."""

from __future__ import annotations

from cdkguard.model import Stack
from cdkguard.text.regexes import lazy_pattern

_HASHED_ID = lazy_pattern(r"(?<![\w/.:-])[A-Za-z0-9]+[0-9A-F]{8}\b")  # a logical ID that CDK made


def name_resource(stack: Stack, logical_id: str) -> str:
    """The construct path without CDK's last step, `Resource`; the logical ID where no path is known."""
    path = stack.construct_paths.get(logical_id)
    return path.removesuffix("/Resource") if path else logical_id


def use_construct_paths(text: str, stack: Stack) -> str:
    """The text with construct paths in place of logical IDs that end in CDK's hash, where the path is known."""
    return _HASHED_ID.sub(lambda found: name_resource(stack, found.group()), text)
