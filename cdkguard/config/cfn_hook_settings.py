"""The key `cfn_hook` of the configuration: what the hook inside CloudFormation does beside the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.config.document import DocumentValue
from cdkguard.config.environments import EnvironmentRule
from cdkguard.config.settings import CfnHookSettings

KEYS = CfnHookSettings._fields
UNKNOWN = ("skip", "fail")


def read_cfn_hook_settings(at: DocumentValue, environments: Collection[str]) -> CfnHookSettings:
    """The settings; `environments` are the names that `delete` may list. Raises ConfigError."""
    found = at.known(KEYS)
    own: dict[str, Json] = {}
    if "unknown" in found:
        own["unknown"] = found["unknown"].one_of(UNKNOWN)
    if "keep" in found:
        own["keep"] = found["keep"].texts()
    if "delete" in found:
        listed = dict.fromkeys(environments)
        own["delete"] = tuple(dict.fromkeys(item.one_of(listed) for item in found["delete"].one_or_more()))
    if "read_stack" in found:
        own["read_stack"] = found["read_stack"].flag()
    return CfnHookSettings(**own)


def find_weakened(
    before: CfnHookSettings, after: CfnHookSettings, environments: Collection[str], strict: Collection[str]
) -> Iterator[str]:
    """What the hook lets through by the settings after a change and did not by those before, a sentence each.

    `environments` are the names on either side, `strict` those that were judged as production.
    """
    if before.unknown == "fail" and after.unknown != "fail":
        yield "the hook lets through what it cannot decide without parameters"
    if gone := [name for name in before.keep if name not in after.keep]:
        yield f"the hook keeps the stacks {', '.join(gone)} no more"
    more = [n for n in environments if after.may_delete(n, strict) and not before.may_delete(n, strict)]
    if more:
        yield f"the hook lets stacks of {', '.join(sorted(more))} be deleted now"
    if before.read_stack and not after.read_stack:
        yield "the hook reads no more what runs, so that it judges deletions by the names of stacks"


def find_released(before: Sequence[EnvironmentRule], after: Sequence[EnvironmentRule]) -> Iterator[str]:
    """By which accounts and names the hook takes stacks for production no more, a sentence each: it judges stacks that are
    in no app."""
    for old in before:
        if not old.strict:
            continue
        new = next((rule for rule in after if rule.name == old.name and rule.strict), None)
        if new is None:
            yield f"the hook judges no stack as {old.name} any more"
            continue
        for what in ("accounts", "stages", "stacks"):
            if gone := [value for value in getattr(old, what) if value not in getattr(new, what)]:
                yield f"the hook takes no stack for {old.name} any more by the {what} {', '.join(gone)}"
        if new.regions and not set(old.regions or ("*",)) <= set(new.regions):
            yield f"the hook takes stacks for {old.name} in {', '.join(new.regions)} alone now"
