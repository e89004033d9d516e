"""JUnit XML, as Azure, Bitbucket, CircleCI, CodeBuild and Jenkins read it.

A failure is a finding at or above `--fail-on`, so that the reader's colour agrees with the exit status; findings
below it and suppressed ones are skipped tests, with their message.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdkguard.model import Finding, Report, severity_rank
from cdkguard.outputs.locations import describe_location, source_location, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural, render_headline, summarize_findings, summarize_run
from cdkguard.text import escape


def render(report: Report, options: Options) -> str:
    root = Element("testsuites", name="cdkguard", time=f"{report.seconds:.3f}")
    _run_suite(root, report)
    groups: dict[tuple[str, str], list[Finding]] = {(s.construct_path, s.template_path): [] for s in report.stacks}
    for finding in report.findings:
        groups.setdefault((finding.stack_path, finding.template_path), []).append(finding)
    sizes = {(s.construct_path, s.template_path): s.resources for s in report.stacks}
    for key, findings in groups.items():
        suite = SubElement(root, "testsuite", name=escape.xml(key[0]))
        for finding in findings:
            _case(suite, finding, report, options)
        if not findings:
            checked = f"{plural(sizes[key], 'resource')}, {plural(len(report.rules), 'rule')}: nothing found"
            SubElement(suite, "testcase", classname=escape.xml(key[0]), name=checked)
    _count(root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _run_suite(root: Element, report: Report) -> None:
    suite = SubElement(root, "testsuite", name="cdkguard")
    run = SubElement(suite, "testcase", classname="cdkguard", name="everything could be read")
    for error in report.errors:
        SubElement(run, "error", type=escape.xml(error.kind), message=escape.xml(error.message))
    notices = [problem.message for problem in report.problems if not problem.fatal]
    closing = f"{report.verdict}: {summarize_findings(report)} · {summarize_run(report)}"
    SubElement(run, "system-out").text = escape.xml("\n".join([*notices, closing]))


def _case(suite: Element, finding: Finding, report: Report, options: Options) -> None:
    name = " ".join([finding.rule_id, subject_of(finding), *finding.property_paths])
    case = SubElement(suite, "testcase", classname=escape.xml(finding.stack_path), name=escape.xml(name))
    place = source_location(finding, options)
    if place:
        case.set("file", escape.xml(place.file))
        case.set("line", str(place.line))
    message = escape.xml(escape.terminal(render_headline(finding)))
    if finding.suppression or not _fails(finding, report):
        SubElement(case, "skipped", type=finding.severity, message=message)
        return
    details = [describe_location(finding), f"{place.file}:{place.line}" if place else "", escape.prose(finding.why)]
    details += [escape.prose(finding.remedy.text)] if finding.remedy else []
    failure = SubElement(case, "failure", type=f"{finding.severity} {finding.state}", message=message)
    failure.text = escape.xml("\n".join(filter(None, details)))


def _fails(finding: Finding, report: Report) -> bool:
    return report.fail_on != "never" and severity_rank(finding.severity) >= severity_rank(report.fail_on)


def _count(root: Element) -> None:
    for suite in root:
        _set_counts(suite, [suite])
    _set_counts(root, list(root))


def _set_counts(element: Element, suites: Iterable[Element]) -> None:
    cases = [case for suite in suites for case in suite]
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
