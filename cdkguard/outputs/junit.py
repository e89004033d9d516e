"""JUnit XML, as Azure, Bitbucket, CircleCI, CodeBuild and Jenkins read it.

A failure is a finding at or above `--fail-on`, so that the reader's colour agrees with the exit status; findings
below it and suppressed ones are skipped tests, with their message.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdkguard.model import Finding, Report
from cdkguard.outputs.locations import describe_location, source_location, subject_of
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural, render_headline, summarize_status
from cdkguard.text import escape


def render(report: Report, options: Options) -> str:
    """An XML document with a test suite for each stack and a test case for each finding."""
    root = Element("testsuites", name="cdkguard", time=f"{report.seconds:.3f}")
    _add_run(root, report)

    groups: dict[tuple[str, str], list[Finding]] = {(s.construct_path, s.template_path): [] for s in report.stacks}
    for finding in report.findings:
        groups.setdefault((finding.stack_path, finding.template_path), []).append(finding)
    sizes = {(s.construct_path, s.template_path): s.resources for s in report.stacks}

    for key, findings in groups.items():
        suite = SubElement(root, "testsuite", name=escape.xml(key[0]))
        for finding in findings:
            _add_case(suite, finding, report, options)
        if not findings:
            checked = f"{plural(sizes[key], 'resource')}, {plural(len(report.rules), 'rule')}: nothing found"
            SubElement(suite, "testcase", classname=escape.xml(key[0]), name=checked)
    _set_all_counts(root)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_run(root: Element, report: Report) -> None:
    """Add a suite with one case for the run itself, which holds errors and notices."""
    suite = SubElement(root, "testsuite", name="cdkguard")
    run = SubElement(suite, "testcase", classname="cdkguard", name="everything could be read")
    for error in report.errors:
        SubElement(run, "error", type=escape.xml(error.kind), message=escape.xml(error.message))
    notices = [problem.message for problem in report.problems if not problem.fatal]
    SubElement(run, "system-out").text = escape.xml("\n".join([*notices, summarize_status(report)]))


def _add_case(suite: Element, finding: Finding, report: Report, options: Options) -> None:
    name = " ".join([finding.rule_id, subject_of(finding), *finding.property_paths])
    case = SubElement(suite, "testcase", classname=escape.xml(finding.stack_path), name=escape.xml(name))
    location = source_location(finding, options)
    if location:
        case.set("file", escape.xml(location.file))
        case.set("line", str(location.line))
    message = escape.xml(escape.terminal(render_headline(finding)))
    if finding.suppression or not report.decides(finding):
        SubElement(case, "skipped", type=finding.severity, message=message)
        return
    details = [
        describe_location(finding),
        f"{location.file}:{location.line}" if location else "",
        escape.prose(finding.why),
    ]
    details += [escape.prose(finding.remedy.text)] if finding.remedy else []
    failure = SubElement(case, "failure", type=f"{finding.severity} {finding.state}", message=message)
    failure.text = escape.xml("\n".join(filter(None, details)))


def _set_all_counts(root: Element) -> None:
    for suite in root:
        _set_counts(suite, [suite])
    _set_counts(root, list(root))


def _set_counts(element: Element, suites: Iterable[Element]) -> None:
    cases = [case for suite in suites for case in suite]
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
