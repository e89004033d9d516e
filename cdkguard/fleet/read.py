"""Reads a report that `cdkguard check --output json` wrote; what cannot be read whole is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.errors import InputError
from cdkguard.fleet.values import JsonValue
from cdkguard.model import OUTCOMES, SEVERITIES, severity_rank
from cdkguard.outputs.fleet.record import WORDS, Acceptance, AppReport, Fleet, FrameworkCount, RuleCount
from cdkguard.outputs.report_json import SCHEMA_VERSION
from cdkguard.outputs.summary import plural
from cdkguard.system import files

_SUMMARY_KEYS = {"fail": "fail", "unknown": "unknown", "pass": "pass", "not judged": "notJudged"}


def read_fleet(paths: Sequence[str], version: str) -> Fleet:
    """The apps of the reports. Raises InputError for the first that is none, or cannot be read."""
    apps = [read_report(path) for path in paths]
    names = [app.name for app in apps]
    return Fleet(
        tuple(app._replace(name=f"{app.name} ({app.file})") if names.count(app.name) > 1 else app for app in apps),
        version,
    )


def read_report(path: str) -> AppReport:
    """The app of one report. Raises InputError, which names the file and what is wrong in it."""
    try:
        document = json.loads(files.read_text(path))
    except (ValueError, RecursionError) as problem:  # UnicodeDecodeError is a ValueError.
        raise InputError(f"{path}: not JSON: {problem}") from problem
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    root = JsonValue(path, "", document)
    if not isinstance(document, dict) or "schemaVersion" not in document:
        kind = "a plan" if isinstance(document, dict) and "planVersion" in document else "something else"
        raise InputError(f"{path}: {kind}, not a report of `cdkguard check --output json`")
    _refuse_newer(path, root.text("schemaVersion"))
    return _app(path, root)


def _refuse_newer(path: str, found: str) -> None:
    known = tuple(map(int, SCHEMA_VERSION.split(".")))
    parts = found.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise InputError(f"{path}: schemaVersion '{found}' is none of a report")
    version = tuple(map(int, parts))
    if version[0] != known[0] or version > known:
        raise InputError(
            f"{path}: a report of schema {found}, and this cdkguard reads {SCHEMA_VERSION}: "
            "install the version that wrote it, or a newer one"
        )


class _Found(NamedTuple):
    """A finding, as far as a fleet counts it."""

    rule_id: str
    title: str
    severity: str
    outcome: str
    environment: str
    is_new: bool | None
    suppression: Acceptance | None


def _finding(at: JsonValue) -> _Found:
    outcome = at.one_of("outcome", ("fail", "unknown", "suppressed"))
    rule_id = at.text("ruleId")
    accepted = None
    if outcome == "suppressed":
        given = at.member("suppression")
        owner, since, expires = (given.find_text(key) for key in ("owner", "since", "expires"))
        accepted = Acceptance(rule_id, given.text("reason"), given.text("origin"), owner, since, expires, 1)
    return _Found(
        rule_id,
        at.text("title"),
        at.one_of("severity", SEVERITIES),
        outcome,
        at.find_text("environment") or "",
        at.find_flag("isNew"),
        accepted,
    )


def _app(path: str, root: JsonValue) -> AppReport:
    findings = [_finding(at) for at in root.items("findings")]
    stacks = root.items("stacks")
    errors = tuple(at.text("message") for at in root.items("errors"))
    fail_on = root.one_of("failOn", (*SEVERITIES, "never"))
    gate = root.find_text("gate") or "all"
    failing = _list_failing(findings, fail_on, gate)
    has_baseline = root.find_text("against") is not None
    is_open = [found for found in findings if found.outcome != "suppressed"]
    return AppReport(
        name=root.find_text("app") or os.path.splitext(os.path.basename(path))[0],
        file=path,
        fails=bool(errors or failing),
        verdict=_describe(errors, failing, fail_on),
        environments=_count_environments(findings, [at.find_text("environment") or "" for at in stacks]),
        rules=_count_rules(is_open),
        acceptances=_group_acceptances(findings),
        errors=errors,
        notices=tuple(at.text("message") for at in root.items("notices")),
        frameworks=tuple(_framework(at) for at in root.items("frameworks")) if root.find("frameworks") else (),
        stacks=len(stacks),
        resources=sum(at.number("resources") for at in stacks),
        new=_count_new(is_open) if has_baseline else None,
        version=root.text("version"),
        commit=root.find_text("commit") or "",
        made=root.find_text("made") or "",
    )


def _list_failing(findings: Iterable[_Found], fail_on: str, gate: str) -> list[_Found]:
    """The findings that made the run fail; one of which nobody knows whether it is new counts as new."""
    if fail_on == "never":
        return []
    return [
        found
        for found in findings
        if found.outcome != "suppressed"
        and severity_rank(found.severity) >= severity_rank(fail_on)
        and (gate == "all" or found.is_new is not False)
    ]


def _count_new(findings: Sequence[_Found]) -> int | None:
    """How many of the findings are new; None where none says it, as in a report of an older version."""
    if findings and all(found.is_new is None for found in findings):
        return None
    return sum(1 for found in findings if found.is_new is not False)


def _describe(errors: Sequence[str], failing: Sequence[_Found], fail_on: str) -> str:
    if errors:
        return f"{plural(len(errors), 'error')}: not everything was judged"
    if failing:
        return f"{plural(len(failing), 'finding')} at or above {fail_on}"
    return "findings do not fail it" if fail_on == "never" else f"no finding at or above {fail_on}"


def _count_environments(findings: Sequence[_Found], of_stacks: Sequence[str]) -> dict[str, dict[str, int]]:
    counts = {name: dict.fromkeys(WORDS, 0) for name in dict.fromkeys([*of_stacks, *(f.environment for f in findings)])}
    for found in findings:
        counts[found.environment][found.severity if found.outcome == "fail" else found.outcome] += 1
    return counts


def _count_rules(findings: Iterable[_Found]) -> tuple[RuleCount, ...]:
    counts: dict[str, RuleCount] = {}
    for found in findings:
        known = counts.get(found.rule_id, RuleCount(found.rule_id, found.title, found.severity, 0))
        worst = max(known.severity, found.severity, key=severity_rank)
        counts[found.rule_id] = known._replace(severity=worst, findings=known.findings + 1)
    return tuple(counts.values())


def _group_acceptances(findings: Iterable[_Found]) -> tuple[Acceptance, ...]:
    counts: dict[Acceptance, int] = {}
    for found in findings:
        if found.suppression is not None:
            counts[found.suppression] = counts.get(found.suppression, 0) + 1
    return tuple(accepted._replace(findings=number) for accepted, number in counts.items())


def _framework(at: JsonValue) -> FrameworkCount:
    summary = at.member("summary")
    counts: Mapping[str, int] = {outcome: summary.number(_SUMMARY_KEYS[outcome]) for outcome in OUTCOMES}
    return FrameworkCount(at.text("title"), counts)
