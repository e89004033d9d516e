"""SARIF 2.1.0 as GitHub code scanning reads it: one run for each environment."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.model import Finding, Problem, Report, RuleInfo, severity_rank
from cdkguard.outputs.fixes import languages_of, make_fix
from cdkguard.outputs.locations import (
    Location,
    committed_location,
    describe_location,
    make_unique_fingerprints,
    relative_path,
)
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import render_headline
from cdkguard.text import escape

if TYPE_CHECKING:
    from cdkguard.model import Language

INFORMATION = "https://github.com/cdkguard/cdkguard"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}  # GitHub: critical is over 9, high from 7
# GitHub refuses a file with more runs, or a run with more results; texts over 1,024 characters are cut.
_RUNS, _RESULTS, _TEXT = 20, 25_000, 1_024


def render(report: Report, options: Options) -> str:
    """A SARIF 2.1.0 document with a run for each environment, or one run where GitHub would refuse as many."""
    runs = [_run(name, findings, report, options) for name, findings in _by_environment(report)]
    return escape.json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}) + "\n"


def _by_environment(report: Report) -> list[tuple[str, list[Finding]]]:
    """Also environments without findings: their empty run closes earlier alerts."""
    groups: dict[str, list[Finding]] = {stack.environment or "": [] for stack in report.stacks}
    for finding in report.findings:
        groups.setdefault(finding.environment or "", []).append(finding)
    if not groups or len(groups) > _RUNS:
        return [("", list(report.findings))]
    return list(groups.items())


def _run(environment: str, findings: Sequence[Finding], report: Report, options: Options) -> dict[str, Any]:
    rules = _rules(report, findings, options)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    kept = findings[:_RESULTS]
    marks = make_unique_fingerprints(kept)
    category = "/".join(["cdkguard", *([environment] if environment else []), ""])
    return {
        "tool": {
            "driver": {
                "name": "cdkguard",
                "informationUri": INFORMATION,
                "semanticVersion": report.version or "0.0.0",
                "rules": rules,
            }
        },
        "automationDetails": {"id": category},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, len(findings) - len(kept))],
        "results": [_result(f, mark, index[f.rule_id], options) for f, mark in zip(kept, marks, strict=True)],
        "properties": {"verdict": report.verdict},
    }


def _rules(report: Report, findings: Sequence[Finding], options: Options) -> list[dict[str, Any]]:
    """Every rule with a finding; its severity is that of its worst one here, for GitHub reads it from the rule only."""
    worst: dict[str, str] = {}
    ran = {rule.id: rule for rule in report.rules}
    for finding in findings:
        before = worst.get(finding.rule_id, finding.severity)
        worst[finding.rule_id] = max(before, finding.severity, key=severity_rank)
        ran.setdefault(finding.rule_id, _info(finding))
    languages = languages_of(findings, options)
    return [_rule(ran[name], severity, languages, options) for name, severity in worst.items()]


def _info(finding: Finding) -> RuleInfo:
    return RuleInfo(finding.rule_id, finding.title, finding.severity, "", finding.why, finding.remedy)


def _rule(rule: RuleInfo, severity: str, languages: Sequence[Language], options: Options) -> dict[str, Any]:
    title = rule.headline or rule.id
    entry = {
        "id": rule.id,
        "shortDescription": {"text": title[:_TEXT]},
        "fullDescription": {"text": (rule.why or title)[:_TEXT]},
        "help": _help(rule, languages),
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "precision": "high",
            "problem.severity": {"note": "recommendation"}.get(_LEVELS[severity], _LEVELS[severity]),
            "security-severity": _SCORES[severity],
            "tags": ["security", "aws-cdk", *([f"pack/{rule.pack}"] if rule.pack else [])],
        },
    }
    uri = options.link_of("rule", rule.id) or next(
        (link for link in rule.references if link.startswith("https://")), ""
    )
    return {**entry, "helpUri": quote(uri, safe=":/?#[]@!$&'()*+,;=%~")} if uri else entry


def _help(rule: RuleInfo, languages: Sequence[Language]) -> dict[str, str]:
    title = rule.headline or rule.id
    fixes = [make_fix(rule.remedy, language) for language in languages] if rule.remedy else []
    advice = rule.remedy.text if rule.remedy else ""
    paragraphs = list(filter(None, [title, rule.why, *(dict.fromkeys(fix.text for fix in fixes) or [advice])]))
    blocks = [escape.markdown(text) for text in paragraphs]
    blocks += [escape.markdown_block(fix.code, fix.language) for fix in fixes if fix.code]
    blocks += [f"- {escape.markdown(link)}" for link in rule.references]
    return {"text": "\n\n".join(paragraphs), "markdown": "\n\n".join(blocks)}


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"


def _result(finding: Finding, mark: str, index: int, options: Options) -> dict[str, Any]:
    place = committed_location(finding, options)
    properties = {
        "outcome": finding.state,
        "severity": finding.severity,
        "stack": finding.stack_path,
        "propertyPaths": list(finding.property_paths),
        "found": finding.found,
        "branch": finding.branch,
    }
    known = {} if finding.is_new is None else {"baselineState": "new" if finding.is_new else "unchanged"}
    return {
        **known,
        "ruleId": finding.rule_id,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _cut(escape.terminal(f"{render_headline(finding)} [{describe_location(finding)}]"))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.file), "uriBaseId": "%SRCROOT%"},
                    "region": _region(place),
                },
                "logicalLocations": _logical(finding, options),
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": mark},
        "suppressions": _suppressions(finding),
        "properties": {name: value for name, value in properties.items() if value},
    }


def _uri(path: str) -> str:
    return quote(path, safe="/", errors="replace")  # a bare colon would read as a scheme


def _region(place: Location) -> dict[str, int]:
    column = place.column or 1
    return {"startLine": place.line, "startColumn": column, "endLine": place.line, "endColumn": column + 1}


def _logical(finding: Finding, options: Options) -> list[dict[str, str]]:
    template = {"fullyQualifiedName": relative_path(finding.template_path, options.root), "kind": "template"}
    if not finding.logical_id:
        return [{"fullyQualifiedName": finding.stack_path or finding.stack, "kind": "stack"}, template]
    path = finding.construct_path or f"{finding.stack_path}/{finding.logical_id}"
    return [{"name": finding.logical_id, "fullyQualifiedName": path, "kind": "resource"}, template]


def _suppressions(finding: Finding) -> list[dict[str, Any]]:
    if finding.suppression is None:
        return []
    properties = {
        "origin": finding.suppression.origin,
        "owner": finding.suppression.owner,
        "expires": finding.suppression.expires,
    }
    return [
        {
            "kind": "inSource" if finding.suppression.is_in_code else "external",
            "status": "accepted",
            "justification": finding.suppression.reason,
            "properties": {name: value for name, value in properties.items() if value},
        }
    ]


def _invocation(report: Report, cut: int) -> dict[str, Any]:
    notes = [_notification(problem) for problem in report.problems]
    if cut:
        text = f"{cut} more findings are left out: code scanning takes {_RESULTS} results a run"
        notes.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": not report.errors, "toolExecutionNotifications": notes}


def _notification(problem: Problem) -> dict[str, Any]:
    return {
        "level": "error" if problem.fatal else "note",
        "descriptor": {"id": problem.kind or "problem"},
        "message": {"text": _cut(escape.terminal(problem.message)) or "(no message)"},
    }
