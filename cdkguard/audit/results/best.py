"""The best of very many items, without keeping them all."""

from __future__ import annotations

import heapq
from typing import Any


class Best:
    """The items of the highest ranks, of however many; of equal ranks the first."""

    def __init__(self, most: int) -> None:
        self._most, self._number = most, 0
        self._heap: list[tuple[Any, int, Any]] = []

    def add(self, rank: tuple[Any, ...], item: Any) -> None:
        """Another item."""
        self._number -= 1
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (rank, self._number, item))
        elif self._heap[0][0] < rank:
            heapq.heapreplace(self._heap, (rank, self._number, item))

    def items(self) -> tuple[Any, ...]:
        """From the highest rank on."""
        return tuple(item for _rank, _number, item in sorted(self._heap, key=lambda entry: entry[:2], reverse=True))


class Earlier(str):
    """A time; the earlier one is greater."""

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)
