"""The checks of a watch: each loads the settings anew, and the rules only where they may be others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection

from cdkguard._typing import TextIO
from cdkguard.check.evaluate import BoundConfig, bind_config
from cdkguard.check.run import check
from cdkguard.config.settings import Config
from cdkguard.model import Report
from cdkguard.packs.folders import find_pack_folder


class Checks:
    """Checks one configuration again and again; `load` gives it as it is now, or raises ConfigError."""

    def __init__(self, load: Callable[[], Config], progress: TextIO | None) -> None:
        self._load, self._progress = load, progress
        self._bound: BoundConfig | None = None

    def run(self, changed: Collection[str]) -> Report:
        """Judge; `changed` are the files that changed since the last call. Raises as `check` does."""
        config = self._load()
        if self._bound is None or config != self._bound.config or _touches_packs(config, changed):
            self._bound = None  # What raises below must not leave the rules of before.
            self._bound = bind_config(config)
        if any(path.endswith(".py") for path in changed):
            forget_code(config.python_packs)
        return check(config, progress=self._progress, bound=self._bound)


def _touches_packs(config: Config, changed: Collection[str]) -> bool:
    """Whether one of the files lies in a pack of rules."""
    folders = [os.path.realpath(find_pack_folder(name)) + os.sep for name in config.packs]
    return any(os.path.realpath(path).startswith(folder) for path in changed for folder in folders)


def forget_code(packages: Collection[str]) -> None:
    """Have the Python code of these packages imported anew, because a rule's predicate may have changed."""
    import importlib

    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
