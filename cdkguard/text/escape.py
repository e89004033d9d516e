"""Makes text from templates and apps harmless: one function for each place that it is written to."""

from __future__ import annotations

import json
import re

from cdkguard._typing import Any
from cdkguard.text.regexes import lazy_pattern

# Characters that move a cursor, reverse or hide text, break a line, or cannot be written as UTF-8 or XML: controls (C0,
# DEL, C1), bidirectional and zero-width marks, line separators, tags, surrogates, noncharacters.
_UNPRINTABLE = lazy_pattern(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATE = lazy_pattern("[\ud800-\udfff]")
_NOT_ASCII = lazy_pattern("[^\x00-\x7e]")
_COMMAND = lazy_pattern(r"(?<=#)#(?=\w*\[)")  # `##[error]`, `##vso[task...]`: CI services obey them anywhere in a line
_WORKFLOW = lazy_pattern(r"\s*::[A-Za-z]")  # `::error::`, at the beginning of a line; `::/0` is an address
_MARKDOWN = lazy_pattern(r"""[\\`*_\[\]#|~<>&"$]|^[-+=/]""")  # a leading `/` is a GitLab quick action
_NUMBERED = lazy_pattern(r"^(\d{1,9})([.)])(?=\s|$)")  # the beginning of a numbered list


def _as_escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _as_entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def terminal(text: str) -> str:
    """One line of text, with an escape such as `\\x1b` for all that a terminal or the log of a CI service would obey."""
    text = _UNPRINTABLE.sub(_as_escape, text)
    return _COMMAND.sub(r"\\x23", text) if "##" in text else text


def is_visible(text: str) -> bool:
    """Whether no character of it hides, reverses or breaks text."""
    return _UNPRINTABLE.search(text) is None


def storable(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which neither UTF-8 nor YAML can hold."""
    return _SURROGATE.sub("\ufffd", text)


def block(text: str) -> str:
    """A text of several lines: each is safe for a terminal, and none a command (`::error::`) of a CI service."""
    return "\n".join(no_command(line) + line for line in map(terminal, text.split("\n")))


def no_command(line: str) -> str:
    """The prefix that keeps a CI service from obeying a line: a backslash, or nothing where none is needed."""
    return "\\" if _WORKFLOW.match(line) else ""


def prose(text: str) -> str:
    """A text of several lines, such as a folded YAML scalar, as one line."""
    return terminal(" ".join(text.split()))


def code_lines(text: str) -> list[str]:
    """The lines of a piece of source code, each safe for a terminal; tabs become spaces."""
    return [terminal(line.expandtabs(4).rstrip()) for line in text.rstrip().splitlines()]


def xml(text: str) -> str:
    """Text for an XML node or attribute, without the characters that XML 1.0 forbids; ElementTree escapes `<` and `&`."""
    return block(text)


def github_data(text: str) -> str:
    """The message of a GitHub workflow command."""
    lines = (terminal(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def github_property(text: str) -> str:
    """The value of a property (file, title ...) of a GitHub workflow command."""
    return terminal(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def markdown(text: str) -> str:
    """Prose in Markdown or in HTML inside Markdown: no markup but `code`, no tag, no mention of people or issues."""
    pieces = re.split("`([^`]+)`", prose(text))  # every second piece stood between backticks
    return "".join(markdown_code(piece) if index % 2 else _plain_markdown(piece) for index, piece in enumerate(pieces))


def _plain_markdown(text: str) -> str:
    escaped = _MARKDOWN.sub(_as_entity, text)
    escaped = _NUMBERED.sub(lambda match: f"{match[1]}&#{ord(match[2])};", escaped)
    # GitHub looks for @people, #issues and www. links after it has decoded entities; a zero-width space stops that.
    return escaped.replace("@", "@&#8203;").replace("&#35;", "&#35;&#8203;").replace("www.", "www&#8203;.")


def markdown_code(text: str) -> str:
    """A short value as inline code; GitHub looks for no mentions inside `<code>`."""
    return f"<code>{_MARKDOWN.sub(_as_entity, terminal(text))}</code>" if text else ""


def markdown_block(text: str, language: str = "") -> str:
    """Source code in a fence that the code itself cannot close."""
    lines = [no_command(line) + line for line in code_lines(text)]
    runs = re.findall("`+", "\n".join(lines))
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return "\n".join([fence + language, *lines, fence])


def json_visible(text: str) -> str:
    """JSON text with an escape for each character that hides or reverses text or has no bytes in UTF-8."""
    lines = (_UNPRINTABLE.sub(lambda m: json.dumps(m[0])[1:-1], line) for line in text.split("\n"))
    return "\n".join(lines)


class WrittenJson(str):
    """A value that is JSON text already, on one line, as `json_text` writes it."""

    __slots__ = ()


def json_text(value: Any, depth: int | None = None) -> str:
    """ASCII JSON; lone surrogates, which strict readers refuse, become U+FFFD.

    `depth` is how many levels are broken into lines, by default all: a value on one line is written many times faster.
    """
    text = (
        _lines(value, depth, "\n")
        if depth is not None
        else json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    )
    if not text.isascii() or "\x7f" in text:
        text = _NOT_ASCII.sub(lambda m: json.dumps(m[0])[1:-1], storable(text))
    return _COMMAND.sub(r"\\u0023", text) if "##" in text else text


# `json.dumps` with options makes an encoder for each call.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _lines(value: Any, depth: int, end: str) -> str:
    if isinstance(value, WrittenJson):
        return value
    if not depth or not value or not isinstance(value, dict | list):
        return _encode(value)
    inner = end + "  "
    if isinstance(value, list):
        return "[" + ",".join(inner + _lines(item, depth - 1, inner) for item in value) + end + "]"
    members = (f"{inner}{_encode(key)}: {_lines(item, depth - 1, inner)}" for key, item in value.items())
    return "{" + ",".join(members) + end + "}"
