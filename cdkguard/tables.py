"""The tables of facts about AWS that the package ships as data, each read when it is first asked for."""

from __future__ import annotations

import json
import os
from functools import cache

from cdkguard.replacement import Replacements

FOLDER = os.path.join(os.path.dirname(__file__), "data")
HEADER = "_"  # the entry of a data file that says which versions of which sources it was made from


@cache
def replacements() -> Replacements:
    """Which property changes replace a resource; made by tools/replacement/make_table.py."""
    with open(os.path.join(FOLDER, "replacement.json"), encoding="utf-8") as handle:
        table = json.load(handle)
    del table[HEADER]
    return Replacements(table)


@cache
def peer_ids() -> dict[str, dict[str, str]]:
    """Peer -> the id that its users write -> the name that rules have among their `equivalents`."""
    with open(os.path.join(FOLDER, "peer_ids.json"), encoding="utf-8") as handle:
        table: dict[str, dict[str, str]] = json.load(handle)
    table.pop(HEADER, None)
    return table
