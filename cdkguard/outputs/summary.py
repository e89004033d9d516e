"""The counts of a report and the lines that sum it up, the same in every output."""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Any
from cdkguard.model import SEVERITIES, Finding, Outcome, Report
from cdkguard.outputs.render import Options
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


def plural(number: int, noun: str) -> str:
    """`1 stack`, `2 stacks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summarize_findings(report: Report) -> str:
    """`2 critical, 1 undecided (1 suppressed)`, or `nothing found`."""
    parts = [plural(len(report.errors), "error")] if report.errors else []
    parts += [count_severities(report.active)] if report.active else []
    return (", ".join(parts) or "nothing found") + _count_suppressed(report)


def shown_findings(report: Report, options: Options) -> list[Finding]:
    """The unsuppressed findings that an output for people shows one by one, in their order."""
    if options.detail.quiet:
        return [finding for finding in report.active if report.decides(finding)]
    if options.detail.show_old or options.detail.verbose:
        return list(report.active)
    return [finding for finding in report.active if finding.is_new is not False]


def summarize_status(report: Report) -> str:
    """The last line: `failed: 2 critical, 6 high · fail-on high · 4 stacks, 31 rules · prod · 0.21 s`.

    Its first word agrees with the exit status, whatever is in the report.
    """
    return f"{status_word(report)}: {summarize_decision(report)} · {summarize_run(report)}"


def status_word(report: Report) -> str:
    """`failed` where the exit status is not 0, else `passed`."""
    return "failed" if report.errors or report.fails() else "passed"


def summarize_decision(report: Report) -> str:
    """`new: 1 high · old: 2 critical · fail-on high`: the counts, and what was asked of them."""
    parts = [summarize_findings(report)]
    if report.against and report.active:
        old = [finding for finding in report.active if finding.is_new is False]
        new = [finding for finding in report.active if finding.is_new is not False]
        parts = [plural(len(report.errors), "error")] if report.errors else []
        parts += [f"new: {count_severities(new)}"] + ([f"old: {count_severities(old)}"] if old else [])
        parts[-1] += _count_suppressed(report)
    parts.append(
        "fail-on never, so findings do not count" if report.fail_on == "never" else f"fail-on {report.fail_on}"
    )
    parts += ["only new ones count"] if report.gate == "new" else []
    return " · ".join(parts)


def count_severities(findings: Sequence[Finding]) -> str:
    """`2 critical, 1 undecided`, or `none`."""
    failed = [f.severity for f in findings if f.outcome is Outcome.FAIL]
    parts = [f"{failed.count(severity)} {severity}" for severity in WORST_FIRST if severity in failed]
    undecided = len(findings) - len(failed)
    return ", ".join([*parts, *([f"{undecided} undecided"] if undecided else [])]) or "none"


def _count_suppressed(report: Report) -> str:
    number = len(report.findings) - len(report.active)
    return f" ({number} suppressed)" if number else ""


def summarize_run(report: Report) -> str:
    """`4 stacks, 31 rules · prod, dev · by a guess not as prod: Shop-dev · 0.21 s`."""
    from cdkguard.outputs.short_names import rank_environment

    parts = [f"{plural(len(report.stacks), 'stack')}, {plural(len(report.rules), 'rule')}"]
    names = sorted(judged_environments(report), key=rank_environment)
    parts += [", ".join(map(escape.terminal, names))] if names else []
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
    """The problem and the message; `Undecided: ` or `Suppressed (reason): ` in front, for outputs without a field for it."""
    message = finding.message or finding.title or finding.rule_id
    text = message if finding.title in ("", message) else f"{finding.title}: {message}"
    if finding.suppression:
        return f"Suppressed ({finding.suppression.reason}): {text}"
    return f"Undecided: {text}" if finding.outcome is Outcome.UNKNOWN else text
