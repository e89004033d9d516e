"""Many findings as a table: a row for each rule with the lines of code, and the counts of each stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdkguard.model import SEVERITIES, Finding, Outcome
from cdkguard.outputs.entries import group_by, group_findings
from cdkguard.outputs.locations import relative_path, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_labelled, wrap
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MANY = 50  # Findings beyond which the text shows the table instead of each of them.
_MOST_PLACES = 12  # Files with their lines, of one rule.
_MOST_STACKS = 15
_INDENT = " " * 15
_COLUMNS = (*reversed(SEVERITIES), "undecided")


def lay_out_table(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    """Rules, the worst first, with fix and places of their findings; then the stacks with their counts."""
    for entry in group_findings(findings):
        for group in group_by(entry.findings, lambda f: f.rule_id):
            yield from _rule(group, options)
        yield from lay_out_labelled(_INDENT, "; ".join(_places(entry.findings, options)), options, "", "place")
        if entry.finding.remedy:
            yield from lay_out_labelled(f"{_INDENT}fix: ", entry.finding.remedy.text, options, "dim")
    yield []
    yield from _stacks(findings, options)


def lay_out_statistics(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    """The number of findings of each rule alone."""
    for group in group_by(findings, lambda f: (f.rule_id, f.severity, f.outcome)):
        yield from _rule(group, options)
    if findings:
        yield []


def _rule(group: Sequence[Finding], options: Options) -> Iterator[Line]:
    first = group[0]
    title = escape.prose(first.title or first.rule_id)
    title = f"undecided: {title}" if first.outcome is Outcome.UNKNOWN else title
    rule = escape.terminal(first.rule_id)
    head: Line = [(f"{first.severity.upper():8}", first.severity), (f"{len(group):5}  ", "")]
    if len(_INDENT) + len(title) + len(rule) + 2 <= options.width:
        yield [*head, (title, "message"), ("  ", ""), (rule, "rule")]
        return
    yield [*head, (rule, "rule")]
    yield from lay_out_labelled(_INDENT, title, options, "", "message")


def _places(group: Sequence[Finding], options: Options) -> Iterator[str]:
    """`lib/api.ts:71, 85`: a file with its lines; the names of what has no line of its own."""
    lines: dict[str, dict[int, None]] = {}
    names: dict[str, None] = {}
    for finding in group:
        if finding.source is not None:
            lines.setdefault(relative_path(finding.source.file, options.root), {})[finding.source.line] = None
        elif finding.template_line:
            lines.setdefault(relative_path(finding.template_path, options.root), {})[finding.template_line] = None
        else:
            names[subject_of(finding)] = None
    parts = [f"{file}:{', '.join(map(str, sorted(numbers)))}" for file, numbers in lines.items()]
    parts += list(names)
    yield from parts[:_MOST_PLACES]
    if len(parts) > _MOST_PLACES:
        yield f"and {len(parts) - _MOST_PLACES} more"


def _stacks(findings: Sequence[Finding], options: Options) -> Iterator[Line]:
    groups = group_by(findings, lambda f: f.stack_path)
    groups.sort(key=lambda group: [-number for number in _counts(group)])
    left, groups = groups[_MOST_STACKS:], groups[:_MOST_STACKS]
    names = [_name(group[0]) for group in groups]
    width = max(5, *map(len, names))
    yield [(f"{'stack':{width}}", "heading"), *((f"  {column:>9}", "heading") for column in _COLUMNS)]
    for name, group in zip(names, groups, strict=True):
        counts = (f"  {number or '-':>9}" for number in _counts(group))
        yield [(f"{name:{width}}", "path"), *((text, "") for text in counts)]
    if left:
        number = plural(sum(map(len, left)), "finding")
        yield [(f"and {plural(len(left), 'more stack')} with {number}", "dim")]
    yield []


def _name(finding: Finding) -> str:
    environment = f" ({finding.environment})" if finding.environment else ""
    return escape.terminal(f"{finding.stack_path or finding.stack}{environment}")


def _counts(findings: Iterable[Finding]) -> list[int]:
    words = ["undecided" if f.outcome is Outcome.UNKNOWN else f.severity for f in findings]
    return [words.count(column) for column in _COLUMNS]


def lay_out_hint(number: int, options: Options) -> Iterator[Line]:
    """How each finding of the table is shown."""
    text = (
        f"{plural(number, 'finding')}: -v shows each with its code and fix, --output concise one on a line, "
        "cdkguard explain RULE what to write instead"
    )
    for line in wrap(text, options.width):
        yield [(line, "dim")]
    yield []
