"""A checklist as a page."""

from __future__ import annotations

from cdkguard.outputs.html.elements import Child, element, prose
from cdkguard.outputs.html.page import Section, chip, fold, lay_out_document, lay_out_table, render_time, shorten
from cdkguard.outputs.preflight.record import STATE_WORDS, Evidence, Preflight, Row
from cdkguard.outputs.preflight.text import count_rows
from cdkguard.outputs.render import Options

_CHIPS = {"done": "passed", "failed": "critical", "unknown": "unknown"}


def render(preflight: Preflight, options: Options) -> str:
    """The checklist as a page, which is one file and loads nothing."""
    facts = {
        "Commit": options.commit,
        "Made": render_time(options.made),
        "Environment": preflight.target,
        "Comes before": preflight.staging,
        "Compared with": preflight.against,
        "Rows": count_rows(preflight),
    }
    word = "passed" if preflight.is_done else "failed"
    verdict = f"{word}: {preflight.verdict}; exit status {preflight.exit_status}"
    rows = [
        [row.title, chip(STATE_WORDS[row.state], _CHIPS[row.state]), _evidence(row), _advice(row)]
        for row in preflight.rows
    ]
    left = [[item.title, item.reason] for item in preflight.left_out]
    notices = [element("li", prose(notice)) for notice in preflight.notices]
    sections = [
        Section(
            "rows",
            "Checklist",
            [lay_out_table("Checklist", ["Row", "", "Evidence", "What to do"], rows, "matrix")] if rows else [],
        ),
        Section("left-out", "Left out", [lay_out_table("Left out", ["Row", "Why"], left)] if left else [], len(left)),
        Section("notices", "Notices", [element("ul", notices)] if notices else [], len(notices)),
    ]
    return lay_out_document(shorten(options.app, 120) or "cdkguard", verdict, facts, sections, preflight.version)


def _evidence(row: Row) -> list[Child]:
    listed = element("ul", [element("li", _one(seen)) for seen in row.evidence])
    output = fold("The end of its output", element("pre", "\n".join(row.output))) if row.output else None
    return [listed, output]


def _one(seen: Evidence) -> list[Child]:
    severity: list[Child] = [chip(seen.severity), " "] if seen.severity else []
    place: list[Child] = [" ", element("code", seen.place)] if seen.place else []
    return [*severity, *prose(seen.text), *place]


def _advice(row: Row) -> Child:
    return element("ul", [element("li", prose(advice)) for advice in row.advice]) if row.advice else None
