"""Which findings the baseline has already: the same rules, judged on its stacks as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cdkguard._typing import Any, NamedTuple
from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Change, Finding, Rule, Stack, find_no_grant, find_nothing, replace_stacks, severity_rank
from cdkguard.text.regexes import lazy_pattern

Place = tuple[str, ...]  # Of a finding that has moved with its resource, so that its fingerprint is another one.
_INDEX = lazy_pattern(r"\[\d+\]")


class KnownFindings(NamedTuple):
    """What the baseline has: the worst severity by fingerprint and, for resources that were renamed, by place."""

    by_fingerprint: Mapping[str, str]
    by_place: Mapping[Place, str]
    old_paths: Mapping[str, str]  # Construct path of a renamed resource -> its path in the baseline.

    def holds(self, finding: Finding) -> bool:
        """Whether the baseline has the finding, at least as severe. One that was milder there is new."""
        known = self.by_fingerprint.get(finding.fingerprint)
        if known is None and (path := self.old_paths.get(finding.construct_path or "")):
            known = self.by_place.get(_place_of(finding, path))
        return known is not None and severity_rank(known) >= severity_rank(finding.severity)


def find_known(
    findings: Sequence[Finding],
    rules: Sequence[Rule],
    before: Sequence[Stack],
    changes: Sequence[Change],
    settings: EngineSettings,
) -> KnownFindings:
    """What the baseline's stacks say to the rules that have findings on the new side; no other rule is asked.

    A rule that crashes there finds nothing, so that its findings are new.
    """
    asked = {finding.rule_id for finding in findings}
    judged = evaluate_resources(
        replace_stacks(before, _without_places), [rule for rule in rules if rule.id in asked], settings
    ).findings
    old_paths = {
        change.construct_path: change.partner
        for change in changes
        if change.impact == "WILL_CREATE" and change.construct_path and change.partner
    }
    return KnownFindings(
        _worst((finding.fingerprint, finding.severity) for finding in judged),
        _worst((_place_of(f, f.construct_path or ""), f.severity) for f in judged) if old_paths else {},
        old_paths,
    )


def _without_places(stack: Stack) -> Stack:
    """The stack without its lines of code and template, which nobody asks for: reading them costs, and they may be gone."""
    return stack._replace(source_of=find_nothing, line_of=find_nothing, granted_at=find_no_grant)


def mark_new(findings: Iterable[Finding], known: KnownFindings) -> list[Finding]:
    """The findings, each told new or old. One on the change itself is new, whatever the baseline has."""
    return [f._replace(is_new=f.impact is not None or not known.holds(f)) for f in findings]


def _place_of(finding: Finding, path: str) -> Place:
    paths = (_INDEX.sub("[]", p) for p in finding.property_paths)
    return finding.rule_id, finding.outcome.value, path, finding.found or "", *sorted(set(paths))


def _worst(pairs: Iterable[tuple[Any, str]]) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for key, severity in pairs:
        found[key] = max(found.get(key, severity), severity, key=severity_rank)
    return found
