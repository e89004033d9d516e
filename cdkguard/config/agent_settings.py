"""The key `agents` of the configuration: what a coding agent may do, read and compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cdkguard._typing import Json
from cdkguard.config.document import DocumentValue
from cdkguard.config.settings import AgentSettings

KEYS = AgentSettings._fields
CONFIRMATIONS = ("confirm", "off")


def read_agent_settings(at: DocumentValue, environments: Collection[str]) -> AgentSettings:
    """The settings; `environments` are the names that `deploy` may list. Raises ConfigError."""
    found = at.known(KEYS)
    own: dict[str, Json] = {}
    if "deploy" in found:
        listed = dict.fromkeys(environments)
        own["deploy"] = tuple(dict.fromkeys(item.one_of(listed) for item in found["deploy"].one_or_more()))
    if "pull_request" in found:
        own["pull_request"] = _read_confirmation(found["pull_request"])
    if "protected_branches" in found:
        own["protected_branches"] = found["protected_branches"].texts()
    for key in ("after_edit", "synthesize", "log"):
        if key in found:
            own[key] = found[key].flag()
    return AgentSettings(**own)


def _read_confirmation(at: DocumentValue) -> str:
    """The word; YAML 1.1 reads `off` as false."""
    return "off" if at.value is False else at.one_of(CONFIRMATIONS)


def find_weakened(
    before: AgentSettings, after: AgentSettings, environments: Collection[str], strict: Collection[str]
) -> Iterator[str]:
    """What the settings after a change allow an agent that those before did not, a sentence each.

    `environments` are the names on either side, `strict` those that were judged as production.
    """
    more = [n for n in environments if after.may_deploy(n, strict) and not before.may_deploy(n, strict)]
    if more:
        yield f"an agent may deploy to {', '.join(sorted(more))} now"
    if before.pull_request == "confirm" and after.pull_request == "off":
        yield "nobody confirms an agent's pull requests any more"
    if gone := [b for b in before.protected_branches if b not in after.protected_branches]:
        yield f"an agent may push to {', '.join(gone)} now"
    if before.after_edit and not after.after_edit:
        yield "an agent is not told any more what it breaks"
    if before.log and not after.log:
        yield "nobody writes down any more what an agent asked for"
