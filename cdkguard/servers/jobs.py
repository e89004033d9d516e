"""What the child process does for each tool: a request in, an answer of plain JSON values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import Any, Json, TextIO
from cdkguard.check.exit_status import status_of
from cdkguard.config.load import load_config
from cdkguard.data.loader import peer_ids
from cdkguard.errors import ConfigError, ExitCode
from cdkguard.model import Report, Rule
from cdkguard.packs import search
from cdkguard.packs.load import Packs, load_packs
from cdkguard.servers import documents
from cdkguard.servers.configuration import Configured, configure, enter_folder
from cdkguard.servers.pages import Page, take_page
from cdkguard.servers.requests import Request

_FEW = 10  # errors, notices and environments that are told
_ROWS = 30  # of a checklist
_EXPLAINED = 5  # rules that are explained at a time


def check_app(request: Request, progress: TextIO) -> dict[str, Any]:
    """The findings on an app, worst first."""
    from cdkguard.check.run import check
    from cdkguard.outputs.render import Options
    from cdkguard.outputs.report_json import report_document

    configured = configure(request, enter_folder(request))
    report = check(configured.config, progress=progress)
    whole = report_document(report, Options())
    found = [documents.describe_finding(each) for each in documents.order_findings(whole["findings"])]
    page = take_page(request.asked, [found], request.cursor)
    return {
        **_judgement(request, configured, report),
        "counts": _counts(whole["summary"]),
        "findings": list(page.items[0]),
        "moreFindings": page.left[0],
        "nextCursor": page.next_cursor,
    }


def plan_change(request: Request, progress: TextIO) -> dict[str, Any]:
    """What a deployment would do, with the verdict of the rules."""
    from cdkguard.check.run import check

    configured = configure(request, enter_folder(request))
    if configured.config.against is None:
        git = " (that of cdkguard.yaml runs the app)" if configured.not_judged else ""
        raise ConfigError(f"nothing to compare with{git}: against names what is deployed, a saved cdk.out, or git")
    return _plan(request, configured, check(configured.config, progress=progress))


def plan_destroy(request: Request, progress: TextIO) -> dict[str, Any]:
    """What `cdk destroy` would do, with the verdict of the rules."""
    from cdkguard.check.destruction import check_destruction

    configured = configure(request, enter_folder(request))
    return _plan(request, configured, check_destruction(configured.config, progress=progress))


def preflight(request: Request, progress: TextIO) -> dict[str, Any]:
    """The checklist before a deployment. Rows that run something are not known where nothing may run."""
    from cdkguard.config.preflight import PreflightSettings
    from cdkguard.preflight.run import run_preflight

    configured = configure(request._replace(environment=None), enter_folder(request))
    settings = configured.config.preflight or PreflightSettings()
    target = request.environment or settings.environment
    config = configured.config._replace(preflight=settings._replace(environment=target))
    found = run_preflight(config, request.rows or None, progress=progress)

    states = {row.state for row in found.rows}
    verdict = "pass" if found.exit_status == 0 else "fail" if "failed" in states else "unknown"
    status, summary = found.exit_status, found.verdict
    if verdict == "pass" and configured.not_judged:
        verdict, status, summary = "unknown", int(ExitCode.INPUT), configured.not_judged[0]
    still = [] if configured.runs else ["what runs something is not known: that needs synthesize=true"]
    return {
        "verdict": verdict,
        "exitStatus": status,
        "summary": documents.shorten(summary),
        "path": documents.shorten(request.path),
        "isSynthesized": configured.runs,
        "against": documents.shorten(found.against),
        "environments": [documents.shorten(each) for each in found.environments[:_FEW]],
        "rows": [documents.describe_row(row) for row in found.rows[:_ROWS]],
        "moreRows": max(0, len(found.rows) - _ROWS),
        "leftOut": _few([f"{left.id}: {left.reason}" for left in found.left_out]),
        "notices": _few([*configured.not_judged, *still, *found.notices]),
    }


def _plan(request: Request, configured: Configured, report: Report) -> dict[str, Any]:
    from cdkguard.outputs.plan.json import plan_document
    from cdkguard.outputs.render import Options

    whole = plan_document(report, Options())
    changes = documents.order_changes([*whole["stackChanges"], *whole["changes"]])
    described = [documents.describe_change(each) for each in changes]
    findings = [documents.describe_finding(each) for each in documents.order_findings(whole["findings"])]
    page: Page = take_page(request.asked, [described, findings], request.cursor)
    return {
        **_judgement(request, configured, report, _lost_data(changes)),
        "destroysData": whole["destroysData"],
        "impacts": {impact: sum(c["impact"] == impact for c in changes) for impact in _impacts_of(changes)},
        "changes": list(page.items[0]),
        "moreChanges": page.left[0],
        "findings": list(page.items[1]),
        "moreFindings": page.left[1],
        "nextCursor": page.next_cursor,
    }


def _impacts_of(changes: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(change["impact"] for change in changes))


def _lost_data(changes: Sequence[Any]) -> str:
    lost = [c for c in changes if c.get("stateful") and c["fate"] in ("destroyed", "unknown")]
    names = ", ".join(str(c["constructPath"] or c["logicalId"]) for c in lost[:3])
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"data is or may be lost: {names}{more}; " if lost else ""


def _judgement(request: Request, configured: Configured, report: Report, lead: str = "") -> dict[str, Any]:
    """The verdict: a pass only where all was judged, and as it is now. The summary begins with `lead`."""
    from cdkguard.outputs.summary import judged_environments, summarize_decision

    status = status_of(report)
    verdict = {0: "pass", 1: "fail"}.get(status, "unknown")
    summary = lead + summarize_decision(report)
    if verdict == "pass" and configured.not_judged:
        verdict, status, summary = "unknown", int(ExitCode.INPUT), configured.not_judged[0]
    problems = [each.message for each in report.errors]
    asked = [f"judged as of the environment {request.environment}, as the call asks"] if request.environment else []
    notices = [*configured.not_judged, *asked, *(p.message for p in report.problems if not p.fatal)]
    return {
        "verdict": verdict,
        "exitStatus": status,
        "summary": documents.shorten(summary),
        "failOn": report.fail_on,
        "path": documents.shorten(request.path),
        "isSynthesized": configured.runs,
        "against": documents.shorten(
            report.against if report.against not in configured.config.paths else "the app itself"
        ),
        "environments": [documents.shorten(each) for each in judged_environments(report)[:_FEW]],
        "errors": _few(problems),
        "notices": _few(notices),
    }


def _few(texts: Sequence[str]) -> list[str]:
    shown = [documents.shorten(text) for text in texts[:_FEW]]
    return shown if len(texts) <= _FEW else [*shown, f"and {len(texts) - _FEW} more"]


def _counts(summary: dict[str, Any]) -> dict[str, int]:
    return {
        **summary["bySeverity"],
        **{name: summary[name] for name in ("unknown", "suppressed", "stacks", "resources")},
    }


# -- rules


def search_rules(request: Request, progress: TextIO) -> dict[str, Any]:
    """The rules that speak of every word and judge the resource type."""
    packs = _packs_of(request)
    rules = packs.rules
    if request.resource_type:
        rules = tuple(rule for rule in rules if _judges(rule, request.resource_type, packs))
        if not rules:
            raise ConfigError(f"no rule judges the type '{request.resource_type}' alone")
    found = search.search_rules(rules, request.words) if request.words else rules
    page = take_page(request.asked, [[documents.describe_rule(rule) for rule in found]], request.cursor)
    return {
        "total": len(found),
        "rules": list(page.items[0]),
        "moreRules": page.left[0],
        "nextCursor": page.next_cursor,
    }


def _judges(rule: Rule, resource_type: str, packs: Packs) -> bool:
    """Whether the rule names the type, by itself, by a glob, or by a set; `*` names none."""
    names = [name for each in rule.types for name in (packs.sets[each[1:]] if each.startswith("@") else (each,))]
    return any(name != "*" and fnmatchcase(resource_type, name) for name in names)


def explain_rule(request: Request, progress: TextIO) -> dict[str, Any]:
    """Why the rules that a word names exist, and how findings of them are mended."""
    asked = search.find_asked(request.words[0], _packs_of(request).rules, peer_ids())
    page = take_page(
        request.asked, [[documents.explain_rule(rule) for rule in asked.rules]], request.cursor, _EXPLAINED
    )
    return {
        "asked": documents.shorten(asked.lead or request.words[0]),
        "rules": list(page.items[0]),
        "moreRules": page.left[0],
        "nextCursor": page.next_cursor,
    }


def _packs_of(request: Request) -> Packs:
    """The built-in rules, and those of the app's configuration where a path is given."""
    if not request.path:
        return load_packs()
    enter_folder(request)
    return load_packs(load_config(".", None).packs)


JOBS: dict[str, Callable[[Request, TextIO], dict[str, Json]]] = {
    "check": check_app,
    "plan": plan_change,
    "destroy": plan_destroy,
    "preflight": preflight,
    "search": search_rules,
    "explain": explain_rule,
}
