"""The rows that the rules answer: each rule file says under `checklist` which one it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.model import Change, Finding, Outcome, Problem, Report, severity_rank
from cdkguard.outputs.diff.common import summarize_changes
from cdkguard.outputs.locations import subject_of
from cdkguard.outputs.preflight.record import Evidence, Row, make_row
from cdkguard.outputs.summary import plural
from cdkguard.preflight.subject import Subject, name_stacks, show_file

if TYPE_CHECKING:
    from cdkguard.outputs.preflight.record import State

DELETION = "no-unexpected-deletion"
OTHER = "other-findings"
_UNSEEN = "unseen"  # the pack of rules about what could not be read
_ADVICE = {
    "data-retained": "give it a removal policy of RETAIN or SNAPSHOT, deletion protection and backups: `cdkguard explain RULE` shows the code",
    "no-hard-coded": "write a reference (`table.tableArn`, `Stack.of(this).account`) in place of the text; an account that is meant belongs under `accounts` in cdkguard.yaml",
    "no-open-ingress": "let in the addresses or the security group that need it, and not 0.0.0.0/0 or ::/0",
    DELETION: "`cdkguard plan --against {against}` shows what goes and why; put it back, or have a person approve it with `cdkguard approve`",
    OTHER: "`cdkguard check` shows them with the fix",
}


def judge_rules(subject: Subject, row: str, title: str) -> Row:
    """A row whose rules the run has asked: failed by a finding, not known where one of them could not decide."""
    report = subject.report
    if report is None:
        return _unread(row, title, subject.unread or "the app was not read")
    if row == DELETION and not report.against:
        return _without_baseline(subject, row, title)
    stacks = subject.stacks_of(*subject.targets)
    if not stacks:
        names = " or ".join(subject.targets)
        text = f"no stack of {names} is in what was synthesized: {name_stacks(subject.stacks) or 'no stack at all'}"
        return make_row(row, title, "unknown", (Evidence(text),), (_how_to_make(names),))

    ids = _rules_of(subject, row)
    ran = ids & subject.ran
    if not ran:
        text = f"none of its {plural(len(ids), 'rule')} was asked: `rules` or `skip` leaves them out"
        return make_row(row, title, "unknown", (Evidence(text),), ("let the rules run that the row is about",))
    about = [f for f in report.findings if f.rule_id in ran and _is_about(f, subject)]
    return _answer(subject, report, row, title, about, ids - ran, ran)


def find_about(subject: Subject, row: str) -> list[Finding]:
    """The findings of a row's rules on what is about to be deployed."""
    if subject.report is None:
        return []
    ids = _rules_of(subject, row)
    return [f for f in subject.report.findings if f.rule_id in ids and _is_about(f, subject)]


def _answer(
    subject: Subject, report: Report, row: str, title: str, about: Sequence[Finding], missing: set[str], ran: set[str]
) -> Row:
    bar = severity_rank(subject.settings.fail_on)
    heavy = [f for f in about if f.suppression is None and severity_rank(f.severity) >= bar]
    failed = [f for f in heavy if f.outcome is Outcome.FAIL]
    undecided = [f for f in heavy if f.outcome is Outcome.UNKNOWN]
    unseen = _find_unseen(subject, report, bar)
    evidence = [*map(describe_finding, failed), *map(describe_finding, undecided), *unseen]
    if not evidence:
        evidence.append(_describe_nothing(subject, report, row, len(ran)))
    evidence += _describe_rest(about, bar, missing, subject)

    state: State = "failed" if failed else "unknown" if undecided or unseen else "done"
    advice: list[str] = []
    if failed:
        advice.append(_ADVICE[row].format(against=subject.config.against or "deployed"))
    if undecided or unseen:
        advice.append(
            "make known what is not: give the parameter's value, the context, or the template that is missing"
        )
    return make_row(row, title, state, tuple(evidence), tuple(advice), unread=bool(report.errors) and bool(unseen))


def _rules_of(subject: Subject, row: str) -> set[str]:
    if row != OTHER:
        return {rule.id for rule in subject.rules_of(row)}
    return {rule.id for rule in subject.bound.packs.rules if not rule.checklist and rule.id in subject.ran}


def _is_about(finding: Finding, subject: Subject) -> bool:
    """Whether a finding is on a stack that is about to be deployed; one of no environment may be."""
    return finding.environment is None or finding.environment in subject.targets


def _find_unseen(subject: Subject, report: Report, bar: int) -> list[Evidence]:
    """What nobody has judged, and may hold anything."""
    packs = {rule.id: rule.pack for rule in subject.bound.packs.rules}
    found = [
        f
        for f in report.active
        if packs.get(f.rule_id) == _UNSEEN and severity_rank(f.severity) >= bar and _is_about(f, subject)
    ]
    return [*map(_describe_problem, report.errors), *map(describe_finding, found)]


def _describe_problem(problem: Problem) -> Evidence:
    return Evidence(f"not judged: {problem.message}")


def describe_finding(finding: Finding) -> Evidence:
    """A finding as evidence, with its place."""
    what = finding.title or finding.message
    name = subject_of(finding).removesuffix("/Resource")
    words = f"{name}: {what} ({finding.rule_id})"
    if finding.outcome is Outcome.UNKNOWN:
        words = f"not decided: {words}"
    return Evidence(words, _place_of(finding), finding.severity)


def _place_of(finding: Finding) -> str:
    if finding.source is not None:
        return f"{show_file(finding.source.file)}:{finding.source.line}"
    line = f":{finding.template_line}" if finding.template_line else ""
    return f"{finding.template_path}{line}" if finding.template_path else ""


def _describe_nothing(subject: Subject, report: Report, row: str, rules: int) -> Evidence:
    """What was looked at where nothing was found."""
    stacks = [stack for stack in report.stacks if stack.environment in subject.targets]
    where = f"{plural(sum(s.resources for s in stacks), 'resource')} in {plural(len(stacks), 'stack')} of {' and '.join(subject.targets)}"
    if row != DELETION:
        return Evidence(f"{plural(rules, 'rule')} found nothing to stop for in {where}")
    changes = [change for change in report.changes if _is_of_target(change, subject) and not change.noise]
    return Evidence(
        f"against {report.against}: {summarize_changes(changes)}; {plural(rules, 'rule')} found nothing in it to stop for"
    )


def _is_of_target(change: Change, subject: Subject) -> bool:
    old = change.old_stack
    return change.stack.environment in subject.targets or (old is not None and old.environment in subject.targets)


def _describe_rest(about: Sequence[Finding], bar: int, missing: set[str], subject: Subject) -> list[Evidence]:
    """What does not count, so that nobody takes it for nothing: accepted, weaker, left out."""
    found = []
    accepted = [f for f in about if f.suppression is not None]
    for finding in accepted:
        assert finding.suppression is not None
        kind = "approved" if finding.suppression.kind == "approval" else "accepted"
        found.append(
            Evidence(
                f"{kind}: {subject_of(finding)} ({finding.rule_id}): {finding.suppression.reason}",
                finding.suppression.origin,
            )
        )
    weaker = [f for f in about if f.suppression is None and severity_rank(f.severity) < bar]
    if weaker:
        text = f"{plural(len(weaker), 'finding')} below {subject.settings.fail_on}: {_list(f.rule_id for f in weaker)}"
        found.append(Evidence(text))
    on_change = {rule.id for rule in subject.bound.packs.rules if rule.scope == "change"} if missing else set()
    assert subject.report is not None
    if missing & on_change and not subject.report.against:
        found.append(
            Evidence(f"rules about the change were not asked, for want of a baseline: {len(missing & on_change)}")
        )
        missing = missing - on_change
    if missing:
        found.append(
            Evidence(f"{plural(len(missing), 'rule')} left out by `rules` or `skip`: {_list(sorted(missing))}")
        )
    return found


def _list(names: Iterable[str], most: int = 4) -> str:
    listed = list(dict.fromkeys(names))
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _unread(row: str, title: str, reason: str) -> Row:
    evidence = (Evidence(f"the app could not be read: {reason}"),)
    return make_row(row, title, "unknown", evidence, ("make the app synthesize: `cdk synth`",), unread=True)


def _without_baseline(subject: Subject, row: str, title: str) -> Row:
    if subject.unread_baseline:
        evidence = (Evidence(f"the baseline could not be read: {subject.unread_baseline}"),)
        return make_row(
            row, title, "unknown", evidence, ("make the baseline readable, or name another one",), unread=True
        )
    evidence = (Evidence("no baseline is named, so nobody knows what the deployment deletes"),)
    advice = "give `--against deployed` (what runs now), or `against:` in cdkguard.yaml"
    return make_row(row, title, "unknown", evidence, (advice,))


def _how_to_make(names: str) -> str:
    return f"synthesize the app as it is deployed to {names}: `-c env=...`, or say under `environments` which stacks those are"


def count_other_findings(subject: Subject) -> str:
    """What the rules that are of no row have found at or above `fail_on`; "" where that is nothing."""
    if subject.report is None:
        return ""
    of_no_row = _rules_of(subject, OTHER)
    found = [
        f
        for f in subject.report.active
        if f.rule_id in of_no_row and subject.report.decides(f) and _is_about(f, subject)
    ]
    if not found:
        return ""
    return f"{plural(len(found), 'finding')} at or above {subject.report.fail_on} of rules that are of no row: see `cdkguard check` ({_list(f.rule_id for f in found)})"
