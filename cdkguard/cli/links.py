"""The addresses that a terminal opens: of a rule its page, of a place its file."""

from __future__ import annotations

import os

from cdkguard.outputs.render import LinkOf
from cdkguard.packs.folders import builtin_folder
from cdkguard.system import files
from cdkguard.text.addresses import rule_address


def make_links(root: str) -> LinkOf:
    """A function from the style and the text of a piece of a line to its address; paths are relative to `root`."""
    from urllib.parse import quote

    rules: set[str] = set()

    def link_of(style: str, text: str) -> str:
        if style == "rule":
            if not rules:
                rules.update(_builtin_ids())
            return rule_address(text) if text in rules else ""
        path = os.path.join(root, text.rpartition(":")[0])
        # quote() leaves no character that could end the link, or that a terminal would obey.
        return f"file://{quote(_host())}{quote(path)}" if os.path.isfile(path) else ""

    return link_of


def _builtin_ids() -> set[str]:
    return {name.removesuffix(".yaml") for _folder, _folders, names in files.walk(builtin_folder()) for name in names}


def _host() -> str:
    """The name of this machine: a terminal that is connected to it from elsewhere has no such file."""
    return os.uname().nodename if hasattr(os, "uname") else ""
