"""The key `cfn_hook` of the configuration: what the hook inside CloudFormation does beside the rules."""

from __future__ import annotations

from collections.abc import Collection

from cdkguard._typing import Json
from cdkguard.config.document import DocumentValue
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
