"""Templates of the last audit, so that the next one reads only those that were deployed since. Verdicts are never kept.

A template may hold secrets: the files are the user's alone. Whoever can write to the folder decides what is judged, so
one that others may write to is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from contextlib import suppress

from cdkguard._typing import Json
from cdkguard.audit.nouns import StackEntry
from cdkguard.audit.statuses import is_moving
from cdkguard.errors import ConfigError

_FORMAT = "2"


class TemplateCache:
    """A folder with one file for each stack; several processes may use it at once."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder; raises ConfigError where others may write to it, OSError where it cannot be made."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if not hasattr(os, "geteuid"):
            return
        status = os.stat(self.folder)
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise ConfigError(f"--cache {self.folder}: others may write to it: chmod 700 it, or name another folder")

    def get(self, stack: StackEntry) -> Json:
        """The template of this very state of the stack; None where it is not there."""
        try:
            with open(self._path(stack), "rb") as handle:
                kept = json.loads(zlib.decompress(handle.read()))
        except (OSError, ValueError, zlib.error):
            return None
        same = isinstance(kept, dict) and kept.get("state") == _state_of(stack)
        return kept.get("body") if same else None

    def put(self, stack: StackEntry, body: Json) -> None:
        """Keep a template; one of a stack that is being changed is not kept, nor where the disk is full."""
        if is_moving(stack.status):
            return
        path = self._path(stack)
        temporary = f"{path}.{os.urandom(6).hex()}.part"
        data = zlib.compress(json.dumps({"state": _state_of(stack), "body": body}).encode(), 6)
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)

    def _path(self, stack: StackEntry) -> str:
        name = hashlib.sha256(stack.stack_id.encode()).hexdigest()
        return os.path.join(self.folder, name[:2], f"{name[2:]}.json.z")


def _state_of(stack: StackEntry) -> list[str]:
    """What changes with each deployment; a rollback changes the template back, and shows in the status alone. What the times
    do not show, of an import or a refactoring, the change set does, which is in the digest of the description."""
    return [_FORMAT, stack.stack_id, stack.created, stack.updated, stack.status, stack.described]
