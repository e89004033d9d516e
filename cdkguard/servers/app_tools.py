"""The tools that judge an app: what is wrong in it, what a deployment would do, what a destroy would take."""

from typing import Annotated, Any

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, ListRoots, Resolve
from mcp_types import CallToolResult, ListRootsResult
from pydantic import Field

from cdkguard.config.baseline_kinds import kind_of
from cdkguard.servers.answers import CheckAnswer, PlanAnswer, PreflightAnswer
from cdkguard.servers.folders import find_inside
from cdkguard.servers.held import held_by
from cdkguard.servers.requests import Request
from cdkguard.servers.trust import Permission, can_ask, word_question

Path = Annotated[
    str, Field(description="a CDK app's folder (with cdk.json), a cdk.out, or templates; inside the client's roots")
]
Against = Annotated[
    str | None,
    Field(
        description="the baseline: `deployed` (reads CloudFormation with the user's AWS credentials), `git` or `git:REVISION` "
        "(runs the app of that revision: needs permission), or the path of a saved cdk.out or snapshot; default: that of "
        "cdkguard.yaml"
    ),
]
Stacks = Annotated[list[str] | None, Field(description="names or globs of stacks; default: all")]
Context_ = Annotated[dict[str, str] | None, Field(description="CDK context (-c) for the app; needs synthesize=true")]
Environment = Annotated[str | None, Field(description="judge every stack as of this environment, such as prod")]
Synthesize = Annotated[bool, Field(description="run the app now, instead of reading its cdk.out, which may be old")]
Cursor = Annotated[str | None, Field(description="nextCursor of the page before, with the same arguments")]


def ask_for_roots(ctx: Context) -> ListRoots | None:
    """The question for the client's roots; None where it has none to tell."""
    capabilities = ctx.client_capabilities
    return ListRoots() if capabilities is not None and capabilities.roots is not None else None


Roots = Annotated[ListRootsResult | None, Resolve(ask_for_roots)]


def ask_permission(
    ctx: Context, path: str, against: str | None, synthesize: bool, roots: Roots
) -> Elicit[Permission] | Permission:
    """The question whether the app may run, where a call needs that and nobody has allowed it yet.

    Raises CdkguardError for a path that may not be read.
    """
    return _ask(ctx, path, against, synthesize, roots)


def ask_permission_for_checks(
    ctx: Context, path: str, against: str | None, synthesize: bool, roots: Roots
) -> Elicit[Permission] | Permission:
    """The same for the checklist, which runs the project's tests and commands as well."""
    return _ask(ctx, path, against, synthesize, roots, checks=True)


def _ask(
    ctx: Context[Any, Any],
    path: str,
    against: str | None,
    synthesize: bool,
    roots: ListRootsResult | None,
    checks: bool = False,
) -> Elicit[Permission] | Permission:
    trust = held_by(ctx).trust
    real = find_inside(path, trust.folders(roots))
    revision = against if against and kind_of(against).runs_app else None
    if trust.allows(real, checks) or not (synthesize or revision) or not can_ask(ctx.client_capabilities):
        return Permission(run=trust.allows(real, checks))
    return Elicit(word_question(real, synthesize, revision, checks), Permission)


Permitted = Annotated[ElicitationResult[Permission], Resolve(ask_permission)]
PermittedChecks = Annotated[ElicitationResult[Permission], Resolve(ask_permission_for_checks)]


async def check_cdk_app(
    ctx: Context,
    roots: Roots,
    permitted: Permitted,
    path: Path,
    against: Against = None,
    environment: Environment = None,
    context: Context_ = None,
    synthesize: Synthesize = False,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, CheckAnswer]:
    request = Request("check", environment=environment, context=context or {}, cursor=cursor)
    return await _judge(ctx, request, roots, permitted, path, against, synthesize)


async def plan_cdk_change(
    ctx: Context,
    roots: Roots,
    permitted: Permitted,
    path: Path,
    against: Against = None,
    stacks: Stacks = None,
    context: Context_ = None,
    synthesize: Synthesize = False,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, PlanAnswer]:
    request = Request("plan", stacks=tuple(stacks or ()), context=context or {}, cursor=cursor)
    return await _judge(ctx, request, roots, permitted, path, against, synthesize)


async def plan_cdk_destroy(
    ctx: Context,
    roots: Roots,
    permitted: Permitted,
    path: Path,
    stacks: Stacks = None,
    against: Against = None,
    context: Context_ = None,
    synthesize: Synthesize = False,
    cursor: Cursor = None,
) -> Annotated[CallToolResult, PlanAnswer]:
    request = Request("destroy", stacks=tuple(stacks or ()), context=context or {}, cursor=cursor)
    return await _judge(ctx, request, roots, permitted, path, against, synthesize)


async def preflight(
    ctx: Context,
    roots: Roots,
    permitted: PermittedChecks,
    path: Path,
    rows: Annotated[
        list[str] | None, Field(description="ids of rows, such as staging; default: those of cdkguard.yaml")
    ] = None,
    environment: Annotated[
        str | None, Field(description="what is about to be deployed; default: the strict ones")
    ] = None,
    against: Against = None,
    context: Context_ = None,
    synthesize: Annotated[
        bool,
        Field(description="run the app, the project's tests and the commands of the checklist; else they are unknown"),
    ] = False,
) -> Annotated[CallToolResult, PreflightAnswer]:
    request = Request("preflight", environment=environment, rows=tuple(rows or ()), context=context or {})
    return await _judge(ctx, request, roots, permitted, path, against, synthesize)


async def _judge(
    ctx: Context[Any, Any],
    request: Request,
    roots: ListRootsResult | None,
    permitted: ElicitationResult[Permission],
    path: str,
    against: str | None,
    synthesize: bool,
) -> CallToolResult:
    """Judge with what the client has opened and its user has allowed. Raises CdkguardError for a path outside."""
    trust, calls = held_by(ctx)
    folders = trust.folders(roots)
    real = find_inside(path, folders)
    checks = request.job == "preflight"
    if isinstance(permitted, AcceptedElicitation) and permitted.data.run:
        trust.remember(real, checks)
    if against and kind_of(against).is_path:
        against = find_inside(against, folders)
    whole = request._replace(
        path=real, roots=folders, against=against, synthesize=synthesize, is_trusted=trust.allows(real, checks)
    )
    return await calls.judge(ctx, whole)
