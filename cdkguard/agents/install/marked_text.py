"""Texts of ours in files: a marked block in a file of the team's, and whole files that carry the digest of what we wrote."""

from __future__ import annotations

import re

BEGIN = "<!-- cdkguard:begin (written by `cdkguard agents install`) -->"
END = "<!-- cdkguard:end -->"
_BLOCK = re.compile(r"<!-- cdkguard:begin.*?<!-- cdkguard:end -->", re.DOTALL)
_SEAL = re.compile(r"(?m)^(?:<!-- |# |// )Written by `cdkguard agents install` \(([0-9a-f]{12})\)(?: -->)?$\n?")
_COMMENTS = {"md": "<!-- {} -->", "yml": "# {}", "toml": "# {}", "js": "// {}"}  # ending of the file -> its comment


# -- a block


def put_block(text: str | None, content: str) -> str:
    """The text with our block at its end, or with the new block in the place of the old one."""
    block = f"{BEGIN}\n{content.strip()}\n{END}"
    if text is None:
        return block + "\n"
    newline = "\r\n" if "\r\n" in text else "\n"
    block = block.replace("\n", newline)
    if _BLOCK.search(text):
        return _BLOCK.sub(lambda _found: block, text, count=1)
    return f"{text}{newline}{block}{newline}" if text.endswith("\n") else f"{text}{newline}{newline}{block}"


def take_block(text: str) -> str | None:
    """The text without our block; None where the file held nothing else."""
    found = _BLOCK.search(text)
    if not found:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    before, behind = text[: found.start()], text[found.end() :]
    if not before and not behind.strip():
        return None
    if behind in ("", newline):
        gap = newline if behind else newline + newline
        return before.removesuffix(gap)
    return before + behind.removeprefix(newline).removeprefix(newline)


def has_block(text: str, content: str) -> bool:
    """Whether the text has our block, with this content."""
    found = _BLOCK.search(text)
    return found is not None and found[0].replace("\r\n", "\n") == f"{BEGIN}\n{content.strip()}\n{END}"


# -- a whole file


def seal(text: str, ending: str) -> str:
    """The text of a whole file of ours, with a last line that says whose it is, and the digest of the rest."""
    body = text.rstrip("\n") + "\n"
    mark = f"Written by `cdkguard agents install` ({_digest(body)})"
    return f"{body}{_COMMENTS[ending].format(mark)}\n"


def is_untouched(text: str) -> bool:
    """Whether the text is a sealed one that nobody has changed since."""
    plain = text.replace("\r\n", "\n")
    found = _SEAL.search(plain)
    return found is not None and found[1] == _digest(plain[: found.start()] + plain[found.end() :])


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:12]
