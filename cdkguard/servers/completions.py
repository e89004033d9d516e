"""Completes the ids of rules, where a client asks its user for one."""

import anyio
from mcp.server.mcpserver import MCPServer
from mcp_types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from cdkguard._typing import Any, cast
from cdkguard.packs.load import load_packs
from cdkguard.servers.held import Held

_MOST = 100  # values that the protocol allows
_OF_RULES = ("rule", "id")  # the argument of the prompt, and that of the resource


def add_completions(server: MCPServer[Held]) -> None:
    """Add the completions to a server."""
    cast(Any, server).completion()(complete_rule)  # its decorator has no types


async def complete_rule(
    _of: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _known: CompletionContext | None
) -> Completion | None:
    """The rules whose ids begin as the argument does, before those that have it elsewhere."""
    if argument.name not in _OF_RULES:
        return None
    packs = await anyio.to_thread.run_sync(load_packs)
    word = argument.value.strip().lower()
    found = sorted((rule.id for rule in packs.rules if word in rule.id), key=lambda id: (not id.startswith(word), id))
    return Completion(values=found[:_MOST], total=len(found), has_more=len(found) > _MOST)
