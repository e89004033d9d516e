"""One word of a POSIX shell, read into its pieces."""

from __future__ import annotations

import re

from cdkguard.agents.shell.escapes import decode_escapes
from cdkguard.agents.shell.nouns import UNKNOWN, Output, Parameter, Piece, Text
from cdkguard.agents.shell.scan import find_closing, find_quote, skip_unknown

_PLAIN = re.compile(r"[^\s'\"\\$`|&;()<>\0]+")
_QUOTED = re.compile(r'[^"\\$`\0]+')
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!_-]", re.ASCII)
_BRACED = re.compile(
    r"(!?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(\[[^\]]*\])?(?:(:?[-=+?]|//?|##?|%%?|\^\^?|,,?|:|@)(.*))?",
    re.ASCII | re.DOTALL,
)
ENDS = " \t\r\n|&;()<>"


def read_word(text: str, at: int) -> tuple[list[Piece], int]:
    """(the pieces of the word that begins at `at`, the place behind it)."""
    pieces: list[Piece] = []
    while at < len(text) and (char := text[at]) not in ENDS:
        plain = _PLAIN.match(text, at)
        if plain:
            pieces.append(Text(plain[0], False))
            at = plain.end()
        elif char == "'":
            end = find_quote(text, at)
            pieces.append(Text(text[at + 1 : end], True))
            at = end + 1
        elif char == '"':
            end = find_closing(text, at + 1, '"')
            pieces += read_quoted(text[at + 1 : end])
            at = end + 1
        elif char == "\\":
            if text[at + 1 : at + 2] != "\n":
                pieces.append(Text(text[at + 1 : at + 2], True))
            at += 2
        else:
            piece, at = _read_special(text, at, False)
            pieces.append(piece)
    return pieces, at


def read_quoted(text: str, is_heredoc: bool = False) -> list[Piece]:
    """The pieces of what stands between double quotes, or in a heredoc."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        plain = _QUOTED.match(text, at)
        if plain:
            pieces.append(Text(plain[0], True))
            at = plain.end()
        elif char == "\\":
            escaped = text[at + 1 : at + 2]
            if escaped != "\n":
                pieces.append(
                    Text(
                        escaped
                        if escaped in ("$", "`", "\\") or (escaped == '"' and not is_heredoc)
                        else char + escaped,
                        True,
                    )
                )
            at += 2
        elif char == '"':
            pieces.append(Text(char, True))
            at += 1
        else:
            piece, at = _read_special(text, at, True)
            pieces.append(piece)
    return pieces or [Text("", True)]


def _read_special(text: str, at: int, is_quoted: bool) -> tuple[Piece, int]:
    """What begins with `$`, a backquote, or the mark of what is not known."""
    char, after = text[at], text[at + 1 : at + 2]
    if char == UNKNOWN:
        end = skip_unknown(text, at)
        return Text(text[at:end].rstrip(UNKNOWN) + UNKNOWN, is_quoted), end
    if char == "`":
        end = find_closing(text, at + 1, "`")
        return Output(re.sub(r"\\([\\$`])", r"\1", text[at + 1 : end]), text[at : end + 1], is_quoted), end + 1
    if char != "$":
        return Text(char, is_quoted), at + 1
    if after == "(":
        end = find_closing(text, at + 2, "(")
        inside, source = text[at + 2 : end], text[at : end + 1]
        if inside.startswith("(") and find_closing(inside, 1, "(") == len(inside) - 1:
            return Parameter("", source, is_quoted), end + 1
        return Output(inside, source, is_quoted), end + 1
    if after == "{":
        end = find_closing(text, at + 2, "{")
        return _read_braced(text[at + 2 : end], text[at : end + 1], is_quoted), end + 1
    if after == "'" and not is_quoted:
        end = find_quote(text, at + 1, is_escaped=True)
        return Text(decode_escapes(text[at + 2 : end]), True), end + 1
    if after == '"' and not is_quoted:
        return Text("", True), at + 1
    name = _NAME.match(text, at + 1)
    if name is None:
        return Text("$", is_quoted), at + 1
    return Parameter(name[0], text[at : name.end()], is_quoted), name.end()


def _read_braced(inside: str, source: str, is_quoted: bool) -> Parameter:
    inside = inside.replace("\\\n", "")
    found = _BRACED.fullmatch(inside)
    if found is None or (found[2] == "#" and len(inside) > 1):
        return Parameter("", source, is_quoted)
    index = found[3] or ""
    if index[1:-1].isdigit() and not found[4] and not found[1]:
        return Parameter(found[2], source, is_quoted, "[", index[1:-1])
    if found[1] or (index and index not in ("[@]", "[*]")):
        return Parameter("", source, is_quoted)
    if index == "[*]" and is_quoted and not found[4]:
        return Parameter(found[2], source, True, "*")
    name = found[2] + ("@" if index else "")
    return Parameter(name, source, is_quoted, found[4] or "", found[5] or "")
