"""Where results lie: a folder, or a prefix of an S3 bucket."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from cdkguard._typing import Protocol
from cdkguard.errors import ConfigError, InputError
from cdkguard.system import files, locks

S3 = "s3://"
LOCK = "writing.lock"  # Held while an audit writes to a folder of this machine.


class Folder(Protocol):
    """Files by name, `/` between the parts of it; written whole or not at all."""

    place: str  # As the user named it.

    def names(self, prefix: str) -> list[str]:
        """The files below `prefix` ("parts/"), sorted; none where there is no such folder."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none. Raises InputError where it cannot be read."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Give a file this content. Raises InputError where it cannot be written."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, those that are not there as well."""
        ...

    def hold(self) -> bool:
        """Keep other writers out until `let_go`, or until this process ends; False where another one is writing there now."""
        ...

    def let_go(self) -> None:
        """Let others write there; nothing where it is not held."""
        ...


def open_folder(place: str) -> Folder:
    """The folder or the prefix of that name. Raises ConfigError for a name that is none."""
    if place.startswith(S3):
        from cdkguard.audit.results.s3_folder import S3Folder

        return S3Folder(place)
    if "://" in place:
        raise ConfigError(f"{place}: results lie in a folder, or at s3://BUCKET/PREFIX")
    return LocalFolder(place)


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._held: locks.Lock | None = None

    def hold(self) -> bool:
        """See Folder.hold."""
        path = self._path(LOCK)
        try:
            os.makedirs(self.place, exist_ok=True)
            self._held = self._held or locks.hold(path)
        except OSError as problem:
            raise InputError(f"{path}: cannot be written: {problem.strerror}") from problem
        return self._held is not None

    def let_go(self) -> None:
        """See Folder.let_go."""
        if self._held is not None:
            self._held.let_go()
            self._held = None

    def names(self, prefix: str) -> list[str]:
        """See Folder.names."""
        top = os.path.join(self.place, prefix)
        try:
            if not files.is_folder(top):
                return []
            found = [os.path.join(folder, name) for folder, _, names in files.walk(top) for name in names]
        except OSError as problem:
            raise InputError(f"{self.place}: cannot be listed: {problem.strerror}") from problem
        return sorted(os.path.relpath(path, self.place).replace(os.sep, "/") for path in found)

    def read(self, name: str) -> bytes | None:
        """See Folder.read."""
        path = self._path(name)
        try:
            return files.read_bytes(path) if files.exists(path) else None
        except OSError as problem:
            raise InputError(f"{path}: cannot be read: {problem.strerror}") from problem

    def write(self, name: str, content: bytes) -> None:
        """See Folder.write."""
        path = self._path(name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            files.write(path, content)
        except OSError as problem:
            raise InputError(f"{path}: cannot be written: {problem.strerror}; the audit can be resumed") from problem

    def remove(self, names: Iterable[str]) -> None:
        """See Folder.remove; folders that are then empty go, too."""
        folders = set()
        for name in names:
            path = self._path(name)
            with suppress(FileNotFoundError):
                os.unlink(path)
            while (path := os.path.dirname(path)) != self._path(""):
                folders.add(path)
        for folder in sorted(folders, reverse=True):
            with suppress(OSError):
                os.rmdir(folder)

    def _path(self, name: str) -> str:
        return os.path.join(self.place, *name.split("/")) if name else os.path.join(self.place)
