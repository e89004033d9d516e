"""The context by which `cdkguard.api` judges a stack as `cdkguard check` does, of a stack that an assembly's reader has read."""

from collections.abc import Sequence
from pathlib import Path

from cdkguard.api import NestedTemplate, StackContext
from cdkguard.model import Finding, Stack


def context_of(stack: Stack, stacks: Sequence[Stack], environment: str | None = None) -> StackContext:
    """The context of a stack among those that were read with it."""
    nested = {
        inner.parent_logical_id or "": NestedTemplate(
            Path(inner.template_path).read_text(encoding="utf-8"), context_of(inner, stacks)
        )
        for inner in stacks
        if inner.parent is stack
    }
    return StackContext(
        name=stack.name,
        account=stack.account,
        region=stack.region,
        parameters=stack.parameters,
        takes_defaults=True,
        tags=stack.tags,
        termination_protection=stack.termination_protection,
        notification_arns=stack.notification_arns,
        nested=nested,
        environment=environment,
        construct_path=stack.construct_path or "",
        source=stack.template_path,
    )


def without_app(finding: Finding) -> Finding:
    """The finding without what only the app's manifest tells: lines of code, and acknowledgements in it."""
    suppression = finding.suppression
    if suppression is not None and suppression.kind == "acknowledgement":
        suppression = None
    return finding._replace(source=None, suppression=suppression, remedy=None)
