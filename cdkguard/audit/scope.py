"""What is audited and how, as it was asked for, and the accounts and places that this comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cdkguard.audit.accounts import Account, list_accounts, read_named
from cdkguard.audit.key_ring import RoleSettings
from cdkguard.audit.nouns import Place
from cdkguard.audit.pacing import Pace, PacedClient
from cdkguard.baselines.aws_session import Session
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError
from cdkguard.text.spelling import did_you_mean


class AuditSettings(NamedTuple):
    """What is audited, and how."""

    config: Config
    regions: tuple[str, ...]
    accounts: tuple[str, ...] = ()  # Their ids; empty: all of the organisation.
    without: tuple[str, ...] = ()  # What is left out: "111122223333", "111122223333/eu-west-1", "eu-west-1".
    role: RoleSettings = RoleSettings()
    engine: str = "local"  # local | dask | threads (of this process)
    scheduler: str = ""  # Of Dask.
    processes: int | None = None  # Of the local engine; None: one for each core.
    rate: float = 5.0  # Calls a second to one account and region.
    attempts: int = 8  # Of each call.
    profile: str | None = None
    endpoint_url: str | None = None
    cache: str | None = None
    resume: bool = False
    since: str | None = None  # The last audit's folder or S3 prefix, to compare with.


class Scope(NamedTuple):
    """The accounts that are audited, by their ids, those that are closed, and the places."""

    accounts: Mapping[str, Account]
    closed: tuple[Account, ...]
    places: tuple[Place, ...]
    words: str


def find_scope(settings: AuditSettings, session: Session, region: str, counts: Counter[str]) -> Scope:
    """The accounts and places of an audit; raises ConfigError, and AwsError where the organisation cannot be listed."""
    _refuse_unknown_regions(settings.regions, session)
    if settings.accounts:
        found = read_named(settings.accounts)
        words = f"{len(found)} account{'s' if len(found) > 1 else ''}"
    else:
        client = PacedClient(session.client("organizations", region), Pace(settings.rate), counts)
        found = list_accounts(client)
        words = f"an organisation of {len(found)} accounts"
    without = set(settings.without)
    closed = tuple(account for account in found if account.is_closed)
    accounts = {account.id: account for account in found}
    regions = tuple(dict.fromkeys(settings.regions))
    places = tuple(
        Place(account.id, name) for name in regions for account in found
        if not account.is_closed and not {account.id, name, f"{account.id}/{name}"} & without
    )  # fmt: skip
    for text in settings.without:
        if text not in {*accounts, *regions, *(f"{a}/{r}" for a in accounts for r in regions)}:
            raise ConfigError(f"--without {text} names no account, region or account/region of this audit")
    if not places:
        raise ConfigError("there is no account and region to audit")
    words += f", {len(regions)} region{'s' if len(regions) > 1 else ''}"
    if closed:
        words += "; not read, since they are suspended or closed: " + ", ".join(account.id for account in closed)
    if without:
        words += "; left out: " + ", ".join(sorted(without))
    return Scope(accounts, closed, places, words)


def _refuse_unknown_regions(regions: Sequence[str], session: Session) -> None:
    """Raises ConfigError: a region that there is not would be looked for eight times in each account."""
    known = session.known_regions()
    for name in regions:
        if name not in known:
            hint = did_you_mean(name, sorted(known))
            raise ConfigError(
                f"--regions: boto3 knows no region '{name}'{hint}; for one that is new, install a newer boto3"
            )
