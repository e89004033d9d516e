"""The texts that an installation writes: guidance for agents, OpenCode's plugin, Copilot's setup steps."""

from __future__ import annotations

import os

from cdkguard.system import files

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "texts")


def read_text(name: str) -> str:
    """The text of that file name in `texts/`."""
    return files.read_text(os.path.join(_FOLDER, name))
