"""The limit of findings: an input that makes more of them than people write is refused instead of filling memory."""

from __future__ import annotations

import os
from collections.abc import Iterable

from cdkguard.engine.rules import MAX_FINDINGS
from cdkguard.inputs.parts import size_of


def limit_of_findings(files: Iterable[str]) -> int:
    """The most findings of these templates: 10,000 for any input, and one more for each 100 bytes of their folders.

    Templates that people wrote have about one finding in each 1,000 characters.
    """
    folders = {os.path.dirname(os.path.realpath(file)) for file in files}
    listed = [os.scandir(folder) for folder in folders if os.path.isdir(folder) and os.access(folder, os.R_OK)]
    size = sum(size_of(entry.path) for entries in listed for entry in entries)
    return MAX_FINDINGS + size // 100
