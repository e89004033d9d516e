"""Makes text from templates and apps harmless, one function for each place it goes to."""

from __future__ import annotations

import json
import re

from cdkguard.typed import Any

from ..patterns import late

# Controls (C0, DEL, C1), bidirectional and zero-width marks, line separators, tags, surrogates, noncharacters:
# what moves a cursor, reverses or hides text, breaks a line, or cannot be written as UTF-8 or XML.
_UNPRINTABLE = late(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATE = late("[\ud800-\udfff]")
_NOT_ASCII = late("[^\x00-\x7e]")
_MARKDOWN = late(r"""[\\`*_\[\]#|~<>&"$]|^[-+=/]""")  # a leading `/` is a GitLab quick action


def _visible(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def terminal(text: str) -> str:
    """One line of text: everything that a terminal would obey is shown as an escape such as `\\x1b`."""
    return _UNPRINTABLE.sub(_visible, text)


def prose(text: str) -> str:
    """A text of several lines, such as a folded YAML scalar, as one line."""
    return terminal(" ".join(text.split()))


def code_lines(text: str) -> list[str]:
    """The lines of a piece of source code, each safe for a terminal; tabs become spaces."""
    return [terminal(line.expandtabs(4).rstrip()) for line in text.rstrip().splitlines()]


def xml(text: str) -> str:
    """Text for an XML node or attribute without the characters XML 1.0 forbids; `<`, `&` are left to ElementTree."""
    return "\n".join(terminal(line) for line in text.split("\n"))


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
    escaped = _MARKDOWN.sub(_entity, text)
    # GitHub looks for @people, #issues and www. links after it has decoded entities; a zero-width space stops that.
    return escaped.replace("@", "@&#8203;").replace("&#35;", "&#35;&#8203;").replace("www.", "www&#8203;.")


def markdown_code(text: str) -> str:
    """A short value as inline code; GitHub looks for no mentions inside `<code>`."""
    return f"<code>{_MARKDOWN.sub(_entity, terminal(text))}</code>" if text else ""


def markdown_block(text: str, language: str = "") -> str:
    """Source code in a fence that the code itself cannot close."""
    lines = code_lines(text)
    runs = re.findall("`+", "\n".join(lines))
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    return "\n".join([fence + language, *lines, fence])


def json_text(value: Any, depth: int | None = None) -> str:
    """ASCII JSON; lone surrogates, which strict readers refuse, become U+FFFD.

    `depth` is how many levels are broken into lines, by default all: a value on one line is written many times faster.
    """
    text = _lines(value, depth, "\n") if depth else json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return _NOT_ASCII.sub(lambda m: json.dumps(m[0])[1:-1], _SURROGATE.sub("\ufffd", text))


def _lines(value: Any, depth: int, end: str) -> str:
    if not depth or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = end + "  "
    if isinstance(value, list):
        return "[" + ",".join(inner + _lines(item, depth - 1, inner) for item in value) + end + "]"
    members = (
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {_lines(item, depth - 1, inner)}" for key, item in value.items()
    )
    return "{" + ",".join(members) + end + "}"
