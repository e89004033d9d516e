"""Text for people: one layout of styled lines, written plainly or, on a terminal, with colours by rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Finding, Outcome, Remedy, Report, Source, StackInfo
from cdkguard.outputs.place import relative, subject
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural, what_was_found, what_was_judged
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Framework

Line = list[tuple[str, str]]  # pieces of (text, style); the text is escaped already
Told = set[tuple[str, str, Remedy | None]]  # whose why and fix stand further up

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
    "BLOCK": "bold white on red",
    "REQUEST_CHANGES": "bold yellow",
    "APPROVE": "bold green",
    "error": "bold red",
    "WILL_DESTROY": "bold white on red",
    "WILL_REPLACE": "bold red",
    "MAY_REPLACE": "bold yellow",
    "WILL_ORPHAN": "bold yellow",
    "WILL_UPDATE": "yellow",
    "WILL_CREATE": "green",
    "stack": "bold magenta",
}
_TYPESCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")
_INDENT = "    "
_WHOLE = dict.fromkeys(("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED"), "(the rules themselves)")


def render(report: Report, options: Options) -> str:
    lines = list(_layout(report, options))
    return written(lines, options)


def written(lines: list[Line], options: Options) -> str:
    """Styled lines as text, with colours on a terminal."""
    lines = [_no_command(line) for line in lines]
    return _colored(lines) if options.color else _plain(lines)


def _no_command(line: Line) -> Line:
    mark = escape.no_command("".join(text for text, _ in line))
    return [(mark, ""), *line] if mark else line


def _plain(lines: list[Line]) -> str:
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def _colored(lines: list[Line]) -> str:
    """rich is imported here only. `Text` takes pieces literally: markup such as `[red]` in a name stays text."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    # The layout has wrapped already; a width beyond any line keeps rich from wrapping again.
    console = Console(file=out, force_terminal=True, color_system="standard", width=100_000, legacy_windows=False)
    for line in lines:
        text = Text.assemble(*((piece, _STYLES.get(style, "")) for piece, style in line))
        text.rstrip()
        console.print(text, highlight=False, soft_wrap=True)
    return out.getvalue()


def _layout(report: Report, options: Options) -> Iterator[Line]:
    told: Told = set()
    stacks = {(stack.construct_path, stack.template_path): stack for stack in reversed(report.stacks)}
    for group in _groups(report.active, _stack_key):
        yield from _stack(group, stacks.get(_stack_key(group[0])), options, told)
    yield from _problems(report, options)
    yield from _suppressed(report, options)
    if report.active:
        yield from _accept_hint(report.active)
    else:
        yield from _judged(report, options)
    for framework in options.frameworks:
        yield from _framework(framework, options)
    yield from _last(report, options)


def _framework(framework: Framework, options: Options) -> Iterator[Line]:
    """Failed and undecided controls with their rules, a line each; the others as lists."""
    numbers = ", ".join(f"{number} {outcome}" for outcome, number in framework.counts.items())
    yield [(framework.title, "heading"), (f": {numbers}", "")]
    for outcome, style in (("fail", "high"), ("unknown", "medium")):
        for control in framework.having(outcome):
            found = f" ({plural(control.findings, 'finding')})" if control.findings else ""
            yield from _controls(outcome, style, f"{control.id}: {', '.join(control.failed)}{found}", options)
    passed = [c.id + (f" ({c.suppressed} suppressed)" if c.suppressed else "") for c in framework.having("pass")]
    yield from _controls("pass", "dim", ", ".join(passed), options)
    reasons = dict.fromkeys(control.reason for control in framework.having("not judged"))
    for reason in reasons:
        ids = [control.id for control in framework.having("not judged") if control.reason == reason]
        yield from _controls("not judged", "dim", f"{reason}: {', '.join(ids)}", options)
    yield []


def _controls(word: str, style: str, text: str, options: Options) -> Iterator[Line]:
    for number, line in enumerate(wrapped(text, options.width - 14) if text else ()):
        yield [(f"  {word:<12}" if not number else " " * 14, style), (line, "")]


def _groups(findings: Sequence[Finding], key: Callable[[Finding], object]) -> list[list[Finding]]:
    """Findings with the same key together, in the order in which the report first names each."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


def _stack_key(finding: Finding) -> tuple[str, str]:
    return finding.stack_path, finding.template_path


def _subject_key(finding: Finding) -> tuple[str, str | None]:
    return subject(finding), finding.logical_id


def _rule_key(finding: Finding) -> tuple[str, str, Outcome]:
    return finding.rule_id, finding.severity, finding.outcome


def _stack(findings: list[Finding], info: StackInfo | None, options: Options, told: Told) -> Iterator[Line]:
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
    for group in _groups(findings, _subject_key):
        yield from _subject(group, options, told)
    yield []


def _subject(findings: list[Finding], options: Options, told: Told) -> Iterator[Line]:
    first = findings[0]
    yield []
    kind = "  " + escape.terminal(
        first.resource_type or ("" if first.logical_id else _WHOLE.get(first.impact or "", "(the stack itself)"))
    )
    name = escape.terminal(subject(first))
    if len(name) + len(kind) > options.width:
        yield [(name, "path")]
        yield [("  " + kind.strip(), "dim")]
    else:
        yield [(name, "path"), (kind, "dim")]
    yield from _place(first, options)
    for group in _groups(findings, _rule_key):
        yield from _rule(group, first.source, options, told)


_GONE = ("WILL_DESTROY", "WILL_ORPHAN", "STACK_REMOVED")


def _place(finding: Finding, options: Options) -> Iterator[Line]:
    logical = f"  {finding.logical_id}" if finding.construct_path and finding.logical_id else ""
    if finding.source is None:
        line = f":{finding.template_line}" if finding.template_line else ""
        file = relative(finding.template_path, options.root) + line
        yield [("  " + escape.terminal(file), "place"), (escape.terminal(logical), "dim")]
        return
    file = f"{relative(finding.source.file, options.root)}:{finding.source.line}"
    if finding.impact in _GONE:  # the line of the code before; what stands there now may be anything
        yield [("  " + escape.terminal(file), "place"), (" of the baseline" + escape.terminal(logical), "dim")]
        return
    yield [("  " + escape.terminal(file), "place"), (escape.terminal(logical), "dim")]
    for number, text in _dedented(options.excerpt(finding.source)):
        code = _cut(escape.terminal(text), options.width - 9)
        yield [(f"  {number:>4} | ", "dim"), (code, "code" if number == finding.source.line else "dim")]


def _dedented(excerpt: list[tuple[int, str]]) -> list[tuple[int, str]]:
    lines = [(number, text.expandtabs(4).rstrip()) for number, text in excerpt]
    margin = min((len(text) - len(text.lstrip(" ")) for _, text in lines if text), default=0)
    return [(number, text[margin:]) for number, text in lines]


def _rule(findings: list[Finding], shown: Source | None, options: Options, told: Told) -> Iterator[Line]:
    first = findings[0]
    tag = first.severity.upper() + (" UNKNOWN" if first.outcome is Outcome.UNKNOWN else "")
    rule, title = escape.terminal(first.rule_id), escape.prose(first.title)
    beside = title and len(tag) + len(rule) + len(title) + 6 <= options.width
    yield [("  ", ""), (tag, first.severity), ("  ", ""), (rule, "rule"), (f": {title}" if beside else "", "")]
    if title and not beside:
        yield from _paragraph(title, options)
    for finding in findings:
        yield from _evidence(finding, len(findings) > 1, shown, options)
    key = (first.rule_id, first.why, first.remedy)
    if key in told:
        if first.why or first.remedy:
            yield [(_INDENT, ""), ("why and fix: see above", "dim")]
        return
    told.add(key)
    if first.why:
        yield from _paragraph(first.why, options, "why: ")
    if first.remedy:
        yield from _remedy(first.remedy, first.source, options)


def _evidence(finding: Finding, listed: bool, shown: Source | None, options: Options) -> Iterator[Line]:
    """The message, and what of the found value, its place and branch the message does not say."""
    message = "" if finding.message == finding.title else finding.message
    about_resource = (
        finding.logical_id is not None or not message
    )  # what a stack is asked for has no place in the template
    extra = [path for path in finding.property_paths if about_resource and path not in message]
    if about_resource and finding.found is not None and finding.found not in message:
        extra.append(f"found {finding.found}")
    if finding.branch and finding.branch not in message:
        extra.append(f"when {finding.branch}")
    told = ", ".join(extra)
    bullet = "- " if listed else ""
    text = f"{message} ({told})" if message and told else message or told
    if text:
        yield from _paragraph(text, options, bullet, "message")
    if finding.source and finding.source != shown:
        place = f"{relative(finding.source.file, options.root)}:{finding.source.line}"
        yield [(_INDENT + "  " * bool(bullet) + escape.terminal(place), "place")]


def _remedy(remedy: Remedy, source: Source | None, options: Options) -> Iterator[Line]:
    yield from _paragraph(remedy.text, options, "fix: ")
    both = (remedy.typescript, remedy.python) if _is_typescript(source) else (remedy.python, remedy.typescript)
    snippet = both[0] or both[1]
    for line in escape.code_lines(snippet or ""):
        yield [(_INDENT + "     ", ""), (line, "code")]


def _is_typescript(source: Source | None) -> bool:
    return source is not None and source.file.lower().endswith(_TYPESCRIPT)


def _problems(report: Report, options: Options) -> Iterator[Line]:
    for problem in report.problems:
        style, word = ("error", "ERROR") if problem.fatal else ("dim", "notice")
        for number, line in enumerate(wrapped(problem.message, options.width - 8)):
            yield [(f"{word:<8}" if not number else " " * 8, style), (line, "")]
    if report.problems:
        yield []


def _suppressed(report: Report, options: Options) -> Iterator[Line]:
    """Suppressed findings with the same rule, reason and origin are one line: a baseline may hold thousands."""
    groups = _groups([f for f in report.findings if f.suppression], lambda f: (f.rule_id, f.suppression))
    for group in groups:
        first, accepted = group[0], group[0].suppression
        assert accepted is not None
        who = subject(first) if len(group) == 1 else plural(len(group), "finding")
        owner = f", {accepted.owner}" if accepted.owner else ""
        until = f", until {accepted.expires}" if accepted.expires else ""
        text = f"{first.rule_id} {who}: {accepted.reason} ({accepted.origin}{owner}{until})"
        for number, line in enumerate(wrapped(text, options.width - 12)):
            yield [("suppressed  " if not number else " " * 12, "dim"), (line, "dim")]
    if groups:
        yield []


def _accept_hint(findings: Sequence[Finding]) -> Iterator[Line]:
    source = next((finding.source for finding in findings if finding.source), None)
    rule = '{ id: "cdkguard::RULE", reason: "..." }'
    if not _is_typescript(source):
        rule = 'Acknowledgment(id="cdkguard::RULE", reason="...")'
    wanted = next((f for f in findings if f.change and f.impact not in _WHOLE), None)
    if wanted is not None:
        yield [("a change that is wanted: `cdkguard approve`, with the same --against, and", "dim")]
        yield [(f'--change "{escape.terminal(subject(wanted))}" --reason "..." --owner NAME', "dim")]
    if any(not f.change for f in findings):
        yield [("accept with reason: `suppressions` in cdkguard.yaml, or in the app's own code", "dim")]
        yield [(f"Validations.of(x).acknowledge({rule})", "dim")]
    yield [("more about a rule: cdkguard explain RULE", "dim")]
    yield []


def _judged(report: Report, options: Options) -> Iterator[Line]:
    if not report.stacks:
        return
    names = ", ".join(stack.construct_path or stack.name for stack in report.stacks[:12])
    more = f" and {len(report.stacks) - 12} more" if len(report.stacks) > 12 else ""
    total = plural(sum(stack.resources for stack in report.stacks), "resource")
    for line in wrapped(f"judged {total} in {names}{more}", options.width):
        yield [(line, "")]


def _last(report: Report, options: Options) -> Iterator[Line]:
    """One line, folded at its dots where it is too long."""
    found, *judged = f"  {what_was_found(report)} · {what_was_judged(report)}".split(" · ")
    line, used = [(report.verdict, report.verdict), (found, "")], len(report.verdict + found)
    for part in judged:
        fits = used + 3 + len(part) <= options.width
        if not fits:
            yield line
            line, used = [(" " * (len(report.verdict) + 2), "")], len(report.verdict) - 1
        line.append((f" · {part}" if fits else part, ""))
        used += 3 + len(part)
    yield line


def _paragraph(text: str, options: Options, lead: str = "", style: str = "") -> Iterator[Line]:
    for number, line in enumerate(wrapped(text, options.width - len(_INDENT) - len(lead))):
        yield [(_INDENT, ""), (lead if not number else " " * len(lead), "dim"), (line, style)]


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns where words allow: a path or ARN stays whole, so that it can be copied."""
    lines: list[str] = []
    for word in escape.prose(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 3)] + "..."
