"""Writing of a snapshot of the app, and the search for credentials in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import TextIO
from cdkguard.baselines import snapshot
from cdkguard.check.difference import new_side, refuse_unread
from cdkguard.config.environments import environment_context
from cdkguard.config.settings import Config
from cdkguard.system import files
from cdkguard.text import credentials


def write_snapshot(config: Config, folder: str, progress: TextIO | None = None) -> list[str]:
    """Write the app's stacks as a snapshot; returns the paths of the files. Raises InputError."""
    with new_side(config, progress) as found:
        refuse_unread(found.problems)
        context = environment_context({**found.context, **config.context}, config.environments)
        return snapshot.write_snapshot(found, folder, context)


def find_credentials(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(path, kind of credential) of each file that holds one: a snapshot is committed, and holds all of the templates."""
    for path in paths:
        kind = credentials.find_credential_kind(files.read_text(path))
        if kind is not None:
            yield path, kind
