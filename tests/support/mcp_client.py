"""A client of `cdkguard mcp`, in the same process or over standard input and output."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import anyio
import mcp_types
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from cdkguard.servers.server import make_server

MODES = ("auto", "legacy")  # the protocol of 2026, in which a server asks by its result, and those before it
Use = Callable[[Client], Awaitable[Any]]


def use(
    directory: Path | StdioServerParameters,
    what: Use,
    *,
    roots: list[Path] | None = None,
    answer: bool | str | None = None,
    mode: str = "auto",
    allows_synth: bool = False,
    asked: list[str] | None = None,
) -> Any:
    """What `what` makes of a client. `roots` are the client's, None for a client without; `answer` is its user's.

    The answer is True or False in the form, or "decline" or "cancel"; None is a client that cannot ask.
    """

    async def list_roots(_context: Any) -> mcp_types.ListRootsResult:
        listed = [mcp_types.Root.model_validate({"uri": path.as_uri()}) for path in roots or ()]
        return mcp_types.ListRootsResult(roots=listed)

    async def elicit(_context: Any, params: Any) -> mcp_types.ElicitResult:
        if asked is not None:
            asked.append(params.message)
        if isinstance(answer, str):
            return mcp_types.ElicitResult.model_validate({"action": answer})
        return mcp_types.ElicitResult(action="accept", content={"run": bool(answer)})

    async def run() -> Any:
        server = (
            directory if isinstance(directory, StdioServerParameters) else make_server(str(directory), allows_synth)
        )
        async with Client(
            server,
            list_roots_callback=None if roots is None else cast(Any, list_roots),
            elicitation_callback=None if answer is None else cast(Any, elicit),
            mode=mode,
        ) as client:
            return await what(client)

    return anyio.run(run)


def call(directory: Path | StdioServerParameters, tool: str, arguments: dict[str, Any], **options: Any) -> Any:
    """The result of one call."""

    async def what(client: Client) -> Any:
        return await client.call_tool(tool, arguments)

    return use(directory, what, **options)


def answer_of(directory: Path | StdioServerParameters, tool: str, arguments: dict[str, Any], **options: Any) -> Any:
    """The structured answer of a call that is none that failed."""
    result = call(directory, tool, arguments, **options)
    assert not result.is_error, result.content
    return result.structured_content


def sentence_of(directory: Path | StdioServerParameters, tool: str, arguments: dict[str, Any], **options: Any) -> str:
    """What a call that failed says; it is never a pass."""
    result = call(directory, tool, arguments, **options)
    assert result.is_error
    if "rule" not in tool:
        assert result.structured_content["verdict"] == "unknown" and result.structured_content["exitStatus"] > 1
    return str(result.content[0].text)


def over_stdio(directory: Path, *options: str) -> StdioServerParameters:
    """How a client starts `cdkguard mcp` in a folder."""
    return StdioServerParameters(
        command=sys.executable, args=["-m", "cdkguard", "mcp", *options], cwd=str(directory), env=dict(os.environ)
    )
