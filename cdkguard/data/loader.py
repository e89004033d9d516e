"""The tables of facts about AWS that the package ships as data, each read when it is first asked for."""

from __future__ import annotations

import json
import os
from functools import cache

from cdkguard._typing import Any
from cdkguard.errors import InputError, told
from cdkguard.system import files

FOLDER = os.path.dirname(__file__)
HEADER = "_"  # the entry of a data file that says which versions of which sources it was made from


@cache
def peer_ids() -> dict[str, dict[str, str]]:
    """Peer -> the id that its users write -> the name that rules have among their `equivalents`."""
    table: dict[str, dict[str, str]] = shipped("peer_ids.json")
    return table


def shipped(name: str) -> Any:
    """A file of `data/` without its header, if it has one; raises InputError where the installation is damaged."""
    path = os.path.join(FOLDER, name)
    try:
        table = json.loads(files.read_text(path))
        table.pop(HEADER, None)
    except OSError as problem:
        raise InputError(f"{told(problem)}: cdkguard cannot read a file of its own") from problem
    except (ValueError, AttributeError, TypeError) as problem:
        raise InputError(f"{path}: this file of cdkguard is damaged: install it again") from problem
    return table
