"""Finds the hosts that a repository or a home folder plainly uses."""

from __future__ import annotations

import os

from cdkguard.agents.install.hosts import HOSTS, Host
from cdkguard.system import files


def detect_hosts(root: str, is_user: bool = False) -> tuple[tuple[Host, str], ...]:
    """(host, the sign of it) for each host that is used."""
    found = []
    for host in HOSTS:
        signs = host.home_signs if is_user else host.signs
        sign = next((sign for sign in signs if files.exists(os.path.join(root, *sign.split("/")))), None)
        if sign is not None:
            found.append((host, sign))
    return tuple(found)
