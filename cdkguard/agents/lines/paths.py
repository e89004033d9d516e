"""Folders and words as the shell writes them."""

from __future__ import annotations

import os

from cdkguard.agents.shell.evaluate import quote
from cdkguard.agents.shell.state import is_known


def join_folder(directory: str, path: str) -> str:
    """The folder behind `cd path`; empty where nobody knows."""
    if not is_known(path) or path[:1] in ("~", "-"):
        return ""
    if os.path.isabs(path):
        return os.path.normpath(path)
    return os.path.normpath(os.path.join(directory, path)) if directory else ""


def as_text(words: tuple[str, ...]) -> str:
    """Words as the text of a shell."""
    return " ".join(map(quote, words))
