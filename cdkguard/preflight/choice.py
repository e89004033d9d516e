"""Which rows a run asks, in their order, and why the others are left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cdkguard._typing import NamedTuple
from cdkguard.config.preflight import MORE_ROWS, PreflightSettings, suggest_row
from cdkguard.errors import ConfigError
from cdkguard.outputs.preflight.record import LeftOut


class Choice(NamedTuple):
    """The rows to ask, in their order, and those that are left out."""

    ids: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def choose_rows(
    settings: PreflightSettings,
    file: str,
    targets: Collection[str],
    only: Sequence[str] | None = None,
    without: Sequence[str] = (),
) -> Choice:
    """The rows for a deployment to the environments `targets`; `file` is the configuration's. Raises ConfigError."""
    titles = settings.titles
    for name in (*(only or ()), *without):
        if name not in titles:
            raise ConfigError(suggest_row(name, settings))

    listed = settings.rows or tuple(name for name in titles if name not in MORE_ROWS)
    asked_more = tuple(name for name in only or () if name not in listed)
    ids: list[str] = []
    left_out: list[LeftOut] = []
    for name in (*listed, *asked_more, *(name for name in titles if name not in (*listed, *MORE_ROWS))):
        if name in ids or any(left.id == name for left in left_out):
            continue
        reason = _why_not(name, settings, file, targets, only, without, listed)
        if reason:
            left_out.append(LeftOut(name, titles[name], reason))
        else:
            ids.append(name)
    return Choice(tuple(ids), tuple(left_out))


def _why_not(
    name: str,
    settings: PreflightSettings,
    file: str,
    targets: Collection[str],
    only: Sequence[str] | None,
    without: Sequence[str],
    listed: Sequence[str],
) -> str:
    """Why a row is not asked; "" where it is."""
    if name in without:
        return "--without"
    if only is not None:
        return "" if name in only else "--only"
    if name not in listed:
        return f"{file} does not list it"
    needs = [settings.needs.get(target) for target in targets]
    if needs and all(rows is not None and name not in rows for rows in needs):
        return f"{' and '.join(targets)} does not need it, by {file}"
    own = next((row for row in settings.commands if row.id == name), None)
    if own is not None and own.environments and not set(own.environments) & set(targets):
        return f"only for {' and '.join(own.environments)}, by {file}"
    if name == "staging" and settings.staging is not None and set(targets) == {settings.staging}:
        return f"{settings.staging} is what is deployed"
    return ""
