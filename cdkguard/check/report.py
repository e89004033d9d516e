"""The parts of a report beside the verdicts: the order of findings, notices, and facts about rules and stacks."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from cdkguard._typing import Any
from cdkguard.model import Assembly, Finding, Problem, Report, Rule, RuleInfo, Stack, StackInfo, severity_rank
from cdkguard.packs.prepared import LateRule, describe_rule
from cdkguard.template import loops
from cdkguard.text import credentials
from cdkguard.text.regexes import lazy_pattern

NO_BASELINE = Problem(
    "notice",
    "the change was not judged, only the new templates: --against deployed, git, or a snapshot names a baseline",
    fatal=False,
)


class RuleInfos(Sequence[RuleInfo]):
    """The rules that ran, as a report describes them. They are read whole only where an output asks for one."""

    def __init__(self, rules: Sequence[Rule], more: Sequence[RuleInfo]) -> None:
        self._rules, self._more = rules, more

    def __len__(self) -> int:
        return len(self._rules) + len(self._more)

    def __getitem__(self, at: Any) -> Any:
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all == tuple(other)

    @cached_property
    def _all(self) -> tuple[RuleInfo, ...]:
        return (*map(describe_rule, self._rules), *self._more)

    def report_entries(self) -> Iterator[bytes | RuleInfo]:
        """What a JSON report says of each, where it was prepared; the others as they are."""
        for rule in self._rules:
            yield rule.report_entry if isinstance(rule, LateRule) else describe_rule(rule)
        yield from self._more


def describe_stack(stack: Stack, resources: int) -> StackInfo:
    """A judged stack with so many resources, as the report describes it."""
    return StackInfo(
        stack.name,
        stack.construct_path or stack.name,
        stack.template_path,
        stack.environment,
        stack.account,
        stack.region,
        resources,
        stack.parent is not None,
        stack.lowered_by_guess,
    )


def sort_findings(findings: Sequence[Finding], stacks: Sequence[Stack], strict: Collection[str]) -> list[Finding]:
    """Those of the change first, then the worst, then those of strict environments; then stacks in the assembly's order.

    Findings on the guardrail itself stand above all others, those of a stack that is gone below.
    """
    order = {(s.construct_path or s.name): i for i, s in enumerate(stacks)}

    def key(finding: Finding) -> tuple[Any, ...]:
        return (
            finding.stack_path != "cdkguard",
            not finding.is_new,
            -severity_rank(finding.severity),
            finding.environment not in strict,
            order.get(finding.stack_path, len(order)),
            finding.construct_path or "",
            finding.logical_id or "",
            finding.rule_id,
            finding.property_paths,
            finding.template_path,
        )

    return sorted(findings, key=key)


def veil_credentials(finding: Finding) -> Finding:
    """The finding without credentials in its texts, not even in one that stands where names do; unknown parts in words."""
    if "\u00a7" in f"{finding.message}{finding.found}":
        found = finding.found and write_unknown_parts(finding.found)
        finding = finding._replace(message=write_unknown_parts(finding.message), found=found)
    if not credentials.may_hold_credential(f"{finding.message} {finding.found} {finding.branch}"):
        return finding
    texts = [text and credentials.hide_credentials(text) for text in (finding.message, finding.found, finding.branch)]
    hides = finding.hides_secret or texts[:2] != [finding.message, finding.found]
    return finding._replace(message=texts[0] or "", found=texts[1], branch=texts[2], hides_secret=hides)


_LONE = lazy_pattern(r"(?<![^\s'\"])\u00a7(?![^\s'\",;])(?! \d)")
_PART = lazy_pattern(r"\u00a7(?! ?\d)")


def write_unknown_parts(text: str) -> str:
    """A text of the engine for people: § is a part that only the deployment knows. In `§ 5` it is the user's own."""
    return _PART.sub("...", _LONE.sub("what only the deployment knows", text))


def without_temporary_folder(report: Report, folder: str) -> Report:
    """The report without the name of the folder of a synthesis: it is gone, and has another name each time."""
    name = os.path.basename(folder) + os.sep

    def shorten(path: str) -> str:
        _, found, inside = path.partition(name)
        return f"assembly:{inside}" if found else path

    return report._replace(
        findings=tuple(f._replace(template_path=shorten(f.template_path)) for f in report.findings),
        stacks=tuple(s._replace(template_path=shorten(s.template_path)) for s in report.stacks),
    )


# -- notices


def find_missing_context(found: Assembly) -> list[Problem]:
    """The context keys for which CDK has put dummy values into the templates."""
    return [
        Problem(
            "context",
            f"missing context '{m.key}': CDK put dummy values in its place, which are judged as unknown; "
            "run `cdk synth` once with credentials to write cdk.context.json",
            fatal=False,
        )
        for m in found.missing
    ]


def find_unseen(stacks: Sequence[Stack], rules: Sequence[Rule]) -> list[Problem]:
    """Notices about what the input cannot hold although rules ask for it: silence would be taken for a pass."""
    notices = []
    bare = [s.template_path for s in stacks if not s.from_assembly]
    if bare and any(rule.scope == "stack" for rule in rules):
        text = f"{_list_paths(bare)}: a bare template does not hold the stack's settings: termination protection and tags were not judged"
        notices.append(Problem("notice", text, fatal=False))

    for stack in stacks:
        macros = [name for name in loops.find_transforms(stack.template) if name != loops.LOOPS]
        if macros:
            text = f"{stack.template_path}: what CloudFormation makes of it by the transform {', '.join(macros)} was not judged"
            notices.append(Problem("notice", text, stack.template_path, fatal=False))
    return notices


def _list_paths(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
