"""GitLab's code quality report."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.model import Finding, Problem, Report
from cdkguard.outputs.locations import committed_location, describe_location, make_unique_fingerprints
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import render_headline
from cdkguard.text import escape

_SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def render(report: Report, options: Options) -> str:
    marks = make_unique_fingerprints(report.findings)
    entries = [_error(problem, index, options) for index, problem in enumerate(report.errors)]
    entries += [_entry(finding, mark, options) for finding, mark in zip(report.findings, marks, strict=True)]
    return escape.json_text(entries) + "\n"


def _entry(finding: Finding, mark: str, options: Options) -> dict[str, Any]:
    place = committed_location(finding, options)
    return {
        "description": escape.terminal(f"{render_headline(finding)} [{describe_location(finding)}]"),
        "check_name": finding.rule_id,
        "fingerprint": mark,
        "severity": "info" if finding.suppression else _SEVERITIES[finding.severity],
        "location": {"path": place.file, "lines": {"begin": place.line}},
    }


def _error(problem: Problem, index: int, options: Options) -> dict[str, Any]:
    return {
        "description": escape.terminal(problem.message),
        "check_name": f"cdkguard-{problem.kind}-error",
        "fingerprint": f"cdkguard-error-{index}-{problem.kind}",
        "severity": "blocker",
        "location": {"path": options.cdk_json or "cdk.json", "lines": {"begin": 1}},
    }
