r"""The escapes of `$'..'`, of `echo -e` and of `printf`: `\x63dk` is cdk."""

from __future__ import annotations

import re

from cdkguard.agents.shell.nouns import UNKNOWN

_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "E": "\x1b"}
_ESCAPE = re.compile(
    r"\\(?:x\{?([0-9A-Fa-f]{1,2})\}?|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,4})|(.))", re.DOTALL
)


def decode_escapes(text: str) -> str:
    """The text as the shell makes it."""
    return _ESCAPE.sub(_decode, text) if "\\" in text else text


def _decode(found: re.Match[str]) -> str:
    two, four, eight, octal, other = found.groups()
    if other is not None:
        return _SIMPLE.get(other, other)
    code = int(octal, 8) & 0xFF if octal else int(two or four or eight, 16)
    char = chr(code) if code < 0x110000 else ""
    return "" if char == UNKNOWN else char
