"""Findings as styled lines: what is wrong, where, the line of code, the value found; why and fix once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.model import Finding, Outcome, Remedy, Report, Source
from cdkguard.outputs.entries import Entry, Place, group_findings
from cdkguard.outputs.fixes import Fix, language_of, make_fix
from cdkguard.outputs.locations import has_line_of_baseline, name_line, relative_path, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import INDENT, Line, lay_out_paragraph
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

MOST_EXPLAINED = 5  # Entries that say why; of the others `cdkguard explain` does.
MOST_NAMESAKES = 5  # Of the same fault in more stacks of one environment.
MOST_PLACES = 10  # Of one entry that are shown.

# Impacts of findings on the guardrail itself, which have no resource: impact -> what they are about.
WHOLE_CONFIGURATION = dict.fromkeys(("GUARDRAIL_WEAKENED", "EXEMPTION_ADDED"), "(the rules themselves)")


class _Page(NamedTuple):
    """The settings of all entries of one output."""

    options: Options
    names_environments: bool  # Whether there are several, so that each place says which.
    explained: set[tuple[str, str, Remedy | None]]  # (rule id, why, remedy)


def lay_out_findings(findings: Sequence[Finding], report: Report, options: Options) -> Iterator[Line]:
    """The lines of findings of a report, those that are one fault together."""
    entries = group_findings(findings)
    environments = {stack.environment for stack in report.stacks}
    page = _Page(options, len(environments) > 1, set())
    for entry in entries:
        yield from _entry(entry, page)
        yield []


def _entry(entry: Entry, page: _Page) -> Iterator[Line]:
    first, number = entry.finding, len(entry.places)
    yield from _headline(first, page.options, number)
    for finding in _once_a_rule(entry.also):
        yield from _headline(finding, page.options, 1)

    alike = [place for place in entry.places[1:] if _is_alike(place, entry.places[0])]
    for place in entry.places:
        if place not in alike:
            yield from _place(place, page)
    if alike:
        yield from _alike(alike, page)
    yield from _explain(first, page)


def _once_a_rule(findings: Sequence[Finding]) -> list[Finding]:
    return list({finding.rule_id: finding for finding in reversed(findings)}.values())[::-1]


def _headline(finding: Finding, options: Options, number: int) -> Iterator[Line]:
    tag = finding.severity.upper() + (" UNDECIDED" if finding.outcome is Outcome.UNKNOWN else "")
    rule = escape.terminal(finding.rule_id)
    title = escape.prose(finding.title or finding.rule_id)
    more = f" ({number} places)" if number > 1 else ""
    if len(tag) + len(title) + len(more) + len(rule) + 4 <= options.width:
        yield [(tag, finding.severity), ("  ", ""), (title, "message"), (more, ""), ("  ", ""), (rule, "rule")]
        return
    if len(tag) + len(title) + len(more) + 2 <= options.width:
        yield [(tag, finding.severity), ("  ", ""), (title, "message"), (more, "")]
    else:
        yield [(tag, finding.severity), (more, "")]
        yield from lay_out_paragraph(title, options, style="message")
    yield [(INDENT, ""), (rule, "rule")]


# -- places


def _place(place: Place, page: _Page) -> Iterator[Line]:
    finding, options = place.finding, page.options
    name = escape.terminal(subject_of(finding))
    messages = [_evidence(f) for f in (finding, *_once_a_rule(place.also))]
    facts = [finding.resource_type or _whole(finding)]
    if options.detail.verbose and finding.construct_path:
        facts.append(finding.logical_id or "")
    if page.names_environments and place.environments:
        facts.append(_environments(place))
    if place.namesakes and not options.detail.verbose:
        facts.append(f"also {_list_namesakes(place)}")
    yield from _name(name, [escape.terminal(fact) for fact in facts if fact], options)
    yield from _code(finding, options)
    for text in dict.fromkeys(filter(None, messages)):
        yield from lay_out_paragraph(text, options)
    if options.detail.verbose:
        for other in place.elsewhere:
            yield from lay_out_paragraph(f"also {subject_of(other)}: {_evidence(other)}", options, style="dim")


def _list_namesakes(place: Place) -> str:
    names = list(dict.fromkeys(subject_of(finding) for finding in place.namesakes))
    more = [f"{len(names) - MOST_NAMESAKES} more: -v lists them"] if len(names) > MOST_NAMESAKES else []
    return ", ".join([*names[:MOST_NAMESAKES], *more])


def _whole(finding: Finding) -> str:
    """What a finding without a resource is about."""
    return "" if finding.logical_id else WHOLE_CONFIGURATION.get(finding.impact or "", "(the stack itself)")


def _name(name: str, facts: Sequence[str], options: Options) -> Iterator[Line]:
    tail = " · ".join(facts)
    if len(name) + len(tail) + 5 <= options.width:
        yield [("  ", ""), (name, "path"), (f"  {tail}" if tail else "", "dim")]
        return
    yield [("  ", ""), (name, "path")]
    yield from lay_out_paragraph(tail, options, style="dim")


def _environments(place: Place) -> str:
    """`prod`, or `in prod, staging (high)` where the finding is milder there."""
    found = place.environments
    own = place.finding.severity
    words = list(dict.fromkeys(name if severity == own else f"{name} ({severity})" for name, severity in found))
    return words[0] if len(words) == 1 else "in " + ", ".join(words)


def _file_of(finding: Finding, options: Options) -> str:
    if finding.source is not None:
        return escape.terminal(name_line(finding.source, options))
    line = f":{finding.template_line}" if finding.template_line else ""
    return escape.terminal(relative_path(finding.template_path, options.root) + line)


def _code(finding: Finding, options: Options) -> Iterator[Line]:
    """The place in the user's files and, where it can be read, the line of code that stands there."""
    file = _file_of(finding, options)
    if finding.source is None:
        yield [(INDENT, ""), (file, "place")]
        return
    if has_line_of_baseline(finding):
        yield [(INDENT, ""), (file, "place"), (" of the baseline", "dim")]
        return
    text = _line_of(finding.source, options)
    if text:
        room = options.width - len(INDENT) - len(file) - 3
        yield [(INDENT, ""), (file, "place"), (" | ", "dim"), (_shorten(escape.terminal(text), room), "code")]
    else:
        yield [(INDENT, ""), (file, "place")]
    if (caller := finding.source.called_from) is not None:
        yield [(INDENT, ""), ("called from " + escape.terminal(name_line(caller, options)), "dim")]


def _line_of(source: Source, options: Options) -> str:
    return " ".join(text.expandtabs(4).strip() for number, text in options.excerpt(source) if number == source.line)


def _is_alike(place: Place, first: Place) -> bool:
    """Whether the place says the same as the first one, but for its name."""
    if place.finding.impact is not None:
        return False
    pairs = zip((place.finding, *place.also), (first.finding, *first.also), strict=False)
    return all(_nameless(one) == _nameless(other) for one, other in pairs)


def _nameless(finding: Finding) -> str:
    text = _evidence(finding)
    path = finding.construct_path or ""
    short = path.removesuffix("/Resource")  # as messages name a resource
    for name in (path, short, finding.logical_id, finding.resource_type, finding.stack_path, finding.stack):
        text = text.replace(name, "\0") if name else text
    return text


def _alike(places: Sequence[Place], page: _Page) -> Iterator[Line]:
    """A line for each line of code that has the same fault."""
    options = page.options
    yield [("  and likewise", "dim")]
    groups: dict[str, list[Place]] = {}
    for place in places:
        groups.setdefault(_file_of(place.finding, options), []).append(place)
    most = len(groups) if options.detail.verbose else MOST_PLACES
    for file, group in list(groups.items())[:most]:
        yield from _alike_lines(file, group, page)
    if len(groups) > most:
        left = [place for group in list(groups.values())[most:] for place in group]
        yield [(f"{INDENT}and {plural(len(left), 'more place')}: -v lists them", "dim")]


def _alike_lines(file: str, group: Sequence[Place], page: _Page) -> Iterator[Line]:
    options, finding = page.options, group[0].finding
    names = ", ".join(dict.fromkeys(escape.terminal(subject_of(place.finding)) for place in group))
    facts = [finding.resource_type or ""]
    facts += [_environments(group[0])] if page.names_environments and group[0].environments else []
    facts += [f"also {_list_namesakes(place)}" for place in group if place.namesakes and not options.detail.verbose]
    line: Line = [(INDENT, ""), (file, "place"), ("  ", ""), (names, "path")]
    text = _line_of(finding.source, options) if finding.source and not has_line_of_baseline(finding) else ""
    room = options.width - sum(len(part) for part, _style in line)
    tail = "  " + escape.terminal(" · ".join(filter(None, facts)))
    if tail.strip() and len(tail) <= room:
        line.append((tail, "dim"))
        room -= len(tail)
        tail = ""
    if text and room >= 30:
        line += [(" | ", "dim"), (_shorten(escape.terminal(text), room - 3), "code")]
    yield line
    if tail.strip():
        yield [(INDENT, ""), (tail, "dim")]


def _evidence(finding: Finding) -> str:
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
    return f"{message} ({rest})" if message and rest else message or rest


# -- why and fix


def _explain(finding: Finding, page: _Page) -> Iterator[Line]:
    """Why and fix, once for each rule and advice."""
    key = (finding.rule_id, finding.why, finding.remedy)
    if key in page.explained:
        if finding.remedy:
            yield [(INDENT, ""), (f"fix: as above, see {escape.terminal(finding.rule_id)}", "dim")]
        return
    page.explained.add(key)
    says_why = page.options.detail.verbose or len(page.explained) <= MOST_EXPLAINED
    if finding.why and says_why:
        yield from lay_out_paragraph(finding.why, page.options, "why: ")
    if finding.remedy:
        yield from _fix(make_fix(finding.remedy, language_of(finding, page.options)), page.options)


def _fix(fix: Fix, options: Options) -> Iterator[Line]:
    yield from lay_out_paragraph(fix.text, options, "fix: ")
    for line in escape.code_lines(fix.code):
        yield [(INDENT + "     ", ""), (line, "code")]


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(1, width - 3)] + "..."
