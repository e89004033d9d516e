"""A plan as text for people: the change by its worst effects, the rules' findings with remedies, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import STACK_IMPACTS, Change
from cdkguard.outputs.diff.change_lines import (
    MANY,
    count_types,
    describe_change_of_name,
    describe_followers,
    lay_out_entry,
)
from cdkguard.outputs.diff.common import count_impacts, summarize_changes
from cdkguard.outputs.diff.entries import ChangeEntry, make_entries
from cdkguard.outputs.diff.entry_groups import describe_counted, find_data_at_stake, lay_out_count, lay_out_data
from cdkguard.outputs.diff.names import ValueNames
from cdkguard.outputs.finding_lines import lay_out_findings
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, lay_out_paragraph, render_lines, wrap
from cdkguard.outputs.summary import plural, status_word, summarize_findings
from cdkguard.outputs.text import lay_out_approve_hint, lay_out_problems, lay_out_suppressed
from cdkguard.text import escape


def render(plan: Plan, options: Options) -> str:
    """The plan as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(plan, options)), options)


def _lay_out(plan: Plan, options: Options) -> Iterator[Line]:
    report = plan.report
    for line in wrap(plan.title, options.width):
        yield [(line, "dim")]
    yield []

    yield from _lay_out_changes(plan, options)
    yield from _rules(plan, options)
    in_full = options._replace(detail=options.detail._replace(verbose=True))
    yield from lay_out_suppressed([f for f in report.findings if f.impact is not None], in_full)
    yield from lay_out_problems(report, options)
    yield from _end(plan, options)


# -- the change


class Section(NamedTuple):
    """Changes of one effect, below one heading."""

    title: str
    impacts: tuple[str, ...]
    style: str
    is_short: bool = False  # Whether each change gets one line.


SECTIONS = (
    Section("DESTROYED", ("WILL_DESTROY",), "WILL_DESTROY"),
    Section("REPLACED", ("WILL_REPLACE",), "WILL_REPLACE"),
    Section("PERHAPS REPLACED", ("MAY_REPLACE",), "MAY_REPLACE"),
    Section("LEFT BEHIND", ("WILL_ORPHAN",), "WILL_ORPHAN"),
    Section("STACKS", STACK_IMPACTS, "stack"),
    Section("UPDATED", ("WILL_UPDATE",), "WILL_UPDATE", is_short=True),
    Section("CREATED", ("WILL_CREATE",), "WILL_CREATE", is_short=True),
)


def _lay_out_changes(plan: Plan, options: Options) -> Iterator[Line]:
    """The data at stake, then what else changes, by its effect."""
    found = make_entries(plan.report.changes)
    data = find_data_at_stake(found.entries)
    yield from lay_out_data(data, found.names, options)
    others = [entry for entry in found.entries if not entry.is_data_at_stake]
    for section in SECTIONS:
        entries = [entry for entry in others if entry.worst.impact in section.impacts]
        yield from _section(section, entries, found.names, plan, options)
    if counted := describe_counted(found):
        yield [(counted, "dim")]
        yield []
    if not found.entries and not found.nested:
        yield [("NO CHANGE", "heading")]
        yield []


def _section(
    section: Section, entries: Sequence[ChangeEntry], names: ValueNames, plan: Plan, options: Options
) -> Iterator[Line]:
    """The entries of one effect, none of which takes data away; of `cdk destroy`, which takes all, the number by type."""
    if not entries:
        return
    of_stacks = section.impacts == STACK_IMPACTS
    number = plural(len(entries), "change" if of_stacks else "resource")
    tail = " without data" if plan.is_destruction and not of_stacks else ""
    yield [(section.title, section.style), (f"  {number}{tail}", "heading")]

    shown = entries if of_stacks else entries[: 0 if plan.is_destruction else MANY]
    for entry in shown:
        if section.is_short:
            yield _short(entry, options)
            for text in describe_followers(entry):
                yield from lay_out_paragraph(text, options, "  ", "dim")
        else:
            yield from lay_out_entry(entry, names, options)
    rest = entries[len(shown) :]
    if rest:
        lead = f"and {len(rest)} more without data: " if shown else ""
        yield from lay_out_count(" ", lead + count_types(entry.first for entry in rest), options)
    yield []


def _short(entry: ChangeEntry, options: Options) -> Line:
    change = entry.first
    name = escape.terminal(entry.name)
    facts = [", ".join(entry.places), (change.resource_type or "").removeprefix("AWS::")]
    if change.impact == "WILL_UPDATE":
        paths = (changed.path.removeprefix("Properties.").partition("[")[0] for changed in change.properties)
        facts.append(", ".join(dict.fromkeys(paths)))
    else:
        facts.append(describe_change_of_name(entry))
    text = escape.prose(" · ".join(fact for fact in facts if fact))
    room = max(40, options.width - len(name) - 6)
    return [
        ("  + " if change.impact == "WILL_CREATE" else "  ~ ", change.impact),
        (name, "path"),
        (f"  {text if len(text) <= room else text[: room - 3] + '...'}", "dim"),
    ]


# -- the rules


def _rules(plan: Plan, options: Options) -> Iterator[Line]:
    found = plan.on_change
    number = plural(len(found), "finding") if found else "no finding"
    yield [("RULES", "heading"), (f"  {number} on the change", "heading")]
    yield []
    yield from lay_out_findings(found, plan.report, options)

    others = plan.on_templates
    deciding = [finding for finding in others if plan.report.decides(finding)]
    if others:
        part = f", {len(deciding)} at or above {plan.report.fail_on}" if deciding else ""
        yield [(f"{plural(len(others), 'finding')} on the templates{part}: see `cdkguard check`", "heading")]
    for finding in deciding[:MANY]:
        name = escape.terminal(subject_of(finding))
        yield [(f"  {finding.severity.upper()}  ", finding.severity), (finding.rule_id, "rule"), (f"  {name}", "")]
    if len(deciding) > MANY:
        yield [(f"  and {len(deciding) - MANY} more", "dim")]
    if others:
        yield []


# -- the verdict


def _end(plan: Plan, options: Options) -> Iterator[Line]:
    report = plan.report
    if plan.on_change and not plan.is_destruction:
        yield from lay_out_approve_hint(plan.on_change)
        yield []
    word = status_word(report)
    lead = " " * (len(word) + 2)
    label = "change".ljust(len(lead)) if len(lead) > len("change") else "change  "
    for number, line in enumerate(wrap(_summary(report.changes), options.width - len(label))):
        yield [(label if not number else " " * len(label), "dim"), (line, "")]
    status = f"exit status {plan.exit_status}: {plan.reason}"
    yield [(word, word), (f": {summarize_findings(report)}", "")]
    yield [(lead, ""), (status, "heading")]


def _summary(changes: Sequence[Change]) -> str:
    """`1 destroyed, 2 replaced, 14 harmless; 2 with data`, or `no change`."""
    gone = ("WILL_DESTROY", "WILL_REPLACE", "MAY_REPLACE")
    data = sum(1 for c in changes if c.stateful and c.impact in gone or find_lost_data_parts(c))
    tail = f"; data in {plural(data, 'resource')} at stake" if data and count_impacts(changes) else ""
    return summarize_changes(changes) + tail
