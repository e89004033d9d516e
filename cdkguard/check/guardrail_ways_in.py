"""What a change lets pass by other ways in than `check`: coding agents, the hook inside CloudFormation, the checklist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdkguard.check.guardrail_side import Guardrail
from cdkguard.config.settings import CfnHookSettings


def find_weakened_ways_in(before: Guardrail, after: Guardrail) -> Iterator[str]:
    """A sentence for each thing that one of them lets pass now."""
    if before.agents != after.agents:  # Few changes touch any of them.
        from cdkguard.config import agent_settings

        names = _name_environments(before, after, before.agents.deploy, after.agents.deploy)
        yield from agent_settings.find_weakened(before.agents, after.agents, names, before.strict)

    if CfnHookSettings() != before.cfn_hook or before.cfn_hook != after.cfn_hook:
        from cdkguard.config import cfn_hook_settings

        names = _name_environments(before, after, before.cfn_hook.delete, after.cfn_hook.delete)
        yield from cfn_hook_settings.find_weakened(before.cfn_hook, after.cfn_hook, names, before.strict)
        if before.cfn_hook != CfnHookSettings():  # Here is the configuration of a hook, which judges stacks of any app.
            yield from cfn_hook_settings.find_released(before.environment_rules, after.environment_rules)

    if before.preflight is not None and before.preflight != after.preflight:
        from cdkguard.config import preflight_weakened

        yield from preflight_weakened.find_weakened(before.preflight, after.preflight)


def _name_environments(before: Guardrail, after: Guardrail, *listed: Sequence[str] | None) -> set[str]:
    """The environments that either side knows, or that its settings list."""
    found = {name for side in (before, after) for name in side.environments.values() if name}
    rules = {rule.name for side in (before, after) for rule in side.environment_rules}
    return found | rules | before.strict | after.strict | {name for names in listed for name in names or ()}
