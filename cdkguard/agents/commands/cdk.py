"""The AWS CDK CLI: options and verbs of aws-cdk 2.1148 (its own `lib/cli/cli-type-registry.json`; a test compares)."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING
from cdkguard.agents.commands.call import Call, describe_unknown, known_only
from cdkguard.agents.commands.options import Options, pairs, read_options
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind

ALIASES = {
    "a": "app", "c": "context", "p": "plugin", "v": "verbose", "i": "ec2creds", "r": "role-arn", "o": "output", "y": "yes",
    "E": "build-exclude", "e": "exclusively", "t": "tags", "m": "method", "f": "force", "O": "outputs-file", "R": "no-rollback",
    "h": "help", "j": "json", "l": "long", "d": "show-dependencies", "q": "quiet", "n": "concurrency", "b": "bootstrap-bucket-name",
}  # fmt: skip
VALUED = frozenset(
    {
        "action", "additional-stack-name", "app", "asset-build-concurrency", "bootstrap-bucket-name", "bootstrap-kms-key-id",
        "bootstrap-stack-name", "build", "build-exclude", "ca-bundle-path", "change-set-name", "cloudformation-execution-policies",
        "concurrency", "context", "context-lines", "created-buffer-days", "custom-permissions-boundary", "fail-on",
        "hotswap-ecs-maximum-healthy-percent", "hotswap-ecs-minimum-healthy-percent", "hotswap-ecs-stabilization-timeout-seconds",
        "method", "monitoring-time-minutes", "notification-arns", "orphan", "output", "outputs-file", "override-file",
        "parameters", "plugin", "port", "profile", "progress", "proxy", "qualifier", "record-resource-mapping", "region",
        "require-approval", "resource-mapping", "resource-mapping-inline", "role-arn", "rollback-buffer-days",
        "rollback-trigger-alarm-arns", "tags", "telemetry-file", "template", "toolkit-bucket-name", "toolkit-stack-name", "trust",
        "trust-for-lookup", "type", "unstable", "untrust", "value",
    }
)  # fmt: skip
KINDS: dict[str, ActionKind] = {
    "deploy": "deploy",
    "watch": "deploy",
    "destroy": "destroy",
    "bootstrap": "maintain",
    "gc": "maintain",
    "rollback": "maintain",
    "orphan": "maintain",
    "import": "maintain",
    "refactor": "maintain",
}
# They read, or write files of the project that the next check sees.
HARMLESS = frozenset(
    {
        "acknowledge", "ack", "cli-telemetry", "context", "diagnose", "diff", "doc", "docs", "doctor", "drift", "explore", "flags",
        "init", "list", "ls", "lsp", "metadata", "migrate", "notices", "publish-assets", "synth", "synthesize", "validate", "help",
        "completion", "version",
    }
)  # fmt: skip
# Past a safety net: switch or option with its value -> as it is said.
_SWITCHES = (
    "hotswap", "hotswap-fallback", "watch", "express", "force", "exclusively", "all", "yes", "no-rollback", "revert-drift",
    "import-existing-resources", "ignore-errors", "no-execute", "ignore-no-stacks", "no-termination-protection", "no-validation",
)  # fmt: skip


def read_cdk(call: Call) -> Iterator[Action]:
    """What a call of cdk would do."""
    options = read_options(call.words[1:], VALUED, ALIASES)
    if options.has("--help", "--version", "-h", "--show-template"):
        return
    positional = options.positional
    verb = positional[0] if positional else ""
    if not verb:
        return
    if not is_known(verb):
        yield call.act("hidden", "cdk", "", flags=_flags(options), **_shared(options))
    elif verb in KINDS:
        if not _only_shows(verb, options):
            yield call.act(
                KINDS[verb],
                "cdk",
                verb,
                stacks=_stacks(verb, positional[1:]),
                flags=_flags(options, verb),
                **_shared(options),
            )
    elif verb not in HARMLESS:
        shared = {**_shared(options), "unread": f"cdkguard does not know what cdk {verb} does"}
        yield call.act("hidden", "cdk", verb, **shared)


def _shared(options: Options) -> dict[str, object]:
    found: dict[str, object] = {
        "app": options.last("app"),
        "context": pairs(options.values.get("context", [])),
        "parameters": pairs(options.values.get("parameters", [])),
        "change_set": options.last("change-set-name"),
    }
    for name in ("profile", "region"):
        if value := options.last(name):
            found[name] = value
    found["unread"] = describe_unknown(
        (*options.positional, *(value for name in _TOLD for value in options.values.get(name, ())))
    )
    account = next(
        (word.split("/")[2] for word in options.positional if word.startswith("aws://") and word.count("/") > 2), ""
    )
    if account.isdigit():
        found["account"] = account
    return found


# Options whose value decides what is deployed, and where.
_TOLD = (
    "app",
    "context",
    "parameters",
    "profile",
    "region",
    "change-set-name",
    "method",
    "role-arn",
    "orphan",
    "toolkit-stack-name",
    "build",
)


def _stacks(verb: str, positional: list[str]) -> tuple[str, ...]:
    if verb in ("bootstrap", "gc"):
        return ()
    if verb == "orphan":
        positional = [path.partition("/")[0] for path in positional]
    return known_only(positional)


def _only_shows(verb: str, options: Options) -> bool:
    if verb == "gc":
        return options.last("action") == "print"
    return verb == "refactor" and options.has("--dry-run")


def _flags(options: Options, verb: str = "") -> tuple[str, ...]:
    found = ["watch"] if verb == "watch" else []
    for name in _SWITCHES:
        if options.has(f"--{name}", f"--{name}=true") and not options.has(f"--{name}=false"):
            found.append(f"--{name}")
    if options.has("--execute=false") and "--no-execute" not in found:
        found.append("--no-execute")
    if options.has("--rollback=false") and "--no-rollback" not in found:
        found.append("--no-rollback")
    for name, value in (
        ("method", None),
        ("require-approval", "never"),
        ("app", None),
        ("role-arn", None),
        ("orphan", None),
    ):
        given = options.last(name)
        if given is not None and value in (None, given):
            found.append(f"--{name} {given}")
    return tuple(found)
