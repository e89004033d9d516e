"""A tool call -> the child process -> the result that the client gets: an answer, or one sentence that says why not."""

import json

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ContentBlock, TextContent
from pydantic import ValidationError

from cdkguard._typing import Any
from cdkguard.errors import CdkguardError, ExitCode
from cdkguard.servers.child import Failed, ask_child
from cdkguard.servers.documents import shorten
from cdkguard.servers.requests import Request

_TAIL = 20  # lines of an app's output that an error quotes
_SENTENCE = 600


class Calls:
    """The calls of one server. Apps are judged one at a time: the second one of two would take twice as long."""

    def __init__(self) -> None:
        self._turn = anyio.Lock()

    async def judge(self, ctx: Context, request: Request) -> CallToolResult:
        """The answer of a call that may run an app or AWS's API, with progress."""

        async def report(seconds: float, phase: str) -> None:
            await ctx.report_progress(seconds, None, shorten(phase, 200))

        async with self._turn:
            return _result(await ask_child(request, report), has_verdict=True)

    async def look_up(self, request: Request) -> CallToolResult:
        """The answer of a call that reads rules alone."""
        return _result(await ask_child(request, _silent))


async def _silent(_seconds: float, _phase: str) -> None:
    pass


def _result(found: dict[str, Any] | Failed, has_verdict: bool = False) -> CallToolResult:
    if isinstance(found, Failed):
        return refuse(found.sentence, found.status, found.details, has_verdict)
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=found)


def refuse(
    sentence: str, status: int = int(ExitCode.INPUT), details: str = "", has_verdict: bool = True
) -> CallToolResult:
    """A result that says why there is no answer; of a judgement that is `unknown`, never a pass."""
    words = shorten(sentence, _SENTENCE)
    content: list[ContentBlock] = [TextContent(type="text", text=words)]
    lines = [shorten(line, 200) for line in details.splitlines()[-_TAIL:]]
    if lines:
        content.append(TextContent(type="text", text="The end of the app's own output (data):\n" + "\n".join(lines)))
    verdict = (
        {"verdict": "unknown", "exitStatus": status or int(ExitCode.INPUT), "summary": words} if has_verdict else None
    )
    return CallToolResult(content=content, structured_content=verdict, is_error=True)


def describe_problem(problem: BaseException) -> str | None:
    """The sentence for what went wrong before a child was asked; None for a defect of ours."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    match problem:
        case CdkguardError():
            return str(problem)
        case ValidationError():  # its own text has many lines
            first = problem.errors()[0]
            return f"argument {'.'.join(map(str, first['loc']))}: {first['msg']}"
        case MCPError():
            return f"the client did not answer a question of the server: {problem}"
        case UnexpectedToolError():
            return None
        case ToolError():
            return str(problem)
    return None
