"""The nouns of the hook: what an agent asks for, what its line would do, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Event: TypeAlias = Literal["shell", "write", "aws", "finished", "other"]
    Shell: TypeAlias = Literal["posix", "powershell", "cmd"]
    ActionKind: TypeAlias = Literal[
        "deploy",
        "destroy",
        "maintain",
        "data-delete",
        "data-write",
        "protection",
        "access",
        "guard",
        "pull-request",
        "hidden",
    ]
    Answer: TypeAlias = Literal["silent", "ask", "deny"]

ANSWERS: tuple[Answer, ...] = ("silent", "ask", "deny")  # mildest first

ACTION_KINDS: dict[ActionKind, str] = {
    "deploy": "creates, updates or replaces what stacks hold: cdk deploy, update-stack, execute-change-set, sam deploy",
    "destroy": "deletes stacks: cdk destroy, delete-stack, sam delete",
    "maintain": "touches deployed stacks without a template of the app: cdk gc, rollback, orphan, import, refactor",
    "data-delete": "deletes data or what holds it, past CloudFormation: delete-table, s3 rb, delete-db-instance",
    "data-write": "writes data, past CloudFormation: put-item, execute-statement",
    "protection": "switches a protection off, past CloudFormation: --no-deletion-protection",
    "access": "widens access, past CloudFormation: attach-role-policy, authorize-security-group-ingress",
    "guard": "changes what guards the agent: approvals, accepted findings, the hook, cdkguard.yaml, the baseline",
    "pull-request": "proposes or publishes a change: gh pr create, git push to a protected branch",
    "hidden": "what it does cannot be read without running it: an unknown verb, code or a pipeline that AWS starts",
}


class ToolCall(NamedTuple):
    """What a host says that the agent is about to do, or has done; the same for every host."""

    host: str  # a name of hosts.HOSTS
    event: Event
    tool: str = ""  # the host's own name of the tool: "Bash", "run_shell_command", "mcp__aws-api__call_aws"
    command: str = ""  # of a shell: the line; of a tool that calls AWS: the text that stands for the call
    shell: Shell = "posix"
    directory: str = ""  # where it runs, absolute; empty where the host does not say
    paths: tuple[str, ...] = ()  # the files that a writing tool names, as it wrote them
    content: str = ""  # what would be written there, all pieces behind each other
    session: str = ""  # the host's session, for the log


class Action(NamedTuple):
    """One thing that a line would do, if nothing stops it."""

    kind: ActionKind
    tool: str  # "cdk", "aws", "sam", "sst", "amplify", "serverless", "cdkguard", "git", "gh", "glab" ...
    verb: str  # "deploy", "dynamodb delete-table", "push"; empty where it is hidden
    words: tuple[str, ...] = ()  # the command as found, behind all wrappers
    directory: str = ""  # the folder in which it would run, absolute
    via: tuple[str, ...] = ()  # the way to it, outermost first: ("npm run release", "package.json:12")
    stacks: tuple[str, ...] = ()  # the stacks or globs that it names; empty: all, or the only one
    app: str | None = None  # --app of the line: a command, or the folder of a cloud assembly
    context: Mapping[str, str] = {}  # -c KEY=VALUE
    parameters: Mapping[str, str] = {}  # --parameters, --parameter-overrides
    template: str | None = None  # the template file that the line names
    change_set: str | None = None  # of execute-change-set: its name or ARN
    variables: Mapping[str, str] = {}  # the environment variables that the line sets for it
    profile: str | None = None
    region: str | None = None
    account: str | None = None  # 12 digits, where the line names it
    target: str = ""  # of kind data, protection, access: the table, bucket, database ... that it names
    resource_type: str = ""  # its CloudFormation type: "AWS::DynamoDB::Table"
    flags: tuple[str, ...] = ()  # what goes past a safety net, to be said in the reason: "--hotswap", "--method direct"
    paths: tuple[str, ...] = ()  # of kind guard: the files that it would change
    branch: str = ""  # of kind pull-request and guard: the branch it pushes to or moves
    unread: str = ""  # why not all of it could be seen, in words; empty where it could


class ParsedLine(NamedTuple):
    """What a line would do, as far as it can be seen without running anything."""

    actions: tuple[Action, ...] = ()
    files: tuple[str, ...] = ()  # the files that were read to find out
    problems: tuple[str, ...] = ()  # why a line that may be ours could not be read, in words


class Request(NamedTuple):
    """What the hook asks of the judge: a line of which something is ours, or a file or an end that may be."""

    call: ToolCall
    line: ParsedLine = ParsedLine()  # without actions where the call is no command
    seconds: float = 100.0  # until the hook answers without the judge
    may_ask: bool = False  # whether the host can ask its user; else the hook turns "ask" into "deny"


class Decision(NamedTuple):
    """What is answered, and why, in words for a model."""

    answer: Answer
    reason: str = ""  # at most 1,500 characters, no control characters; empty where silent
    environment: str = ""  # the environment it is about, as far as known
    token: str = ""  # the tokens of the plan's changes, for the log
    evidence: Mapping[str, Json] = {}  # what was judged, for `agents explain` and the log
