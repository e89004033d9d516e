"""A request to the engine as plain JSON values: what a tool call asks, once its path is known to be the client's."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple


class Request(NamedTuple):
    """What the child process is asked; every field is a JSON value."""

    job: str  # a key of jobs.JOBS
    path: str = ""  # the real path of an app, a cloud assembly, or templates
    roots: tuple[str, ...] = ()  # the real paths of the folders that may be read from
    synthesize: bool = False  # Whether the app is to be run.
    is_trusted: bool = False  # Whether somebody has allowed that code of the app runs.
    context: Mapping[str, Json] = {}
    environment: str | None = None
    against: str | None = None  # a kind of baseline, or the real path of a saved one
    stacks: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()  # of the checklist; empty: all
    words: tuple[str, ...] = ()  # of a search for rules, or the one rule that is to be explained
    resource_type: str | None = None
    cursor: str | None = None

    @property
    def asked(self) -> dict[str, Json]:
        """The request as JSON values, without what tells one page from another."""
        return {name: value for name, value in self._asdict().items() if name not in ("cursor", "roots")}


def read_request(values: Mapping[str, Json]) -> Request:
    """The request that a line of JSON holds."""
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Request(**{**values, **lists})
