"""Findings in Markdown: what is wrong, each place with its line, why and fix once for each rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.model import Finding, Outcome, Remedy
from cdkguard.outputs.entries import Entry, Place, group_findings
from cdkguard.outputs.finding_lines import WHOLE_CONFIGURATION
from cdkguard.outputs.fixes import Fix, choose_fix
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.markdown.budget import NEW, OLD, SUPPRESSED, WHY, Block
from cdkguard.outputs.markdown.inline import code, fold, prose, render_code_line, render_place
from cdkguard.outputs.render import Options, no_permalink
from cdkguard.outputs.resource_types import describe_type
from cdkguard.outputs.short_names import shorten_name
from cdkguard.outputs.summary import plural
from cdkguard.text import escape

_PLACES = 5  # Of one entry that are shown; the others are folded.
_FOLDED = 50  # Of those that are named at all.
_ALSO = 6  # Rules that the same fix mends.
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵"}


class FindingBlocks:
    """The findings of one comment: a rule is explained where it comes first."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._explained: set[tuple[str, str, Remedy | None]] = set()  # (rule id, why, remedy)

    def lay_out(self, findings: Sequence[Finding]) -> Iterator[Block]:
        """The entries of these findings, each followed by its explanation."""
        for entry in group_findings(findings):
            first = entry.finding
            yield Block(_entry(entry, self._options), NEW[first.severity], len(entry.findings), "finding")
            key = (first.rule_id, first.why, first.remedy)
            explanation = "" if key in self._explained else _explain(first, self._options)
            if explanation:
                self._explained.add(key)
                yield Block(explanation, WHY[first.severity], 1, "explanation")


def _entry(entry: Entry, options: Options) -> str:
    first = entry.finding
    undecided = ", undecided" if first.outcome is Outcome.UNKNOWN else ""
    others = list({f.rule_id: f for f in entry.also}.values())
    titles = "".join(f"<br>{prose(f.title or f.rule_id)} {code(f.rule_id)}" for f in others[:_ALSO])
    titles += f"<br>and {plural(len(others) - _ALSO, 'more rule')}" if len(others) > _ALSO else ""
    heading = f"{_MARKS.get(first.severity, '')} **{first.severity}{undecided}: {prose(first.title or first.rule_id)}** {code(first.rule_id)}"
    places = [_place(place, entry.places[0], options) for place in entry.places]
    rest = places[_PLACES:] if len(places) > _PLACES + 2 else []
    text = f"\n{heading}{titles}\n\n{''.join(places[: len(places) - len(rest)])}"
    if rest:
        more = f"- and {len(rest) - _FOLDED} more\n" if len(rest) > _FOLDED else ""
        text += fold(f"and {plural(len(rest), 'more place')}", "".join(rest[:_FOLDED]) + more)
    return text


def _place(place: Place, first: Place, options: Options) -> str:
    finding = place.finding
    facts = [_name(finding)]
    if environments := _environments(place):
        facts.append(environments)
    if where := render_place(finding, options):
        facts.append(where)
    lines = [" · ".join(facts)]
    if line := render_code_line(finding, options):
        lines.append(line)
    messages = dict.fromkeys(f.message for f in (finding, *place.also) if f.message and f.message != f.title)
    if place is first or _nameless(finding) != _nameless(first.finding):
        lines += [prose(message) for message in list(messages)[:_ALSO]]
    return f"- {'<br>'.join(lines)}\n"


def _name(finding: Finding) -> str:
    kind = describe_type(finding.resource_type)
    if not finding.logical_id:
        kind = WHOLE_CONFIGURATION.get(finding.impact or "", "stack").strip("()")
    name = code(shorten_name(subject_of(finding), ""))
    return f"{name} {prose(kind)}" if kind else name


def _environments(place: Place) -> str:
    """`prod, staging (medium)`: a severity stands where it is not the entry's."""
    severity = place.finding.severity
    names = [f"{name} ({level})" if level != severity else name for name, level in place.environments]
    words = f"in {', '.join(map(prose, names))}" if names else ""
    more = 1 + len(place.elsewhere) - max(1, len(names))
    return f"{words} and {plural(more, 'more stack')}" if more else words


def _nameless(finding: Finding) -> str:
    text = finding.message
    for name in (finding.construct_path, finding.logical_id, finding.resource_type, finding.stack_path, finding.stack):
        text = text.replace(name, "\0") if name else text
    return text


def _explain(finding: Finding, options: Options) -> str:
    fix = choose_fix(finding, options)
    if not finding.why and fix is None:
        return ""
    parts = [f"{escape.markdown(finding.why)}\n"] if finding.why else []
    parts += [_render_fix(fix)] if fix else []
    return fold("Why, and how to fix it" if fix else "Why", "\n".join(parts))


def _render_fix(fix: Fix) -> str:
    text = f"**Fix:** {escape.markdown(fix.text)}\n"
    return text + (f"\n{escape.markdown_block(fix.code, fix.language)}\n" if fix.code else "")


# -- what is folded: a row each


def lay_out_rows(findings: Sequence[Finding], options: Options) -> Iterator[Block]:
    """A row of `| Severity | Problem | Where |` for each entry."""
    options = options._replace(permalink=no_permalink)  # Addresses of what nobody asks for would crowd out the rest.
    for entry in group_findings(findings):
        first = entry.finding
        undecided = ", undecided" if first.outcome is Outcome.UNKNOWN else ""
        rules = "<br>".join(code(rule) for rule in dict.fromkeys((first.rule_id, *(f.rule_id for f in entry.also))))
        where = "<br>".join(_where(place, options) for place in entry.places[:3])
        more = f"<br>and {len(entry.places) - 3} more" if len(entry.places) > 3 else ""
        row = f"| {first.severity}{undecided} | {prose(first.title or first.rule_id)}<br>{rules} | {where}{more} |\n"
        yield Block(row, OLD[first.severity], len(entry.findings), "finding")


def _where(place: Place, options: Options) -> str:
    facts = [
        code(shorten_name(subject_of(place.finding), "")),
        _environments(place),
        render_place(place.finding, options),
    ]
    return " · ".join(filter(None, facts))


def lay_out_suppressed(findings: Sequence[Finding]) -> Iterator[Block]:
    """A row of `| Rule | Where | Reason |` for those of one rule that are accepted for the same reason in the same place."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule_id, finding.suppression), []).append(finding)
    for group in groups.values():
        first, accepted = group[0], group[0].suppression
        assert accepted is not None
        names = [code(shorten_name(subject_of(finding), "")) for finding in group[:3]]
        more = f"<br>and {len(group) - 3} more" if len(group) > 3 else ""
        until = f", until {accepted.expires}" if accepted.expires else ""
        owner = f", {accepted.owner}" if accepted.owner else ""
        reason = (
            f"{prose(accepted.reason.removeprefix(f'{first.rule_id}: '))} ({prose(f'{accepted.origin}{owner}{until}')})"
        )
        row = f"| {code(first.rule_id)} | {'<br>'.join(names)}{more} | {reason} |\n"
        yield Block(row, SUPPRESSED, len(group), "suppressed finding")
