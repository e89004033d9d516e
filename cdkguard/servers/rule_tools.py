"""The tools that look rules up."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ListRootsResult
from pydantic import Field

from cdkguard.servers.answers import Explanations, RuleList
from cdkguard.servers.app_tools import Cursor, Roots
from cdkguard.servers.folders import find_inside
from cdkguard.servers.held import held_by
from cdkguard.servers.requests import Request

OfApp = Annotated[
    str | None,
    Field(description="an app's folder, whose cdkguard.yaml names rule packs of the team; default: built-in rules"),
]


async def explain_rule(
    ctx: Context,
    roots: Roots,
    rule: Annotated[
        str, Field(description="a rule's id or glob (data-retention, dynamodb-*), or another checker's id (CKV_AWS_28)")
    ],
    path: OfApp = None,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, Explanations]:
    return await _look_up(ctx, Request("explain", words=(rule,), cursor=cursor), roots, path)


async def search_rules(
    ctx: Context,
    roots: Roots,
    words: Annotated[str, Field(description="words that id or title must hold, such as `bucket public`")] = "",
    type: Annotated[
        str | None, Field(description="a CloudFormation resource type, such as AWS::RDS::DBInstance")
    ] = None,
    path: OfApp = None,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, RuleList]:
    request = Request("search", words=tuple(words.split()), resource_type=type, cursor=cursor)
    return await _look_up(ctx, request, roots, path)


async def _look_up(
    ctx: Context[Any, Any], request: Request, roots: ListRootsResult | None, path: str | None
) -> CallToolResult:
    trust, calls = held_by(ctx)
    if path is not None:
        folders = trust.folders(roots)
        request = request._replace(path=find_inside(path, folders), roots=folders)
    return await calls.look_up(request)
