"""The account of the user's credentials, as the CDK CLI finds it: from the profile, from caches, else from STS.

AWS is asked only where nothing on this machine says the account, and only where the repository's code names
CDK_DEFAULT_ACCOUNT. Of what is asked, the answer is kept by the digest of the access key's id.
"""

from __future__ import annotations

import json
import os
import re

from cdkguard._typing import Any, NamedTuple
from cdkguard.inputs.aws_profiles import Profiles, named_profile
from cdkguard.system import files, processes
from cdkguard.system.cache import cache_folder, make_cache_folder

NAME = "CDK_DEFAULT_ACCOUNT"
TIMEOUTS = (2, 5)  # seconds to connect to STS, and to wait for its answer
_MOST_KEPT = 1_000  # accounts, as the CDK CLI keeps
_SEARCH_TIME = 3.0  # seconds; beyond, the code counts as naming the variable
_OF_ARN = re.compile(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
# The settings of a profile whose credentials only a program or a service gives.
_GIVERS = ("credential_process", "login_session", "sso_start_url", "sso_session", "credential_source")


class Account(NamedTuple):
    """The account of the credentials; `problem` says why there are some and it is not known."""

    id: str | None = None
    problem: str = ""


NO_CREDENTIALS = Account()


def find_account(profiles: Profiles, explicit: object, directory: str, region: str) -> Account:
    """The account of the credentials with which the CDK CLI would run; `explicit` is the profile that cdk.json names."""
    key = os.environ.get("AWS_ACCESS_KEY_ID")
    if key and os.environ.get("AWS_SECRET_ACCESS_KEY") and not explicit:
        return _ask(key, None, directory, region)

    name = named_profile(explicit)
    settings = profiles.settings_of(name or "default")
    if name and not settings:
        return Account(None, f"the profile '{name}' is in no AWS configuration file")
    if role := _OF_ARN.match(settings.get("role_arn", "")):
        return Account(role[1])
    if re.fullmatch(r"\d{12}", settings.get("sso_account_id", "")):
        return Account(settings["sso_account_id"])
    if "aws_access_key_id" in settings or any(giver in settings for giver in _GIVERS):
        return _ask(settings.get("aws_access_key_id"), name, directory, region)

    role = _OF_ARN.match(os.environ.get("AWS_ROLE_ARN", ""))
    if role and os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return Account(role[1])
    if any(map(os.environ.get, _CONTAINER)) or reaches_instance():
        return _ask(None, name, directory, region)
    return NO_CREDENTIALS


def reaches_instance() -> bool:
    """Whether this machine is an instance of EC2, whose metadata service may be asked."""
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "false").lower() != "false":
        return False
    # As the CDK CLI tells, `detectEc2Linux`; nothing is asked on another machine, where it would take seconds.
    signs = (("/sys/devices/virtual/dmi/id/board_asset_tag", "i-"), ("/sys/hypervisor/uuid", "ec2"))
    return any(_begins(path, sign) for path, sign in signs)


def _begins(path: str, sign: str) -> bool:
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read(64).lower().startswith(sign)
    except (OSError, UnicodeDecodeError):
        return False


# -- what has to be asked


def _ask(key: str | None, profile: str | None, directory: str, region: str) -> Account:
    """The account of an access key, or of the credentials that boto3 finds where its id is not known yet."""
    if not names_default_account(directory):
        return NO_CREDENTIALS
    known = _read_kept(key) if key else None
    if known:
        return Account(known)
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return Account(None, "AWS is asked for the account with boto3, which is missing (pip install 'cdkguard[aws]')")
    try:
        session = boto3.Session(profile_name=profile)
        credentials = session.get_credentials()
        if credentials is None:
            return NO_CREDENTIALS
        key = credentials.get_frozen_credentials().access_key
        known = _read_kept(key)
        if not known:
            config = Config(connect_timeout=TIMEOUTS[0], read_timeout=TIMEOUTS[1], retries={"total_max_attempts": 2})
            client: Any = session.client("sts", region_name=region, config=config)
            known = str(client.get_caller_identity()["Account"])
            _keep(key, known)
    except (BotoCoreError, ClientError) as problem:
        return Account(None, f"STS did not say the account of the AWS credentials ({problem})")
    return Account(known)


def names_default_account(directory: str) -> bool:
    """Whether a file of the repository names CDK_DEFAULT_ACCOUNT; true where that cannot be seen.

    What git ignores, such as installed packages, is not searched.
    """
    from subprocess import DEVNULL, TimeoutExpired

    settings = ["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false"]
    search = ["grep", "-q", "-I", "--untracked", "--threads=1", "-F", "-e", NAME]  # one thread ends at the first
    command = ["git", *settings, *search, "--", ":/"]
    try:
        return processes.run(command, directory, timeout=_SEARCH_TIME, stderr=DEVNULL).status != 1
    except (OSError, TimeoutExpired):
        return True


def _read_kept(key: str) -> str | None:
    """The account that we, or the CDK CLI, have kept for the access key's id."""
    own = _read_mapping(_file_of_accounts())
    theirs = os.path.join(
        os.environ.get("CDK_HOME") or os.path.expanduser("~/.cdk"), "cache", "accounts_partitions.json"
    )
    entry = _read_mapping(theirs).get(key)
    found = own.get(_digest(key)) or (entry.get("accountId") if isinstance(entry, dict) else None)
    return found if isinstance(found, str) and re.fullmatch(r"\d{12}", found) else None


def _keep(key: str, account: str) -> None:
    file = _file_of_accounts()
    if file is None:
        return
    kept = _read_mapping(file)
    try:
        make_cache_folder(os.path.dirname(file))
        files.write(file, json.dumps({**(kept if len(kept) < _MOST_KEPT else {}), _digest(key): account}))
    except OSError:
        pass  # AWS is asked again the next time


def _file_of_accounts() -> str | None:
    folder = cache_folder("accounts")
    return os.path.join(folder, "accounts.json") if folder else None


def _read_mapping(file: str | None) -> dict[str, Any]:
    try:
        found = json.loads(files.read_text(file)) if file is not None and os.path.isfile(file) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(key: str) -> str:
    from hashlib import sha256

    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
