"""The matrix of a page: a row for each stack, a column for each environment, the counts by severity in the cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

from cdkguard._typing import NamedTuple
from cdkguard.model import Outcome, Report, StackInfo
from cdkguard.outputs.html.elements import Child, element
from cdkguard.outputs.html.findings import find_roots
from cdkguard.outputs.html.page import chip, fold, lay_out_table
from cdkguard.outputs.short_names import generalize_name, rank_environment
from cdkguard.outputs.summary import WORST_FIRST, judged_environments, plural

_NONE = "no environment"


class Cell(NamedTuple):
    """The counts of one stack in one environment."""

    counts: dict[str, int]  # Severity, `unknown` or `suppressed` -> number.

    @property
    def is_clean(self) -> bool:
        """Whether nothing is open there."""
        return not any(number for word, number in self.counts.items() if word != "suppressed")


def lay_out_matrix(report: Report) -> list[Element]:
    """The table, with the stacks in which nothing is open folded where they are many."""
    environments = [
        *sorted(judged_environments(report), key=rank_environment),
        *([_NONE] if any(not s.environment for s in report.stacks) else []),
    ]
    rows = _make_rows(report)
    open_rows = {name: cells for name, cells in rows.items() if not all(cell.is_clean for cell in cells.values())}
    clean = {name: cells for name, cells in rows.items() if name not in open_rows}
    if len(clean) <= 8:
        open_rows, clean = rows, {}
    found = [_table(open_rows, environments)] if open_rows else []
    if clean:
        text = plural(len(clean), "stack") + " with nothing open"
        found.append(fold(text, _table(clean, environments)))
    return found


def _make_rows(report: Report) -> dict[str, dict[str, Cell]]:
    """Name of a stack -> environment -> cell; a stack and its nested stacks share a row."""
    roots = find_roots(report)
    names = _name_rows([stack for stack in report.stacks if not stack.nested])
    rows: dict[str, dict[str, Cell]] = {}
    place: dict[str, tuple[str, str]] = {}
    for stack in report.stacks:
        root = roots[stack.construct_path]
        if not stack.nested:
            place[root] = names[root], stack.environment or _NONE
            rows.setdefault(names[root], {})[stack.environment or _NONE] = Cell(dict.fromkeys(_WORDS, 0))
    for finding in report.findings:
        root = roots[finding.stack_path]
        name, environment = place.get(root, (root, finding.environment or _NONE))
        counts = rows.setdefault(name, {}).setdefault(environment, Cell(dict.fromkeys(_WORDS, 0))).counts
        undecided = finding.outcome is Outcome.UNKNOWN
        counts["suppressed" if finding.suppression else "unknown" if undecided else finding.severity] += 1
    return rows


_WORDS = (*WORST_FIRST, "unknown", "suppressed")


def _name_rows(stacks: Sequence[StackInfo]) -> dict[str, str]:
    """Path -> name of its row: without the stage, or with `*` for the environment, where that tells stacks apart."""
    general = {stack.construct_path: _general_name(stack) for stack in stacks}
    used: dict[tuple[str, str | None], int] = {}
    for stack in stacks:
        key = general[stack.construct_path], stack.environment
        used[key] = used.get(key, 0) + 1
    ambiguous = {name for (name, _), number in used.items() if number > 1}
    counts: dict[str, int] = {}
    for name in general.values():
        counts[name] = counts.get(name, 0) + 1
    return {
        path: path if name in ambiguous or (counts[name] == 1 and "*" in name) else name
        for path, name in general.items()
    }


def _general_name(stack: StackInfo) -> str:
    path = stack.construct_path
    return path.partition("/")[2] if "/" in path else generalize_name(path, stack.environment or "")


def _table(rows: dict[str, dict[str, Cell]], environments: Iterable[str]) -> Element:
    columns = list(environments)
    found = [[name, *(_cell(cells.get(column)) for column in columns)] for name, cells in rows.items()]
    return lay_out_table("Stacks and environments", ["Stack", *columns], found, "matrix")


def _cell(cell: Cell | None) -> Child:
    return lay_out_counts(cell.counts) if cell is not None else element("span", "not there", class_="muted")


def lay_out_counts(counts: Mapping[str, int]) -> list[Element]:
    """A chip for each word that is counted, or a word that nothing is open."""
    chips = [
        chip(f"{number} {'undecided' if word == 'unknown' else word}", word)
        for word, number in counts.items()
        if number and word != "suppressed"
    ]
    accepted = counts.get("suppressed", 0)
    return [
        *(chips or [element("span", "nothing open", class_="muted")]),
        *([element("span", f" {accepted} suppressed", class_="muted")] if accepted else []),
    ]
