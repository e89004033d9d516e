"""Packages of the repository of which node_modules holds copies, of now: `file:` dependencies and pnpm's injected ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from cdkguard._typing import Json
from cdkguard.baselines.package_folders import folders_upwards, read_if_there

_KINDS = ("dependencies", "devDependencies", "optionalDependencies")
# "  '@acme/names@file:packages/names(peer@1)':" in pnpm-lock.yaml
_INJECTED = re.compile(r"^\s+'?((?:@[^@/\s]+/)?[^@/\s]+)@file:([^'():\n]+)", re.MULTILINE)


def find_copied_packages(own: str, prefix: str) -> dict[str, str]:
    """Package -> its folder in the repository, for the packages that the app may have copies of."""
    found: dict[str, str] = {}
    waiting = folders_upwards(prefix)
    for folder in waiting:
        lock = read_if_there(os.path.join(own, folder, "pnpm-lock.yaml")) or b""
        listed = [
            (name, os.path.join(folder, place)) for name, place in _INJECTED.findall(lock.decode("utf-8", "replace"))
        ]
        for name, place in [*_named_in(own, folder), *listed]:
            place = os.path.normpath(place)
            if name not in found and not place.startswith("..") and os.path.isdir(os.path.join(own, place)):
                found[name] = place
                waiting.append(place)
    return found


def _named_in(own: str, folder: str) -> Iterator[tuple[str, str]]:
    """(package, folder) of the `file:` dependencies in the folder's package.json."""
    raw = read_if_there(os.path.join(own, folder, "package.json"))
    try:
        package: Json = json.loads(raw) if raw is not None else {}
    except (ValueError, RecursionError):
        return
    for kind in _KINDS:
        needed = package.get(kind) if isinstance(package, dict) else None
        for name, version in needed.items() if isinstance(needed, dict) else ():
            if isinstance(version, str) and version.startswith("file:"):
                yield name, os.path.join(folder, version.removeprefix("file:"))
