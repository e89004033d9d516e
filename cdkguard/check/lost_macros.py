"""Macros that a change takes out of a template: what they had made there leaves, and no template says what that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.model import Finding, Rule, Stack, find_no_grant, find_nothing

RULE = "template-macro"  # It knows which transforms of AWS make nothing that is not in the template.


def find_lost_macros(
    before: Sequence[Stack],
    after: Sequence[Stack],
    findings: Sequence[Finding],
    rules: Sequence[Rule],
    settings: EngineSettings,
) -> Iterator[Finding]:
    """A finding for each stack whose macros are gone; `findings` are those of the new side."""
    if not any(map(_is_rewritten, before)):
        return
    from cdkguard.diff.stack_pairs import match_stacks

    asked = [rule for rule in rules if rule.id == RULE]
    still = {finding.stack_path for finding in findings if finding.rule_id == RULE}
    for old, new in match_stacks(before, after, lambda _stack: True).pairs:
        if not _is_rewritten(old) or (new.construct_path or new.name) in still:
            continue
        # The new stack with the old template, so that the finding is where everybody looks for it.
        then = new._replace(
            template=old.template, parameters=old.parameters, parent=None,
            line_of=find_nothing, source_of=find_nothing, granted_at=find_no_grant,
        )  # fmt: skip
        for finding in evaluate_resources([then], asked, settings).findings:
            text = f"{finding.stack} is not rewritten by {finding.found} any more"
            yield finding._replace(
                message=f"{text}: what that had made is in no template, and leaves unseen",
                title="Macro leaves, and what it had made with it",
                impact="WILL_UPDATE",
            )


def _is_rewritten(stack: Stack) -> bool:
    return bool(stack.template.get("Transform") or stack.template.get("Fn::Transform"))
