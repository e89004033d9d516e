"""A plan as text for people: the change by its worst effects, the rules' findings with remedies, the verdict last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.diff.data_parts import find_lost_data_parts
from cdkguard.model import STACK_IMPACTS, Change
from cdkguard.outputs.diff.common import count_impacts, is_folded, name_of_change, summarize_changes
from cdkguard.outputs.diff.text import lay_out_change
from cdkguard.outputs.finding_lines import lay_out_findings
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.outputs.styled_lines import Line, render_lines, wrap
from cdkguard.outputs.summary import plural, status_word, summarize_findings
from cdkguard.outputs.text import lay_out_approve_hint, lay_out_problems, lay_out_suppressed
from cdkguard.text import escape

MANY = 12  # Resources without data, of one section, beyond which the others are only counted.


def render(plan: Plan, options: Options) -> str:
    """The plan as lines for a terminal, of `options.width` characters."""
    return render_lines(list(_lay_out(plan, options)), options)


def _lay_out(plan: Plan, options: Options) -> Iterator[Line]:
    report = plan.report
    for line in wrap(plan.title, options.width):
        yield [(line, "dim")]
    yield []

    changes = [change for change in report.changes if not is_folded(change)]
    for section in SECTIONS:
        yield from _section(section, [change for change in changes if section.holds(change)], options)
    if not changes:
        yield [("NO CHANGE", "heading")]
        yield []

    yield from _rules(plan, options)
    in_full = options._replace(detail=options.detail._replace(verbose=True))
    yield from lay_out_suppressed([f for f in report.findings if f.impact is not None], in_full)
    yield from lay_out_problems(report, options)
    yield from _end(plan, options)


# -- the change


class Section(NamedTuple):
    """Changes of one effect, below one heading."""

    title: str
    style: str
    holds: Callable[[Change], bool]
    is_short: bool = False  # Whether each change gets one line.


def _has_impact(impact: str) -> Callable[[Change], bool]:
    return lambda change: change.impact == impact


def _loses_data(change: Change) -> bool:
    return change.impact == "WILL_UPDATE" and bool(find_lost_data_parts(change))


SECTIONS = (
    Section("DESTROYED", "WILL_DESTROY", _has_impact("WILL_DESTROY")),
    Section("REPLACED", "WILL_REPLACE", _has_impact("WILL_REPLACE")),
    Section("PERHAPS REPLACED", "MAY_REPLACE", _has_impact("MAY_REPLACE")),
    Section("PARTS LOST", "WILL_REPLACE", _loses_data),
    Section("LEFT BEHIND", "WILL_ORPHAN", _has_impact("WILL_ORPHAN")),
    Section("STACKS", "stack", lambda change: change.impact in STACK_IMPACTS),
    Section("UPDATED", "WILL_UPDATE", lambda c: c.impact == "WILL_UPDATE" and not _loses_data(c), is_short=True),
    Section("CREATED", "WILL_CREATE", _has_impact("WILL_CREATE"), is_short=True),
)


def _section(section: Section, changes: Sequence[Change], options: Options) -> Iterator[Line]:
    if not changes:
        return
    of_stacks = section.title == "STACKS"
    with_data = [] if section.title == "CREATED" else [change for change in changes if change.stateful]
    others = [change for change in changes if change not in with_data]
    all_have_data = len(with_data) == len(changes)
    tail = ", with data" if all_have_data else f", {len(with_data)} with data" if with_data else ""
    number = plural(len(changes), "change" if of_stacks else "resource")
    yield [(section.title, section.style), (f"  {number}{tail}", "heading")]

    shown = [*with_data, *others] if of_stacks or len(others) <= MANY else [*with_data, *others[:MANY]]
    for change in shown:
        if section.is_short:
            yield _short(change, options)
        else:
            replacing = tuple(p for p in change.properties if p.replacement != "no")
            change = change._replace(properties=replacing or change.properties)
            yield from lay_out_change(change, options, "" if of_stacks else _stack_of(change))
    if len(shown) < len(changes):
        yield [(f"  and {len(changes) - len(shown)} more without data: `cdkguard diff` shows all", "dim")]
    yield []


def _stack_of(change: Change) -> str:
    """The environment of a change, and its stack where the name does not say it: sections hold changes of all stacks."""
    name, environment = change.stack.construct_path or change.stack.name, change.stack.environment or ""
    if name_of_change(change).startswith(f"{name}/"):
        return environment
    return f"stack {name} ({environment})" if environment else f"stack {name}"


def _short(change: Change, options: Options) -> Line:
    mark = "+" if change.impact == "WILL_CREATE" else "~"
    name = escape.terminal(name_of_change(change))
    paths = dict.fromkeys(changed.path.removeprefix("Properties.").partition("[")[0] for changed in change.properties)
    facts = [change.resource_type or "", _stack_of(change)]
    if change.impact == "WILL_UPDATE":
        facts.append(", ".join(paths))
    elif change.partner:
        facts.append(f"was {change.partner}")
    text = escape.prose(" · ".join(fact for fact in facts if fact))
    room = max(40, options.width - len(name) - 6)
    return [
        (f"  {mark} ", change.impact),
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
    data = sum(1 for c in changes if c.stateful and c.impact in gone or _loses_data(c))
    tail = f"; data in {plural(data, 'resource')} at stake" if data and count_impacts(changes) else ""
    return summarize_changes(changes) + tail
