"""What an installation would change, as lines of a unified diff."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdkguard.agents.install.plan import FileChange, Plan, Refusal
from cdkguard.outputs.styled_lines import Line
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MOST, SHOWN = 80, 8  # lines of a whole file: more than so many are cut to so many
_SECRET = re.compile(
    r'("[^"]*(?:key|token|secret|passw|credential|auth)[^"]*"\s*:\s*")((?:[^"\\]|\\.)*)(")', re.IGNORECASE
)
_STYLES = {"+": "passed", "-": "error", "@": "place"}


def lay_out_change(change: FileChange) -> Iterator[Line]:
    """A heading and the diff of one file."""
    from difflib import unified_diff

    word = "new" if change.before is None else "goes" if change.after is None else "changes"
    yield [(escape.terminal(change.path), "path"), (f"  {word}", "dim")]
    before, after = ((text or "").splitlines() for text in (change.before, change.after))
    lines = list(unified_diff(list(before), list(after), lineterm="", n=2))[2:]
    is_short = len(lines) <= MOST or change.before is not None and change.after is not None
    for line in lines if is_short else lines[:SHOWN]:
        yield [("  ", ""), (escape.terminal(_hide_secrets(line)), _STYLES.get(line[:1], ""))]
    if not is_short:
        yield [(f"  ... {len(lines) - SHOWN} more lines", "dim")]


def _hide_secrets(line: str) -> str:
    """The line without values that look like secrets: settings of hosts hold keys of servers, and a diff shows lines around."""
    from cdkguard.text.credentials import hide_credentials

    return hide_credentials(_SECRET.sub(r"\1(hidden)\3", line))


def lay_out_refusal(refusal: Refusal) -> Iterator[Line]:
    """What was not changed, why, and what to put there by hand."""
    yield [(escape.terminal(refusal.path), "path"), ("  not changed: ", "error"), (escape.prose(refusal.why), "")]
    if refusal.snippet:
        yield [("  put this there by hand:", "dim")]
        for line in refusal.snippet.rstrip().splitlines():
            yield [("    ", ""), (escape.terminal(line), "code")]


def summarize(plan: Plan) -> str:
    """How many files are written, removed and as they should be."""
    removed = sum(change.after is None for change in plan.changes)
    written = len(plan.changes) - removed
    parts = [
        f"{plural(written, 'file')} to write" if written else "",
        f"{plural(removed, 'file')} to remove" if removed else "",
        f"{len(plan.current)} as they should be" if plan.current else "",
        f"{plural(len(plan.refusals), 'file')} to change by hand" if plan.refusals else "",
    ]
    return ", ".join(filter(None, parts)) or "nothing to do"
