"""cdkguard's findings inside cfn-lint: `cfn-lint -a cdkguard.cfnlint_rules -- template.json`."""

from __future__ import annotations

import re

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from cdkguard._typing import Any
from cdkguard.check.cfnlint import OWN_RULE
from cdkguard.check.run import check
from cdkguard.config.load import load_config
from cdkguard.errors import CdkguardError
from cdkguard.model import Finding, severity_rank
from cdkguard.text.addresses import page_address

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Guardrails(CloudFormationLintRule):  # type: ignore[misc]
    """Every finding at or above `fail_on` that nobody suppressed, by the cdkguard.yaml of the current folder."""

    id = OWN_RULE
    shortdesc = "cdkguard's guardrails"
    description = "Runs the rules of cdkguard on the template"
    source_url = page_address("docs/cfn-lint.md")
    tags = ["cdkguard"]

    def match(self, cfn: Any) -> list[RuleMatch]:
        """One match per finding; what stops cdkguard is one as well, so that the template does not seem judged."""
        try:
            settings = load_config(".", None)._replace(paths=(cfn.filename,), app=None, against=None, lint=False)
            report = check(settings)
        except CdkguardError as stop:
            return [RuleMatch(["Resources"], f"cdkguard: {stop}")]
        stopped = [RuleMatch(["Resources"], f"cdkguard: {problem.message}") for problem in report.errors]
        if settings.fail_on == "never":
            return stopped
        limit = severity_rank(settings.fail_on)
        return stopped + [_match(f) for f in report.active if severity_rank(f.severity) >= limit]


def _match(finding: Finding) -> RuleMatch:
    path: list[str | int] = ["Resources"]
    if finding.logical_id is not None:
        path.append(finding.logical_id)
        path += _path(finding.property_paths[0]) if finding.property_paths else []
    return RuleMatch(path, f"{finding.rule_id}: {finding.message or finding.title}")


def _path(text: str) -> list[str | int]:
    return [int(index) if index else name for name, index in _PART.findall(text)]
