"""Findings as styled lines: by stack, resource and rule, with the source line, why and fix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdkguard.model import Finding, Outcome, Remedy, Report, Source, StackInfo
from cdkguard.outputs.fixes import Fix, language_of, make_fix
from cdkguard.outputs.locations import relative_path, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import INDENT, Line, lay_out_paragraph
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

Key = tuple[str, str, Remedy | None]  # (rule id, why, remedy): shown once, then "see above"

# A resource of these is in the baseline alone, and so is its source line.
_GONE = ("WILL_DESTROY", "WILL_ORPHAN", "STACK_REMOVED")
# Impacts of findings on the guardrail itself, which have no resource: impact -> what they are about.
WHOLE_CONFIGURATION = dict.fromkeys(("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED"), "(the rules themselves)")


def lay_out_findings(findings: Sequence[Finding], report: Report, options: Options) -> Iterator[Line]:
    """The lines of findings of a report, a block for each stack."""
    explained: set[Key] = set()
    stacks = {(stack.construct_path, stack.template_path): stack for stack in reversed(report.stacks)}
    for group in group_by(findings, _stack_key):
        yield from _stack(group, stacks.get(_stack_key(group[0])), options, explained)


def group_by(findings: Sequence[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """The findings in lists of the same key, in the order in which each key comes first."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def _stack_key(finding: Finding) -> tuple[str, str]:
    return finding.stack_path, finding.template_path


def _subject_key(finding: Finding) -> tuple[str, str | None]:
    return subject_of(finding), finding.logical_id


def _rule_key(finding: Finding) -> tuple[str, str, Outcome]:
    return finding.rule_id, finding.severity, finding.outcome


def _stack(findings: list[Finding], info: StackInfo | None, options: Options, explained: set[Key]) -> Iterator[Line]:
    first = findings[0]
    facts = [first.environment or "", "nested stack" if info and info.nested else ""]
    if info and (info.account or info.region):
        facts.append("/".join(filter(None, [info.account, info.region])))
    facts.append(plural(len(findings), "finding"))
    title = escape.terminal(first.stack_path or first.stack)
    tail = " · ".join(escape.terminal(fact) for fact in facts if fact)
    dashes = options.width - len(title) - len(tail) - 5
    if dashes >= 2:
        yield [("-- ", "dim"), (title, "heading"), (f" {'-' * dashes} ", "dim"), (tail, "dim")]
    else:
        yield [("-- ", "dim"), (title, "heading"), (" " + "-" * max(2, options.width - len(title) - 4), "dim")]
        yield [("   " + tail, "dim")]
    for group in group_by(findings, _subject_key):
        yield from _subject(group, options, explained)
    yield []


def _subject(findings: list[Finding], options: Options, explained: set[Key]) -> Iterator[Line]:
    first = findings[0]
    yield []
    kind = "  " + escape.terminal(
        first.resource_type
        or ("" if first.logical_id else WHOLE_CONFIGURATION.get(first.impact or "", "(the stack itself)"))
    )
    name = escape.terminal(subject_of(first))
    if len(name) + len(kind) > options.width:
        yield [(name, "path")]
        yield [("  " + kind.strip(), "dim")]
    else:
        yield [(name, "path"), (kind, "dim")]
    yield from _place(first, options)
    for group in group_by(findings, _rule_key):
        yield from _rule(group, first.source, options, explained)


def _place(finding: Finding, options: Options) -> Iterator[Line]:
    logical = f"  {finding.logical_id}" if finding.construct_path and finding.logical_id else ""
    if finding.source is None:
        line = f":{finding.template_line}" if finding.template_line else ""
        file = relative_path(finding.template_path, options.root) + line
        yield [("  " + escape.terminal(file), "place"), (escape.terminal(logical), "dim")]
        return
    file = f"{relative_path(finding.source.file, options.root)}:{finding.source.line}"
    if finding.impact in _GONE:  # The line was in the code of the baseline; another one may stand there now.
        yield [("  " + escape.terminal(file), "place"), (" of the baseline" + escape.terminal(logical), "dim")]
        return
    yield [("  " + escape.terminal(file), "place"), (escape.terminal(logical), "dim")]
    for number, text in _dedent(options.excerpt(finding.source)):
        code = _shorten(escape.terminal(text), options.width - 9)
        yield [(f"  {number:>4} | ", "dim"), (code, "code" if number == finding.source.line else "dim")]


def _dedent(excerpt: list[tuple[int, str]]) -> list[tuple[int, str]]:
    lines = [(number, text.expandtabs(4).rstrip()) for number, text in excerpt]
    margin = min((len(text) - len(text.lstrip(" ")) for _, text in lines if text), default=0)
    return [(number, text[margin:]) for number, text in lines]


def _rule(findings: list[Finding], shown: Source | None, options: Options, explained: set[Key]) -> Iterator[Line]:
    first = findings[0]
    tag = first.severity.upper() + (" UNKNOWN" if first.outcome is Outcome.UNKNOWN else "")
    rule, title = escape.terminal(first.rule_id), escape.prose(first.title)
    beside = title and len(tag) + len(rule) + len(title) + 6 <= options.width
    yield [("  ", ""), (tag, first.severity), ("  ", ""), (rule, "rule"), (f": {title}" if beside else "", "")]
    if title and not beside:
        yield from lay_out_paragraph(title, options)
    for finding in findings:
        yield from _evidence(finding, len(findings) > 1, shown, options)
    key = (first.rule_id, first.why, first.remedy)
    if key in explained:
        if first.why or first.remedy:
            yield [(INDENT, ""), ("why and fix: see above", "dim")]
        return
    explained.add(key)
    if first.why:
        yield from lay_out_paragraph(first.why, options, "why: ")
    if first.remedy:
        yield from _fix(make_fix(first.remedy, language_of(first, options)), options)


def _evidence(finding: Finding, listed: bool, shown: Source | None, options: Options) -> Iterator[Line]:
    """The message, and what of the found value, its place and branch the message does not say."""
    message = "" if finding.message == finding.title else finding.message
    # A stack's own settings have no place in the template.
    about_resource = finding.logical_id is not None or not message
    extra = [path for path in finding.property_paths if about_resource and path not in message]
    if about_resource and finding.found is not None and finding.found not in message:
        extra.append(f"found {finding.found}")
    if finding.branch and finding.branch not in message:
        extra.append(f"when {finding.branch}")
    rest = ", ".join(extra)
    bullet = "- " if listed else ""
    text = f"{message} ({rest})" if message and rest else message or rest
    if text:
        yield from lay_out_paragraph(text, options, bullet, "message")
    if finding.source and finding.source != shown:
        place = f"{relative_path(finding.source.file, options.root)}:{finding.source.line}"
        yield [(INDENT + "  " * bool(bullet) + escape.terminal(place), "place")]


def _fix(fix: Fix, options: Options) -> Iterator[Line]:
    yield from lay_out_paragraph(fix.text, options, "fix: ")
    for line in escape.code_lines(fix.code):
        yield [(INDENT + "     ", ""), (line, "code")]


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 3)] + "..."
