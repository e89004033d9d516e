"""The account and region that an app is given where its stacks name none: CDK_DEFAULT_ACCOUNT and CDK_DEFAULT_REGION.

As under the CDK CLI they are those of the user's credentials and profile; without any, those for which cdk.context.json
holds the answers of look-ups, where that is one. What the environment says already is passed on as it is.
"""

from __future__ import annotations

import os
import re

from cdkguard._typing import NamedTuple
from cdkguard.inputs import aws_account
from cdkguard.inputs.app import read_json_settings
from cdkguard.inputs.aws_account import NAME
from cdkguard.inputs.aws_profiles import Profiles, named_profile, read_profiles

_REGION = "CDK_DEFAULT_REGION"
_REGIONS = (_REGION, "AWS_REGION", "AMAZON_REGION", "AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION")
_LAST = "us-east-1"
_PLACE = re.compile(r"\b(account|region)=([^:]+)")  # in the key of a look-up


class DefaultEnvironment(NamedTuple):
    """What an app is told of the account and region it would be deployed to."""

    account: str | None
    region: str
    note: str = ""  # for the user, where the account was concluded from cdk.context.json
    advice: str = ""  # what to set, where no account is known

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the app's environment."""
        account = {NAME: self.account} if self.account else {}
        return {_REGION: self.region, **account}


def find_default_environment(directory: str, profile: object = None) -> DefaultEnvironment:
    """The account and region for the app of a folder; `profile` is the one that its cdk.json names. Raises InputError."""
    profiles = read_profiles()
    region = _find_region(profiles, profile)
    given = os.environ.get(NAME)
    found = aws_account.find_account(profiles, profile, directory, region or _LAST) if given is None else None
    account = given or (found.id if found else None)
    if account:
        return DefaultEnvironment(account, region or _LAST)

    accounts, regions = _looked_up(directory)
    if len(accounts) != 1:
        return DefaultEnvironment(None, region or _LAST, advice=_advise(found.problem if found else "", accounts))
    region = region or (regions[0] if len(regions) == 1 else _LAST)
    why = found.problem if found and found.problem else "no AWS credentials were found"
    note = f"{why}: the app was run for account {accounts[0]}, the only one in cdk.context.json, and region {region}"
    return DefaultEnvironment(accounts[0], region, f"{note} ({NAME} and {_REGION} name others)")


def _find_region(profiles: Profiles, profile: object) -> str | None:
    """The region by the order of the CDK CLI: the environment, the profile, the instance."""
    for name in _REGIONS:
        if os.environ.get(name):
            return os.environ[name]
    return profiles.region_of(named_profile(profile) or "default") or (
        _region_of_instance() if aws_account.reaches_instance() else None
    )


def _region_of_instance() -> str | None:
    try:
        from botocore.utils import InstanceMetadataRegionFetcher
    except ImportError:
        return None
    found = InstanceMetadataRegionFetcher(timeout=1, num_attempts=1).retrieve_region()
    return str(found) if found else None


def _looked_up(directory: str) -> tuple[list[str], list[str]]:
    """The accounts and regions in the keys of cdk.context.json."""
    places: dict[str, set[str]] = {"account": set(), "region": set()}
    for key in read_json_settings(os.path.join(directory, "cdk.context.json")):
        for name, value in _PLACE.findall(key):
            places[name].add(value)
    accounts = {account for account in places["account"] if re.fullmatch(r"\d{12}", account)}
    return sorted(accounts), sorted(places["region"])


def _advise(problem: str, accounts: list[str]) -> str:
    several = f"; cdk.context.json names {' and '.join(accounts)}" if accounts else ""
    why = problem or f"no AWS credentials were found{several}"
    return f"the app was told no account: {why}: set AWS_PROFILE, or {NAME} and {_REGION}"
