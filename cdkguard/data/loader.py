"""Loads the JSON tables in this folder, each when it is first asked for."""

from __future__ import annotations

import json
import os
from functools import cache

from cdkguard._typing import Any
from cdkguard.errors import InputError, describe_os_error
from cdkguard.system.archives import read_own_bytes

FOLDER = os.path.dirname(__file__)
HEADER = "_"  # the entry of a table that names the sources that it was made from, with their versions


@cache
def peer_ids() -> dict[str, dict[str, str]]:
    """Peer -> the rule id that its users write -> the name of that rule in our rules' `equivalents`."""
    table: dict[str, dict[str, str]] = load_table("peer_ids.json")
    return table


@cache
def sdk_calls() -> dict[str, Any]:
    """Calls of the AWS SDK and the resources that they stand for; see aws/sdk_calls."""
    table: dict[str, Any] = load_table("sdk_calls.json")
    return table


@cache
def agent_calls() -> dict[str, Any]:
    """Service of the AWS CLI -> operation -> [kind, resource type, argument that names the target, what switches it on]."""
    table: dict[str, Any] = load_table("agent_calls.json")
    return table


def load_table(name: str) -> Any:
    """The table in a file of this folder, without its header; raises InputError where the installation is damaged."""
    path = os.path.join(FOLDER, name)
    try:
        table = json.loads(read_own_bytes(path).decode("utf-8"))
        table.pop(HEADER, None)
    except OSError as problem:
        raise InputError(f"{describe_os_error(problem)}: cdkguard cannot read a file of its own") from problem
    except (ValueError, AttributeError, TypeError) as problem:
        raise InputError(f"{path}: this file of cdkguard is damaged: install it again") from problem
    return table
