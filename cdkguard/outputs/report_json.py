"""JSON output; its schema is `cdkguard/schemas/report.schema.json`."""

from __future__ import annotations

from collections.abc import Iterable

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.model import Finding, Problem, Remedy, Report, RuleInfo, Source, StackInfo, Suppression
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import count_findings, judged_environments
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Control, Framework

SCHEMA_VERSION = "1.0"


def render(report: Report, options: Options) -> str:
    """The report as a JSON document."""
    document = {**report_document(report, options), "rules": list(map(_written_rule, _report_entries(report)))}
    document["frameworks"] = [_framework(framework) for framework in options.frameworks]
    return escape.json_text(document, depth=2) + "\n"  # a line for each finding, stack and rule


def report_document(report: Report, options: Options) -> dict[str, Any]:
    """The report as plain JSON values, without the rules that ran."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "version": report.version,
        "verdict": report.verdict,
        "failOn": report.fail_on,
        "gate": report.gate,
        "against": report.against or None,
        "app": options.app or None,
        "commit": options.commit or None,
        "made": options.made or None,
        "summary": {
            **count_findings(report),
            "environments": judged_environments(report),
            "phases": dict(report.phases),
        },
        "findings": [_finding(finding, options) for finding in report.findings],
        "errors": [_problem(problem) for problem in report.problems if problem.fatal],
        "notices": [_problem(problem) for problem in report.problems if not problem.fatal],
        "stacks": [_stack(stack) for stack in report.stacks],
    }


def _finding(finding: Finding, options: Options) -> dict[str, Any]:
    return {
        "ruleId": finding.rule_id,
        "outcome": finding.state,
        "severity": finding.severity,
        "title": finding.title,
        "logicalId": finding.logical_id,
        "resourceType": finding.resource_type,
        "constructPath": finding.construct_path,
        "stack": finding.stack,
        "stackPath": finding.stack_path,
        "environment": finding.environment,
        "templatePath": finding.template_path,
        "templateLine": finding.template_line,
        "propertyPaths": list(finding.property_paths),
        "found": finding.found,
        "branch": finding.branch,
        "source": finding.source and _source(finding.source, options),
        "message": finding.message,
        "why": finding.why,
        "remedy": _remedy(finding.remedy),
        "fingerprint": finding.fingerprint,
        "suppression": _suppression(finding.suppression),
        "impact": finding.impact,
        "change": finding.change,
        "isNew": finding.is_new,
    }


def _source(source: Source, options: Options) -> dict[str, Any] | None:
    from cdkguard.outputs.locations import source_document  # findings of bare templates have none

    return source_document(source, options)


def _remedy(remedy: Remedy | None) -> dict[str, Any] | None:
    return remedy and remedy._asdict()


def _suppression(suppression: Suppression | None) -> dict[str, Any] | None:
    return suppression and {
        "rule": suppression.rule,
        "reason": suppression.reason,
        "origin": suppression.origin,
        "constructPath": suppression.construct_path,
        "owner": suppression.owner,
        "expires": suppression.expires,
        "since": suppression.since,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"kind": problem.kind, "message": problem.message, "path": problem.path}


def _stack(stack: StackInfo) -> dict[str, Any]:
    return {
        "name": stack.name,
        "constructPath": stack.construct_path,
        "templatePath": stack.template_path,
        "environment": stack.environment,
        "account": stack.account,
        "region": stack.region,
        "resources": stack.resources,
        "nested": stack.nested,
        "loweredByGuess": stack.lowered_by_guess,
    }


def _report_entries(report: Report) -> Iterable[bytes | RuleInfo]:
    """The rules that ran; those that were prepared as their JSON, since reading all of them costs more than judging."""
    prepared = getattr(report.rules, "report_entries", None)
    return prepared() if prepared else report.rules


def _written_rule(rule: bytes | RuleInfo) -> Any:
    return escape.WrittenJson(rule.decode("ascii")) if isinstance(rule, bytes) else rule_document(rule)


def rule_document(rule: RuleInfo) -> dict[str, Any]:
    """A rule as plain JSON values."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "pack": rule.pack,
        "why": rule.why,
        "remedy": _remedy(rule.remedy),
        "references": list(rule.references),
    }


def _framework(framework: Framework) -> dict[str, Any]:
    return {
        "name": framework.name,
        "title": framework.title,
        "summary": {
            "fail": len(framework.having("fail")),
            "unknown": len(framework.having("unknown")),
            "pass": len(framework.having("pass")),
            "notJudged": len(framework.having("not judged")),
        },
        "controls": [_control(control) for control in framework.controls],
    }


def _control(control: Control) -> dict[str, Any]:
    return {
        "id": control.id,
        "outcome": control.outcome,
        "rules": list(control.rules),
        "failed": list(control.failed),
        "findings": control.findings,
        "suppressed": control.suppressed,
        "reason": control.reason or None,
    }
