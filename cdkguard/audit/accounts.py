"""The accounts that an audit is of: those of the organisation, or those that were named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from cdkguard._typing import Json
from cdkguard.baselines.aws_calls import AwsError, ask_aws, read_pages
from cdkguard.errors import ConfigError

_SUBJECT = "the organisation"
_ADVICE = {  # Kind of an AwsError -> what to do.
    "denied": (
        "allow it (docs/audit.md has the policy), in the management account or in a delegated administrator's, "
        "or name the accounts by --accounts"
    ),
    "failed": "run again, or name the accounts by --accounts",
}


class Account(NamedTuple):
    """An account; `state` is AWS's, "" where nobody asked."""

    id: str
    name: str = ""
    state: str = ""
    ou: str = ""  # The ids of the organizational units above it, "ou-a/ou-b", where AWS says them.

    @property
    def is_closed(self) -> bool:
        """Whether AWS lets nobody use it, so that nothing of it can be read."""
        return self.state in ("SUSPENDED", "CLOSED", "PENDING_ACTIVATION")


def list_accounts(client: Any) -> list[Account]:
    """All accounts of the organisation by their ids, closed ones too; raises AwsError where not all were listed."""
    try:
        return _list_accounts(client)
    except AwsError as problem:
        advice = _ADVICE.get(problem.kind) or problem.advice
        raise AwsError(_SUBJECT, problem.kind, problem.reason, advice) from problem


def _list_accounts(client: Any) -> list[Account]:
    pages = read_pages(_SUBJECT, client, "list_accounts", "Accounts")
    found = [ask_aws(_SUBJECT, partial(_read_account, entry)) for entry in pages]
    if not found:
        raise AwsError(_SUBJECT, "half", "ListAccounts answered without accounts", "run again")
    return sorted(found)


def _read_account(entry: dict[str, Json]) -> Account:
    # `Status` was replaced by `State`: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
    state = str(entry.get("State") or entry.get("Status") or "")
    paths = entry.get("Paths") or [""]
    units = [part for part in str(paths[0]).split("/") if part.startswith("ou-")]
    return Account(str(entry["Id"]), str(entry.get("Name") or ""), state, "/".join(units))


def read_named(texts: Sequence[str]) -> list[Account]:
    """The accounts that a user names; raises ConfigError."""
    for text in texts:
        if not re.fullmatch(r"\d{12}", text):
            raise ConfigError(f"--accounts: '{text}' is no account id: 12 digits")
    return [Account(text) for text in sorted(set(texts))]
