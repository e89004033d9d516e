"""Other tools that deploy stacks of CloudFormation, or delete them: SAM, SST, Amplify, Serverless Framework, Copilot and others."""

from __future__ import annotations

from collections.abc import Iterator

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.commands.call import Call, known_only
from cdkguard.agents.commands.options import pairs, read_options
from cdkguard.agents.nouns import Action
from cdkguard.agents.shell.state import is_known

if TYPE_CHECKING:
    from cdkguard.agents.nouns import ActionKind


class Framework(NamedTuple):
    """How a tool is called."""

    verbs: dict[str, ActionKind]  # "env delete" is two words
    reads: str = ""  # verbs that change nothing deployed; any other one is asked about where there are such
    valued: str = ""  # options that take a value
    stack: str = ""  # the options that name the stack
    stage: str = ""  # the options that name the stage or environment: told as a variable of that name
    several: str = ""  # options that take all values up to the next option
    harmless: str = ""  # options with which nothing is changed
    flags: str = ""  # what goes past a safety net
    default: ActionKind | None = None  # without any verb
    is_single_dash: bool = False


FRAMEWORKS: dict[str, Framework] = {
    "sam": Framework(
        {"deploy": "deploy", "sync": "deploy", "delete": "destroy", "pipeline bootstrap": "maintain"},
        "init build validate local package logs traces list docs publish remote pipeline --info help",
        "stack-name template-file template t s3-bucket s3-prefix region profile config-file config-env role-arn capabilities "
        "image-repository kms-key-id parameter-overrides tags notification-arns resource-id resource on-failure base-dir",
        stack="stack-name",
        stage="config-env",
        several="parameter-overrides tags notification-arns capabilities",
        harmless="--no-execute-changeset",
        flags="--no-prompts --no-confirm-changeset --force-upload --disable-rollback --code --watch",
    ),
    "sst": Framework(
        {"deploy": "deploy", "remove": "destroy", "dev": "deploy", "import": "maintain", "unlock": "maintain", "refresh": "maintain",
         "secret set": "data-write", "secret remove": "data-delete", "state edit": "maintain", "state remove": "maintain",
         "state repair": "maintain", "start": "deploy"},
        "build diff version upgrade telemetry init install add shell console secret cron tunnel cert diagnostic bind env list state help",
        "stage region profile config target mode to from",
        stage="stage",
        flags="--target",
    ),
    "amplify": Framework(
        {"push": "deploy", "publish": "deploy", "delete": "destroy", "env remove": "destroy", "deploy": "deploy",
         "remove": "maintain"},
        "init configure add pull mock codegen status console env serve run logout help plugin import override upgrade update diagnose custom",
        "envName profile",
        stage="envName",
        flags="--yes --force --allow-destructive-graphql-schema-updates --y",
    ),
    "ampx": Framework(
        {"pipeline-deploy": "deploy", "sandbox": "deploy", "sandbox delete": "destroy", "sandbox secret": "data-write", "deploy": "deploy"},
        "generate configure info notices help",
        "branch app-id profile identifier stack outputs-out-dir outputs-format dir-to-watch exclude outputs-version",
        stack="stack",
        stage="branch",
        flags="--once --yes",
    ),
    "serverless": Framework(
        {"deploy": "deploy", "remove": "destroy", "rollback": "maintain", "dev": "deploy", "deploy function": "deploy"},
        "package print info invoke logs metrics login logout plugin create config doctor test offline help dashboard output param "
        "slstats studio usage support prune generate-event install webpack dynamodb esbuild deploy-list",
        "stage s region r config c package p function f aws-profile param org app service",
        stage="stage s",
        flags="--force --enforce-hash-update",
    ),
    "copilot": Framework(
        {"deploy": "deploy", "app delete": "destroy", "env delete": "destroy", "svc delete": "destroy", "job delete": "destroy",
         "env deploy": "deploy", "svc deploy": "deploy", "job deploy": "deploy", "pipeline delete": "destroy",
         "pipeline deploy": "deploy", "storage init": "maintain", "app upgrade": "maintain", "env upgrade": "maintain",
         "secret init": "data-write", "task delete": "destroy", "init": "deploy", "env init": "deploy"},
        "version completion docs app env svc job pipeline task storage secret run help",
        "name n env e app a profile region tag resource-tags",
        stack="name n",
        stage="env e",
        harmless="--help",
        flags="--yes --force --allow-downgrade --no-rollback",
    ),
    "chalice": Framework(
        {"deploy": "deploy", "delete": "destroy"},
        "local new-project package logs url generate-pipeline generate-sdk invoke gen-policy gen-models dev --version",
        "stage profile project-dir connection-timeout",
        stage="stage",
    ),
    "eb": Framework(
        {"terminate": "destroy", "deploy": "deploy", "create": "deploy", "swap": "maintain", "restore": "maintain", "upgrade": "maintain"},
        "abort appversion clone codesource config console events health init labs list local logs open platform printenv scale setenv "
        "ssh status tags use",
        "profile r region",
    ),
    "rain": Framework(
        {"deploy": "deploy", "rm": "destroy", "delete": "destroy", "stackset": "maintain", "bootstrap": "maintain", "cc": "deploy"},
        "bootstrap build cat console diff fmt forecast info logs ls merge pkg tree watch module help",
        "profile p region r params tags role-arn",
        flags="--yes -y --detach --termination-protection",
    ),
    "eksctl": Framework(
        {"delete": "destroy", "create": "deploy", "upgrade": "maintain", "drain": "maintain", "update": "maintain", "scale": "maintain"},
        "get version info utils completion help anywhere register deregister enable set unset associate disassociate generate",
        "name region profile f config-file cluster",
        stack="name",
    ),
    "sceptre": Framework(
        {"launch": "deploy", "create": "deploy", "update": "deploy", "delete": "destroy", "execute": "deploy", "prune": "destroy", "set-policy": "protection"},
        "describe diff dump estimate-cost fetch-remote-template generate init list new status validate drift help",
        "dir var var-file",
    ),
    "zappa": Framework(
        {"deploy": "deploy", "update": "deploy", "undeploy": "destroy", "rollback": "maintain"},
        "init package template invoke manage tail status certify schedule unschedule shell save-python-settings-file help",
        "s settings_file",
    ),
    "cfn": Framework({}, ""),
}  # fmt: skip
NAMES = {
    "sls": "serverless",
    "osls": "serverless",
    "serverless": "serverless",
    "amplify-app": "amplify",
    "samdev": "sam",
}


def read_framework(call: Call) -> Iterator[Action]:
    """What a call of one of the tools would do."""
    tool = NAMES.get(call.words[0], call.words[0])
    framework = FRAMEWORKS[tool]
    options = read_options(call.words[1:], framework.valued.split(), several=framework.several.split())
    if options.has("--help", "-h", "--version", *framework.harmless.split()):
        return
    positional = options.positional
    verb, kind = _find_verb(framework, positional)
    fields: dict[str, object] = {}
    for name in ("profile", "region"):
        if value := options.last(name) or (options.last("aws-profile") if name == "profile" else None):
            fields[name] = value
    variables = dict(call.variables)
    if stage := options.last(*framework.stage.split()) if framework.stage else None:
        variables.setdefault("STAGE", stage)
    made = call._replace(variables=variables)
    if positional and not is_known(positional[0]):
        yield made.act("hidden", tool, "", **fields)
    elif kind:
        stack = options.last(*framework.stack.split()) if framework.stack else None
        flags = tuple(
            each for each in framework.flags.split() if options.has(each) or each.lstrip("-") in options.values
        )
        yield made.act(
            kind,
            tool,
            verb,
            stacks=known_only([stack]) if stack else (),
            template=options.last("template-file", "template", "t"),
            parameters=pairs(options.values.get("parameter-overrides", [])),
            flags=flags,
            **fields,
        )
    elif positional and framework.reads and positional[0] not in framework.reads.split():
        yield made.act(
            "hidden", tool, positional[0], unread=f"cdkguard does not know what {tool} {positional[0]} does", **fields
        )


def _find_verb(framework: Framework, positional: list[str]) -> tuple[str, ActionKind | None]:
    for count in (2, 1):
        verb = " ".join(positional[:count])
        if len(positional) >= count and verb in framework.verbs:
            if count == 1 and f"{verb} list" in (" ".join(positional[:2]),):
                return verb, None
            return verb, framework.verbs[verb]
    return "", None
