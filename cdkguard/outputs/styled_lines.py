"""Lines for a terminal: pieces of text with a style each, written plainly or, by rich, in colours.

A piece of the style "rule" whose text is a rule's id, and one of the style "place" whose text is `file:line`, become links
where the terminal shows any (`Options.link_of`): put nothing else into such a piece. Spaces around it stay outside of the
link. Only the address comes from outside; the text is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import Any
from cdkguard.outputs.render import Options, no_link
from cdkguard.text import escape

Line = list[tuple[str, str]]  # Pieces of (text, key of _STYLES); the text is escaped already.
INDENT = "    "
LINKED = ("rule", "place")  # styles whose pieces may be links

_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "heading": "bold",
    "path": "bold",
    "place": "cyan",
    "code": "green",
    "dim": "dim",
    "rule": "bold",
    "message": "bold",
    "failed": "bold white on red",
    "passed": "bold green",
    "error": "bold red",
    "WILL_DESTROY": "bold white on red",
    "WILL_REPLACE": "bold red",
    "MAY_REPLACE": "bold yellow",
    "WILL_ORPHAN": "bold yellow",
    "WILL_UPDATE": "yellow",
    "WILL_CREATE": "green",
    "stack": "bold magenta",
}


def render_lines(lines: list[Line], options: Options) -> str:
    """The lines as text, with colours where `options` says so."""
    lines = [_without_command(line) for line in lines]
    return _render_colored(lines, options) if options.color else _render_plain(lines)


def _without_command(line: Line) -> Line:
    """The line with a mark in front where a CI service would take it for a command."""
    mark = escape.no_command("".join(text for text, _ in line))
    return [(mark, ""), *line] if mark else line


def _render_plain(lines: list[Line]) -> str:
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def _render_colored(lines: list[Line], options: Options) -> str:
    """rich is imported here only. Its `Text` takes pieces literally: markup such as `[red]` in a name stays text."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    # The layout has wrapped already; a width beyond any line keeps rich from wrapping again.
    console = Console(file=out, force_terminal=True, color_system="standard", width=100_000, legacy_windows=False)
    for line in lines:
        text = Text.assemble(*((piece, _STYLES.get(style, "")) for piece, style in line))
        if options.link_of is not no_link:
            _add_links(text, line, options)
        text.rstrip()
        console.print(text, highlight=False, soft_wrap=True)
    return out.getvalue()


def _add_links(text: Any, line: Line, options: Options) -> None:
    """Make links of the pieces of a rich Text that `options` has an address for."""
    from rich.style import Style

    at = 0
    for piece, style in line:
        inner = piece.strip(" ")
        address = options.link_of(style, inner) if style in LINKED and inner else ""
        if address:
            begin = at + piece.index(inner)
            text.stylize(Style(link=address), begin, begin + len(inner))
        at += len(piece)


def lay_out_paragraph(text: str, options: Options, lead: str = "", style: str = "") -> Iterator[Line]:
    """An indented paragraph; `lead` stands before its first line."""
    for number, line in enumerate(wrap(text, options.width - len(INDENT) - len(lead))):
        yield [(INDENT, ""), (lead if not number else " " * len(lead), "dim"), (line, style)]


def lay_out_labelled(label: str, text: str, options: Options, label_style: str, style: str = "") -> Iterator[Line]:
    """A paragraph behind a label, which is padded to its column already."""
    for number, line in enumerate(wrap(text, options.width - len(label))):
        yield [(label if not number else " " * len(label), label_style), (line, style)]


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns where words allow: a path or ARN stays whole, so that it can be copied."""
    lines: list[str] = []
    for word in escape.prose(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
