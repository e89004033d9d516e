"""The environment of a program that a desktop starts: the PATH of a login shell, and nothing that this shell has added."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from cdkguard.system import processes

SECONDS = 5.0
USUAL = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = ("HOME", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR", "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA")


def clean_environment() -> dict[str, str]:
    """The variables with which hosts are started outside of a terminal."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PATH": login_path(kept)}


def login_path(kept: Mapping[str, str]) -> str:
    """The PATH of the user's login shell; the usual one where it does not say."""
    if os.name != "posix":
        return os.environ.get("PATH", "")
    shell = kept.get("SHELL") or "/bin/sh"
    try:
        done = processes.run(
            [shell, "-lc", 'printf "\\n%s" "$PATH"'], environment={**kept, "PATH": USUAL}, timeout=SECONDS,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return USUAL
    found = done.out.rpartition("\n")[2].strip()
    return found if done.status == 0 and found else USUAL
