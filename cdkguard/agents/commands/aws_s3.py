"""The verbs of `aws s3`, which are no calls of the API: rb, rm, mv, sync, cp."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.options import read_options
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind

_VALUED = frozenset(
    [
        "profile", "region", "output", "query", "endpoint-url", "exclude", "include", "acl", "storage-class", "sse",
        "sse-c", "sse-c-key", "sse-kms-key-id", "sse-c-copy-source", "sse-c-copy-source-key", "grants", "content-type",
        "content-encoding", "content-language", "content-disposition", "cache-control", "expires", "source-region",
        "page-size", "metadata", "metadata-directive", "website-redirect", "copy-props", "checksum-algorithm",
        "checksum-mode", "request-payer", "expected-size", "case-conflict", "error-document", "index-document",
        "expires-in",
    ]
)  # fmt: skip


def read_s3(call: Call, operation: str, rest: list[str], shared: dict[str, object]) -> Iterator[Action]:
    """What `aws s3 OPERATION` would do to the objects of a bucket."""
    options = read_options(rest, _VALUED)
    if options.has("--dryrun"):
        return
    places = options.positional
    flags = tuple(each for each in ("--recursive", "--force", "--delete") if options.has(each))
    is_remote = [place.lower().startswith("s3://") or not is_known(place) for place in places]
    if operation in ("rb", "rm") and places:
        yield _act(call, "data-delete", operation, places[0], flags, shared)
    elif operation == "mv" and len(places) > 1:
        if is_remote[0]:
            yield _act(call, "data-delete", operation, places[0], flags, shared)
        if is_remote[1]:
            yield _act(call, "data-write", operation, places[1], flags, shared)
    elif operation in ("cp", "sync") and len(places) > 1 and is_remote[1]:
        kind: ActionKind = "data-delete" if operation == "sync" and options.has("--delete") else "data-write"
        yield _act(call, kind, operation, places[1], flags, shared)
    elif operation == "website" and places:
        yield _act(call, "access", operation, places[0], flags, shared)


def _act(
    call: Call, kind: ActionKind, operation: str, place: str, flags: tuple[str, ...], shared: dict[str, object]
) -> Action:
    bucket = place.removeprefix("s3://").removeprefix("S3://").partition("/")[0]
    return call.act(
        kind,
        "aws",
        f"s3 {operation}",
        target=bucket if is_known(bucket) else "",
        resource_type="AWS::S3::Bucket",
        flags=flags,
        **shared,
    )
