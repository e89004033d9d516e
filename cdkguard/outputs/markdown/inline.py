"""Texts of somebody else's inside a line of Markdown: names, values, places."""

from __future__ import annotations

from cdkguard.model import Finding
from cdkguard.outputs.locations import has_line_of_baseline, is_in_repository, relative_path
from cdkguard.outputs.render import Options
from cdkguard.text import escape

CELL = 160  # Characters of a name or a value.
MESSAGE = 400


def prose(text: str, most: int = MESSAGE) -> str:
    """A sentence of at most so many characters."""
    return escape.markdown(shorten(escape.prose(text), most))


def code(text: str, most: int = CELL) -> str:
    """A name or a value."""
    return escape.markdown_code(shorten(text, most))


def shorten(text: str, most: int) -> str:
    """At most so many characters, the last of them an ellipsis where some are missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


def name_list(names: list[str], most: int = 5) -> str:
    """`a`, `b` and 3 more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(code, names[:most])) + more


def render_place(finding: Finding, options: Options) -> str:
    """The file and line, linked to the commit that is judged where its address is known; "" where there is no line."""
    source = finding.source
    if source is None:
        if options.cdk_json is not None or not finding.template_line:
            return ""
        return _link(relative_path(finding.template_path, options.root), finding.template_line, options)
    file = relative_path(source.file, options.root)
    if has_line_of_baseline(finding):
        return f"{code(f'{file}:{source.line}')} of the baseline"
    caller = source.called_from
    tail = f", called from {_link(relative_path(caller.file, options.root), caller.line, options)}" if caller else ""
    return _link(file, max(1, source.line), options) + tail


def _link(file: str, line: int, options: Options) -> str:
    shown = code(f"{file}:{line}")
    address = options.permalink(file, line) if is_in_repository(file) else ""
    return f"[{shown}]({address})" if address else shown


def render_code_line(finding: Finding, options: Options) -> str:
    """The line of code at the finding's place; "" where it is not known."""
    if finding.source is None or has_line_of_baseline(finding):
        return ""
    lines = [
        text.expandtabs(4).strip() for number, text in options.excerpt(finding.source) if number == finding.source.line
    ]
    return code(" ".join(lines))


def fold(summary: str, text: str) -> str:
    """A text that a click shows; the summary is Markdown already."""
    return f"\n<details><summary>{summary}</summary>\n\n{text}\n</details>\n"
