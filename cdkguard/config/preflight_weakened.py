"""What a change of the section `preflight` no longer asks for before a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard.config.preflight import ROWS, PreflightSettings
from cdkguard.model import SEVERITIES


def find_weakened(before: PreflightSettings, after: PreflightSettings | None) -> Iterator[str]:
    """What the checklist asked for and does not any more, a sentence each."""
    after = after or PreflightSettings()
    if gone := [row for row in _rows_of(before) if row not in _rows_of(after)]:
        yield f"the checklist has no row {', '.join(gone)} any more"
    for environment in sorted({*before.needs, *after.needs}):
        needs = [settings.needs.get(environment, _rows_of(settings)) for settings in (before, after)]
        if gone := [row for row in needs[0] if row not in needs[1] and row in _rows_of(after)]:
            yield f"{environment} needs no {', '.join(gone)} on the checklist any more"
    levels = (*SEVERITIES, "never")
    if levels.index(after.fail_on) > levels.index(before.fail_on):
        yield f"fail_on of the checklist goes from {before.fail_on} to {after.fail_on}"

    if gone := [net for net in before.nets if net not in after.nets]:
        yield f"the checklist asks for no {', '.join(gone)} any more"
    if before.staging and not after.staging:
        yield f"the checklist looks at no environment before production any more, and did at {before.staging}"
    if more := [path for path in after.without_staging if path not in before.without_staging]:
        yield f"staging needs no {', '.join(more)} any more"
    if more := [glob for glob in after.env_example.ignore if glob not in before.env_example.ignore]:
        yield f".env.example needs no {', '.join(more)} any more"
    commands = {command.run for command in (*before.test, *([before.verify] if before.verify else ()))}
    left = {command.run for command in (*after.test, *([after.verify] if after.verify else ()))}
    if gone := sorted(commands - left):
        yield f"the checklist runs no `{'`, `'.join(gone)}` any more"
    if gone := [check.url for check in before.urls if check not in after.urls]:
        yield f"the checklist asks {', '.join(gone)} no more, or for another status"


def _rows_of(settings: PreflightSettings) -> tuple[str, ...]:
    """The rows of a checklist, the team's own ones with their commands."""
    own = tuple(row.id for row in settings.commands)
    return settings.rows if settings.rows is not None else (*ROWS, *own)
