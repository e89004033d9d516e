"""What one server holds while it runs."""

from typing import Any

from mcp.server.mcpserver import Context

from cdkguard._typing import NamedTuple
from cdkguard.servers.calls import Calls
from cdkguard.servers.trust import Trust


class Held(NamedTuple):
    """What may be read and run, and the turn of the calls."""

    trust: Trust
    calls: Calls


def held_by(ctx: Context[Any, Any]) -> Held:
    """What the server of a call holds."""
    held: Held = ctx.request_context.lifespan_context
    return held
