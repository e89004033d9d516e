"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/."""

from __future__ import annotations

from cdkguard._typing import Any
from cdkguard.model import Finding, Problem, Report
from cdkguard.outputs.locations import committed_location, describe_location, make_unique_fingerprints
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import render_headline
from cdkguard.text import escape

_SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def render(report: Report, options: Options) -> str:
    """A JSON list with an entry for each error and each finding."""
    fingerprints = make_unique_fingerprints(report.findings)
    entries = [_error(problem, index, options) for index, problem in enumerate(report.errors)]
    entries += [
        _entry(finding, fingerprint, options)
        for finding, fingerprint in zip(report.findings, fingerprints, strict=True)
    ]
    return escape.json_text(entries) + "\n"


def _entry(finding: Finding, fingerprint: str, options: Options) -> dict[str, Any]:
    location = committed_location(finding, options)
    return {
        "description": escape.terminal(f"{render_headline(finding)} [{describe_location(finding)}]"),
        "check_name": finding.rule_id,
        "fingerprint": fingerprint,
        "severity": "info" if finding.suppression else _SEVERITIES[finding.severity],
        "location": {"path": location.file, "lines": {"begin": location.line}},
    }


def _error(problem: Problem, index: int, options: Options) -> dict[str, Any]:
    return {
        "description": escape.terminal(problem.message),
        "check_name": f"cdkguard-{problem.kind}-error",
        "fingerprint": f"cdkguard-error-{index}-{problem.kind}",
        "severity": "blocker",
        "location": {"path": options.cdk_json or "cdk.json", "lines": {"begin": 1}},
    }
