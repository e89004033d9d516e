"""A plan as a page: the change with its picture, and the rules' findings on it."""

from __future__ import annotations

from cdkguard.outputs.html.change import lay_out_change
from cdkguard.outputs.html.elements import element
from cdkguard.outputs.html.findings import Findings
from cdkguard.outputs.html.page import Section
from cdkguard.outputs.html.report import describe_verdict, lay_out_errors, lay_out_page, lay_out_rest
from cdkguard.outputs.plan.record import Plan
from cdkguard.outputs.render import Options
from cdkguard.outputs.summary import plural


def render(plan: Plan, options: Options) -> str:
    """The plan as a page; the findings on the templates are there where they decide the exit status."""
    report = plan.report
    findings = Findings(report, options)
    deciding = [f for f in plan.on_templates if report.decides(f)]
    others = len(plan.on_templates) - len(deciding)
    rest = [element("p", f"{plural(others, 'more finding')} on the templates: see `cdkguard check`.")] if others else []
    on_change = findings.lay_out(plan.on_change)
    sections = [
        *lay_out_errors(report),
        Section("change", plan.title[:1].upper() + plan.title[1:], lay_out_change(report.changes, options)),
        Section("new", "Findings on the change", on_change, len(plan.on_change)),
        Section("findings", "Findings on the templates", [*findings.lay_out(deciding), *rest], len(deciding)),
        *lay_out_rest(report, options),
    ]
    verdict = describe_verdict(report)
    return lay_out_page(report, sections, options, f"{verdict}; exit status {plan.exit_status}")
