"""The counts of a report and the lines that sum it up, the same in every output."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.model import SEVERITIES, Finding, Outcome, Report, severity_rank
from cdkguard.text import escape

_MAX_LOWERED = 8  # the number of stacks that the last line names
WORST_FIRST = tuple(reversed(SEVERITIES))


def count_failed(report: Report, severity: str) -> int:
    """The number of failed, unsuppressed findings of one severity."""
    return sum(f.severity == severity and f.outcome is Outcome.FAIL for f in report.active)


def count_findings(report: Report) -> dict[str, Any]:
    """The counts of a report; `bySeverity` holds failed findings alone, undecided and suppressed ones have their own."""
    by_severity = {severity: count_failed(report, severity) for severity in WORST_FIRST}
    return {
        "bySeverity": by_severity,
        "failed": sum(by_severity.values()),
        "unknown": sum(f.outcome is Outcome.UNKNOWN for f in report.active),
        "suppressed": len(report.findings) - len(report.active),
        "errors": len(report.errors),
        "stacks": len(report.stacks),
        "resources": sum(stack.resources for stack in report.stacks),
        "rules": len(report.rules),
        "seconds": round(report.seconds, 3),
    }


def judged_environments(report: Report) -> list[str]:
    """Names of the judged environments, in the order of the stacks."""
    return list(dict.fromkeys(stack.environment for stack in report.stacks if stack.environment))


def decides_status(finding: Finding, report: Report) -> bool:
    """Whether the finding, unless it is suppressed, makes the run fail."""
    return report.fail_on != "never" and severity_rank(finding.severity) >= severity_rank(report.fail_on)


def plural(number: int, noun: str) -> str:
    """`1 stack`, `2 stacks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summarize_findings(report: Report) -> str:
    """`2 critical, 1 unknown (1 suppressed)`, or `nothing found`."""
    count = count_findings(report)
    parts = [f"{number} {severity}" for severity, number in count["bySeverity"].items() if number]
    parts += [f"{count['unknown']} unknown"] if count["unknown"] else []
    parts += [plural(count["errors"], "error")] if count["errors"] else []
    suppressed = f" ({count['suppressed']} suppressed)" if count["suppressed"] else ""
    return (", ".join(parts) or "nothing found") + suppressed


def summarize_run(report: Report) -> str:
    """`4 stacks, 31 rules · prod, dev · by a guess not as prod: Shop-dev · 0.21 s`."""
    parts = [f"{plural(len(report.stacks), 'stack')}, {plural(len(report.rules), 'rule')}"]
    parts += [", ".join(map(escape.terminal, judged_environments(report)))] if judged_environments(report) else []
    parts += [f"by a guess not as prod: {lowered}"] if (lowered := _list_lowered(report)) else []
    return " · ".join([*parts, f"{report.seconds:.2f} s"])


def _list_lowered(report: Report) -> str:
    """The stacks that nothing but a guess makes milder than prod."""
    found = [
        stack.construct_path or stack.name for stack in report.stacks if stack.lowered_by_guess and not stack.nested
    ]
    more = f" and {len(found) - _MAX_LOWERED} more" if len(found) > _MAX_LOWERED else ""
    return ", ".join(map(escape.terminal, found[:_MAX_LOWERED])) + more


def render_headline(finding: Finding) -> str:
    """`Undecided: ` or `Suppressed (reason): ` before the message, for outputs that have no field for it."""
    text = finding.message or finding.title or finding.rule_id
    if finding.suppression:
        return f"Suppressed ({finding.suppression.reason}): {text}"
    return f"Undecided: {text}" if finding.outcome is Outcome.UNKNOWN else text
