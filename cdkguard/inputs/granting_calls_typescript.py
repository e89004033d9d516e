"""The granting calls of TypeScript and JavaScript: read by their brackets and texts, without a parser of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard._typing import Any, NamedTuple
from cdkguard.inputs.granting_calls import TAKERS, GrantingCall, make_call, plain_name
from cdkguard.text.regexes import lazy_pattern

_TOKEN = lazy_pattern(
    r"(?P<skip>//[^\n]*|/\*.*?\*/|\s+)|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`)"
    r"|(?P<name>[\w$]+(?:\s*\??\.\s*[\w$]+)*)|(?P<sign>.)",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def find_calls_in_typescript(text: str) -> Iterator[GrantingCall]:
    """The granting calls of a module; raises ValueError where its brackets do not match."""
    tokens = _split(text)
    ends = _match_brackets(tokens)
    for start, end in ends.items():
        sign, before = tokens[start].text, tokens[start - 1] if start else None
        name = plain_name(before.text) if before is not None and before.kind == "name" and sign == "(" else ""
        if sign == "(" and name:
            arguments = _read_list(tokens, start, end, ends)
            given = next((one for one in arguments if isinstance(one, dict)), {})
            made = make_call(tokens[start].line, name, given, [one for one in arguments if not isinstance(one, dict)])
        elif sign == "{":
            made = make_call(tokens[start].line, "", _read_mapping(tokens, start, end, ends), [])
        else:
            continue
        if made is not None:
            line = before.line if before is not None and name else made.line
            yield made._replace(line=_line_of_taker(tokens, start, ends) or line)


def _split(text: str) -> list[_Token]:
    tokens, line = [], 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "skip":
            last = line + found.group().count("\n") if kind == "name" else line
            tokens.append(_Token(kind, "".join(found.group().split()) if kind == "name" else found.group(), last))
        line += found.group().count("\n")
    return tokens


def _match_brackets(tokens: list[_Token]) -> dict[int, int]:
    """The place of each opening bracket -> that of its closing one."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "sign" and token.text in _CLOSING:
            opened.append(at)
        elif token.kind == "sign" and token.text in _CLOSING.values():
            if not opened or _CLOSING[tokens[opened[-1]].text] != token.text:
                raise ValueError(f"{token.line}: the brackets do not match")
            ends[opened.pop()] = at
    if opened:
        raise ValueError("the brackets do not match")
    return ends


def _read_list(tokens: list[_Token], start: int, end: int, ends: dict[int, int]) -> list[Any]:
    return [_read_value(tokens, first, last, ends) for first, last in _split_at_commas(tokens, start, end, ends)]


def _read_mapping(tokens: list[_Token], start: int, end: int, ends: dict[int, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for first, last in _split_at_commas(tokens, start, end, ends):
        if last - first > 2 and tokens[first].kind in ("name", "text") and tokens[first + 1].text == ":":
            found[tokens[first].text.strip("'\"`")] = _read_value(tokens, first + 2, last, ends)
        elif tokens[first].kind == "name":  # `{ actions }`, a spread, or a statement of a block
            found.setdefault(tokens[first].text, None)
    return found


def _split_at_commas(tokens: list[_Token], start: int, end: int, ends: dict[int, int]) -> Iterator[tuple[int, int]]:
    """(first, after the last) token of each part between two brackets."""
    first = at = start + 1
    while at < end:
        if tokens[at].kind == "sign" and tokens[at].text == ",":
            if at > first:
                yield first, at
            first = at + 1
        at = ends.get(at, at) + 1
    if end > first:
        yield first, end


def _read_value(tokens: list[_Token], first: int, last: int, ends: dict[int, int]) -> Any:
    """A text, a list or a mapping that is written out; None for any other expression."""
    token = tokens[first]
    if token.kind == "text" and last - first == 1:
        return None if token.text[0] == "`" and "${" in token.text else token.text[1:-1]
    if token.text in ("[", "{") and ends.get(first) == last - 1:
        read = _read_list if token.text == "[" else _read_mapping
        return read(tokens, first, last - 1, ends)
    if token.text == "new" and last - first > 1:
        return None
    return None


def _line_of_taker(tokens: list[_Token], start: int, ends: dict[int, int]) -> int | None:
    """The line of the innermost call around that takes a statement."""
    around = [at for at, end in ends.items() if at < start < end and tokens[at].text == "(" and at]
    for at in sorted(around, reverse=True):
        if tokens[at - 1].kind == "name" and plain_name(tokens[at - 1].text) in TAKERS:
            return tokens[at - 1].line
    return None
