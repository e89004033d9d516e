"""begun.json: an audit that is not finished yet, so that only the same one goes on with it."""

from __future__ import annotations

import json

from cdkguard.audit.results.folder import Folder
from cdkguard.audit.results.run_file import BEGUN, RUN, header_document, make_header
from cdkguard.errors import ConfigError, InputError
from cdkguard.outputs.audit.record import RunHeader
from cdkguard.outputs.audit.words import shorten_digest
from cdkguard.text import escape


def begin(folder: Folder, header: RunHeader, resume: bool) -> RunHeader:
    """See Store.begin."""
    place = folder.place
    if folder.read(RUN) is None and not folder.hold():
        raise ConfigError(f"{place}: another audit is writing there now: name another place, or wait for it")
    if folder.read(RUN) is not None:
        raise ConfigError(f"{place}: holds a finished audit: name another place (--since {place} compares with it)")
    begun = folder.read(BEGUN)
    if begun is None:
        folder.write(BEGUN, f"{escape.json_text(header_document(header))}\n".encode())
        return header
    if not resume:
        raise ConfigError(f"{place}: holds an audit that was not finished: --resume goes on with it")
    earlier = _read(begun, place)
    if earlier.version != header.version:
        raise ConfigError(
            f"{place}: was begun by cdkguard {earlier.version}, this is {header.version}: begin another one"
        )
    if earlier.rules_digest != header.rules_digest:
        then, now = shorten_digest(earlier.rules_digest), shorten_digest(header.rules_digest)
        raise ConfigError(
            f"{place}: was begun with other rules or another configuration ({then}; now {now}): begin another one"
        )
    return earlier


def _read(content: bytes, place: str) -> RunHeader:
    try:
        return make_header(json.loads(content))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise InputError(f"{place}: {BEGUN}: not what `cdkguard audit run` writes: {problem!r}") from problem
