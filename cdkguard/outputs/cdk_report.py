"""cdkguard's entry in the `validation-report.json` of a cloud assembly, which `cdk synth` prints.

Format: `PolicyValidationReportJson` of https://www.npmjs.com/package/@aws-cdk/cloud-assembly-schema.
"""

from __future__ import annotations

import json

from cdkguard._typing import Any
from cdkguard.errors import TemplateError
from cdkguard.model import Finding, Problem, Report, Source
from cdkguard.outputs.fixes import choose_fix, language_of_app
from cdkguard.outputs.locations import relative_path, subject_of
from cdkguard.outputs.render import LinkOf, Options, no_link
from cdkguard.outputs.summary import render_headline
from cdkguard.text import escape

PLUGIN = "cdkguard"


def merge_report(
    old: str | None,
    report: Report,
    manifest_version: str,
    directory: str = "",
    name: str = "validation-report.json",
    link_of: LinkOf = no_link,
) -> str:
    """The text of the file `name` with our entry, instead of an earlier one of ours; `old` is its text, None without a file.

    `directory` is the cloud assembly's folder, in the form that the report's template paths have. `link_of` gives the
    address of a rule's page. Raises TemplateError where `old` is not a validation report.
    """
    fresh: dict[str, Any] = {"version": manifest_version, "title": "Validation Report"}
    document = fresh if old is None else _read(old, name)
    others = [entry for entry in document.get("pluginReports", []) if entry.get("pluginName") != PLUGIN]
    return escape.json_text({**document, "pluginReports": [*others, make_entry(report, directory, link_of)]}) + "\n"


def make_entry(report: Report, directory: str = "", link_of: LinkOf = no_link) -> dict[str, Any]:
    """Our plugin report: findings that fail the run have the severity error, the others warning."""
    violations = [_violation(finding, report, directory, link_of) for finding in report.active]
    violations += [_error(problem, report) for problem in report.errors]
    return {
        "pluginName": PLUGIN,
        "pluginVersion": report.version,
        "conclusion": "failure" if report.fails() or report.errors else "success",
        "metadata": {"verdict": report.verdict},
        "violations": violations,
        "suppressedViolations": [
            _suppressed(finding, report, directory, link_of) for finding in report.findings if finding.suppression
        ],
    }


def _read(old: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(old.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"{name}: not JSON ({error}); delete it and synthesize again") from error
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("pluginReports", []), list)
        or not all(isinstance(part, dict) for part in document.get("pluginReports", []))
    ):
        raise TemplateError(f"{name}: not a validation report (an object with a list `pluginReports`)")
    return document


def _violation(finding: Finding, report: Report, directory: str, link_of: LinkOf) -> dict[str, Any]:
    metadata = {
        "severity": finding.severity,
        "outcome": finding.outcome.value,
        "title": finding.title,
        "why": finding.why,
        "found": finding.found,
        "branch": finding.branch,
        "environment": finding.environment,
        "fingerprint": finding.fingerprint,
    }
    violation: dict[str, Any] = {
        "ruleName": finding.rule_id,
        "description": escape.terminal(render_headline(finding._replace(suppression=None))),
        "severity": "error" if report._replace(findings=(finding._replace(suppression=None),)).fails() else "warning",
        "ruleMetadata": {key: escape.prose(value) for key, value in metadata.items() if value},
        "violatingConstructs": [_construct(finding, directory)],
    }
    fix = choose_fix(finding, Options(language=language_of_app(report.findings)))
    code = "" if fix is None or "\n" in fix.code else fix.code  # The CDK CLI prints one line.
    # Editors show the text of a diagnostic, and make addresses in it links.
    parts = [*((fix.text, code) if fix else ()), link_of("rule", finding.rule_id)]
    if any(parts):
        violation["suggestedFix"] = escape.prose(" ".join(filter(None, parts)))
    return violation


def _construct(finding: Finding, directory: str) -> dict[str, Any]:
    construct: dict[str, Any] = {"constructPath": escape.terminal(subject_of(finding))}
    if finding.logical_id:
        construct["cloudFormationResource"] = {
            "templatePath": relative_path(finding.template_path, directory),
            "logicalId": finding.logical_id,
            "propertyPaths": list(finding.property_paths),
        }
    if finding.source:
        construct["stackTraces"] = [_frame(finding.source)]
    return construct


def _frame(source: Source) -> str:
    column = f":{source.column}" if source.column else ""  # the trace of a Python app has none
    return f"app ({escape.terminal(source.file)}:{source.line}{column})"


def _suppressed(finding: Finding, report: Report, directory: str, link_of: LinkOf) -> dict[str, Any]:
    assert finding.suppression is not None
    return {
        **_violation(finding, report, directory, link_of),
        "acknowledgedId": f"{PLUGIN}::{finding.rule_id}",
        "reason": escape.terminal(finding.suppression.reason),
    }


def _error(problem: Problem, report: Report) -> dict[str, Any]:
    # The CDK CLI drops a violation whose construct is in none of the chosen stacks.
    paths = [stack.construct_path for stack in report.stacks] or [""]
    return {
        "ruleName": f"cdkguard-{problem.kind}-error",
        "description": escape.terminal(problem.message),
        "severity": "fatal",
        "violatingConstructs": [{"constructPath": escape.terminal(path)} for path in paths],
    }
