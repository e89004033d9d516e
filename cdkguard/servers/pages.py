"""A page of long lists: their next items, and a cursor that finds the page after it without any memory of the server.

A cursor holds the place and a digest of all that the lists hold and of what was asked. Whoever comes back with it after
the app has changed is told so, and no item is shown twice or left out in silence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from cdkguard._typing import Json, NamedTuple
from cdkguard.errors import ConfigError
from cdkguard.text.sha256 import digest

PAGE = 20  # items of each list
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,8})\.([0-9a-f]{32})")


class Page(NamedTuple):
    """The items of each list that are shown, how many come after them, and the cursor of the next page."""

    items: tuple[Sequence[Json], ...]
    left: tuple[int, ...]
    next_cursor: str | None


def take_page(asked: Json, lists: Sequence[Sequence[Json]], cursor: str | None, size: int = PAGE) -> Page:
    """The page of `lists` that the cursor names, the first without one. `asked` is what the lists answer, as JSON values.

    Raises ConfigError for a cursor of something else.
    """
    stamp = digest(json.dumps([asked, lists], sort_keys=True).encode())[:32]
    start = _start_of(cursor, stamp, max(map(len, lists), default=0), size)
    end = start + size
    left = tuple(max(0, len(items) - end) for items in lists)
    return Page(tuple(items[start:end] for items in lists), left, f"{end}.{stamp}" if any(left) else None)


def _start_of(cursor: str | None, stamp: str, longest: int, size: int) -> int:
    if cursor is None:
        return 0
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ConfigError("cursor is not one that this tool has given: ask again without it")
    if match[2] != stamp:
        raise ConfigError(
            "the answer has changed since its first page, or it is asked otherwise: ask again without cursor"
        )
    start = int(match[1])
    if start % size or start >= longest:
        raise ConfigError("there is no such page: ask again without cursor")
    return start
