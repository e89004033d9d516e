"""How much of what is many is tried by default; with CDKGUARD_WHOLE=1 (`make test-all`, every night) it is all of it.

A sample is the same in each run, so that a failure can be looked at again. Three ways, by what is many:
  - tests: `@pytest.mark.sampled(4)` above a parametrized test leaves every fourth of its tests; the last
    lines of pytest count the others, and each of them that is asked for by name (`-k`, `file::test`) runs;
  - what one test goes through: `share(items, 4)`;
  - examples that Hypothesis makes: `settings(max_examples=examples(150))`.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
WHOLE = os.environ.get("CDKGUARD_WHOLE") == "1"


def share(items: Iterable[T], of: int) -> list[T]:
    """Every `of`-th item, spread over all of them, the first included."""
    every = list(items)
    return every if WHOLE else every[::of]


def examples(number: int) -> int:
    """A quarter of `number`, at least ten."""
    return number if WHOLE else max(10, number // 4)
