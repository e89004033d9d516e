"""Results in a bucket: the only place to which cdkguard writes in AWS, and only where --out names it.

Needs s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from cdkguard.audit.results.folder import S3
from cdkguard.errors import ConfigError, InputError

T = TypeVar("T")
_AT_ONCE = 1000  # Names that one DeleteObjects takes.
_ABSENT = ("NoSuchKey", "404")


class S3Folder:
    """A prefix of a bucket; an object is there whole or not at all."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.bucket, _, prefix = place.removeprefix(S3).partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        if not self.bucket:
            raise ConfigError(f"{place}: names no bucket: s3://BUCKET/PREFIX")
        self._lock = threading.Lock()
        self._made: Any = None

    def names(self, prefix: str) -> list[str]:
        """See Folder.names."""

        def ask() -> list[str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix
            )
            return [entry["Key"][len(self.prefix) :] for page in pages for entry in page.get("Contents", ())]

        return sorted(self._ask("listed", ask))

    def read(self, name: str) -> bytes | None:
        """See Folder.read."""
        from botocore.exceptions import ClientError

        def ask() -> bytes | None:
            try:
                body: bytes = self._client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read()
                return body
            except ClientError as problem:
                if problem.response.get("Error", {}).get("Code") in _ABSENT:
                    return None
                raise

        return self._ask("read", ask, name)

    def write(self, name: str, content: bytes) -> None:
        """See Folder.write."""
        self._ask(
            "written",
            lambda: self._client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=content),
            name,
        )

    def remove(self, names: Iterable[str]) -> None:
        """See Folder.remove."""
        keys = [{"Key": self.prefix + name} for name in names]
        for first in range(0, len(keys), _AT_ONCE):
            some = {"Objects": keys[first : first + _AT_ONCE], "Quiet": True}
            self._ask("removed", partial(self._client.delete_objects, Bucket=self.bucket, Delete=some))

    def hold(self) -> bool:
        """See Folder.hold. A bucket has no locks: of two audits into one prefix, the second one to finish is refused."""
        return True

    def let_go(self) -> None:
        """See Folder.let_go."""

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                try:
                    import boto3
                except ImportError as problem:
                    raise ConfigError(f"{self.place}: needs boto3: pip install 'cdkguard[aws]'") from problem
                self._made = boto3.client("s3")
            return self._made

    def _ask(self, done: str, request: Callable[[], T], name: str = "") -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        where = f"{S3}{self.bucket}/{self.prefix}{name}"
        try:
            return request()
        except ClientError as problem:
            error = problem.response.get("Error", {})
            words = f"{error.get('Code', 'an error')}: {error.get('Message', '')}"
            raise InputError(f"{where}: cannot be {done}: {words}") from problem
        except BotoCoreError as problem:
            raise InputError(f"{where}: cannot be {done}: {problem}") from problem
