"""The commands: name, line in the help, and the module of each, which is loaded when the command is asked for.

The dispatch, the help, the completion scripts and the tests read these records. A new command is a record and a module.
"""

from __future__ import annotations

from collections.abc import Sequence

from cdkguard._typing import Any, NamedTuple


class Command(NamedTuple):
    """One command, or a group of commands such as `rules`; a command with a module and parts is both, as `preflight`."""

    name: str
    help: str  # The line that the help shows.
    module: str = ""  # The module in cdkguard.cli; empty for a group.
    options: str = "add_options"  # The function of that module that adds the command's options to a parser.
    function: str = "run"  # The function of that module that takes the parsed options and returns the exit status.
    parts: tuple[Command, ...] = ()  # The commands of a group.
    aliases: tuple[str, ...] = ()  # Older names that work the same; no help shows them.
    is_hidden: bool = False  # Whether the whole command is an older one, which no help shows.
    examples: tuple[str, ...] = ()  # Command lines with a comment each, for the end of the help.
    page: str = "docs/cli.md"  # The page of the documentation.

    def add_options(self, parser: Any) -> None:
        """Add the command's options to an argparse parser."""
        self._of_module(self.options)(parser)

    def run(self, options: Any) -> int:
        """Carry the command out; returns the exit status."""
        return int(self._of_module(self.function)(options))

    def _of_module(self, name: str) -> Any:
        # As importlib.import_module, which costs as much to import as three of our modules.
        return getattr(__import__(f"cdkguard.cli.{self.module}", fromlist=[name]), name)


COMMANDS: tuple[Command, ...] = (
    Command(
        "check",
        "synthesize an app and judge every resource",
        "check",
        examples=(
            "cdkguard check                         # the app of this folder",
            "cdkguard check --against git           # and what this branch changes",
            "cdkguard check cdk.out --output text --output sarif=out.sarif",
        ),
        page="docs/ci.md",
    ),
    Command(
        "accept",
        "accept today's findings, so that only new ones fail",
        "accept",
        aliases=("baseline",),
        examples=(
            "cdkguard accept                        # writes .cdkguard-baseline.json",
            "cdkguard accept --rules iam            # the findings of one pack alone",
            "cdkguard accept cdk.out --accepted accepted.json",
        ),
        page="docs/configuration.md",
    ),
    Command(
        "diff",
        "show what a deployment would change, without rules",
        "diff",
        examples=(
            "cdkguard diff --against git            # what this branch changes",
            "cdkguard diff --against deployed       # what a deployment would change now",
            "cdkguard diff old/cdk.out new/cdk.out  # two assemblies",
        ),
        page="docs/diff.md",
    ),
    Command(
        "plan",
        "say what a deployment (or `cdk destroy`) would do, with the rules' verdict",
        "plan",
        examples=(
            "cdkguard plan --against deployed       # what a deployment would do now",
            "cdkguard plan --destroy                # what `cdk destroy` would take",
            "cdkguard plan --against git --output markdown=plan.md",
        ),
        page="docs/diff.md",
    ),
    Command(
        "preflight",
        "the checklist before a deployment: each row done, failed or not known",
        "preflight",
        examples=(
            "cdkguard preflight --against deployed  # before a deployment to production",
            "cdkguard preflight --environment staging --without staging",
            "cdkguard preflight --only unit-tests --output markdown=checklist.md",
        ),
        parts=(
            Command(
                "record",
                "record that somebody has verified an environment",
                "preflight_record",
                examples=(
                    "cdkguard preflight record staging --by ana --expires 2030-01-31",
                    "cdkguard preflight record staging --by ana --expires 2030-01-31 --note ok",
                ),
                page="docs/preflight.md",
            ),
        ),
        page="docs/preflight.md",
    ),
    Command("destroy", "show what `cdk destroy` would take, without rules", "destroy", is_hidden=True),
    Command(
        "report",
        "show many apps side by side, from the JSON reports of their runs",
        "report",
        examples=(
            "cdkguard report orders.json billing.json --output html=fleet.html",
            "cdkguard report *.json                 # a line for each app",
            "cdkguard report *.json --fail          # exit 1 where a report fails",
        ),
        page="docs/report-page.md",
    ),
    Command(
        "audit",
        "judge every deployed stack of many accounts, and compare with the last time",
        parts=(
            Command(
                "run",
                "read and judge every stack of the accounts and regions",
                "audit_run",
                examples=(
                    "cdkguard audit run --accounts 111122223333 --out audits/1   # my own account",
                    "cdkguard audit run --organization --role audit --regions eu-west-1 --out a/1",
                    "cdkguard audit run ... --out audits/2 --since audits/1 --cache ~/templates",
                    "cdkguard audit run ... --out audits/2 --resume         # it was interrupted",
                ),
                page="docs/audit.md",
            ),
            Command(
                "show",
                "show a finished audit again, in any format",
                "audit_show",
                examples=(
                    "cdkguard audit show audits/2030-01-31",
                    "cdkguard audit show s3://audits/last --output html=audit.html",
                    "cdkguard audit show RESULT --output ocsf=ocsf.jsonl --output csv=all.csv",
                ),
                page="docs/audit.md",
            ),
            Command(
                "diff",
                "compare two finished audits: new, resolved, and what nobody knows",
                "audit_diff",
                examples=(
                    "cdkguard audit diff audits/2030-01-24 audits/2030-01-31",
                    "cdkguard audit diff OLD NEW --output html=diff.html",
                    "cdkguard audit diff OLD NEW --gate all     # old findings decide, too",
                ),
                page="docs/audit.md",
            ),
            Command(
                "query",
                "ask a finished audit by SQL (extra: cdkguard[query])",
                "audit_query",
                examples=(
                    'cdkguard audit query RESULT "from unread" --output csv=unread.csv',
                    "cdkguard audit query RESULT --tables   # the tables and their columns",
                    "cdkguard audit query RESULT --parquet audit-parquet",
                ),
                page="docs/audit.md",
            ),
        ),
        examples=(
            "cdkguard audit run --accounts 111122223333 --out audits/2030-01-31",
            "cdkguard audit diff audits/2030-01-24 audits/2030-01-31",
            'cdkguard audit query audits/2030-01-31 "from unread"',
        ),
        page="docs/audit.md",
    ),
    Command(
        "approve",
        "approve changes that are wanted, each one exactly",
        "approve",
        examples=(
            "cdkguard approve --against git         # lists what can be approved",
            "cdkguard approve --against git --change Shop/Table --reason moved --owner me",
            "cdkguard approve --against deployed --change 'Shop/*' ...",
        ),
        page="docs/configuration.md",
    ),
    Command(
        "snapshot",
        "write a baseline to commit, so that a pull request shows its diff",
        "snapshot",
        examples=(
            "cdkguard snapshot                      # writes cdkguard.snapshot/, to commit",
            "cdkguard check --against cdkguard.snapshot",
            "cdkguard snapshot -c env=prod --out snapshots/prod",
        ),
        page="docs/baselines.md",
    ),
    Command(
        "rules",
        "list, show, test and map rules",
        parts=(
            Command(
                "list",
                "every rule, a line each",
                "rules",
                "add_list_options",
                "run_list",
                examples=(
                    "cdkguard rules list lambda             # the rules that speak of Lambda",
                    "cdkguard rules list --rules 'dynamodb-*'",
                    "cdkguard rules list --rules strict --format json",
                ),
                page="docs/rules/README.md",
            ),
            Command(
                "show",
                "a rule's file",
                "rules",
                "add_show_options",
                "run_show",
                examples=("cdkguard rules show data-retention > rules/team/retention.yaml",),
                page="docs/rule-language.md",
            ),
            Command(
                "test",
                "run the examples in the rule files",
                "rules",
                "add_test_options",
                "run_test",
                examples=("cdkguard rules test rules/team",),
                page="docs/rule-language.md",
            ),
            Command(
                "map",
                "which rules check what a peer's rule checks",
                "rules",
                "add_map_options",
                "run_map",
                examples=("cdkguard rules map CKV_AWS_28", "cdkguard rules map cdk-nag:AwsSolutions-S1"),
                page="docs/honour.md",
            ),
        ),
        examples=(
            "cdkguard rules list lambda             # the rules that speak of Lambda",
            "cdkguard rules show data-retention     # a rule's file, to copy from",
            "cdkguard rules test rules/team         # the examples of your own rules",
        ),
        page="docs/rule-language.md",
    ),
    Command(
        "cfn-hook",
        "package and try the hook inside CloudFormation",
        parts=(
            Command(
                "package",
                "write the zip of the hook's function",
                "cfn_hook",
                "add_package_options",
                "run_package",
                examples=("cdkguard cfn-hook package --config cdkguard.yaml --out hook.zip",),
                page="docs/cfn-hook.md",
            ),
            Command(
                "test",
                "answer a call of CloudFormation here",
                "cfn_hook",
                "add_test_options",
                "run_test",
                examples=(
                    "cdkguard cfn-hook test call.json   # its payload in it, or at a URL",
                    "cdkguard cfn-hook test call.json --json",
                ),
                page="docs/cfn-hook.md",
            ),
        ),
        examples=(
            "cdkguard cfn-hook package --out hook.zip",
            "cdkguard cfn-hook test call.json       # what the hook would answer",
        ),
        page="docs/cfn-hook.md",
    ),
    Command(
        "explain",
        "why a rule exists, and what to write instead",
        "explain",
        examples=(
            "cdkguard explain data-retention",
            "cdkguard explain CKV_AWS_28            # the rules that check the same",
            "cdkguard explain 'dynamodb-*'",
        ),
        page="docs/cli.md",
    ),
    Command(
        "init",
        "write a commented cdkguard.yaml from what is in the app",
        "init",
        examples=(
            "cdkguard init                          # the app of this folder",
            "cdkguard init infra --force            # of another one, anew",
            "cdkguard init -c env=prod              # as the app is for production",
        ),
        page="docs/configuration.md",
    ),
    Command(
        "completion",
        "print a completion script for a shell",
        "completion",
        examples=(
            'eval "$(cdkguard completion bash)"     # in ~/.bashrc',
            'eval "$(cdkguard completion zsh)"      # in ~/.zshrc, behind compinit',
            "cdkguard completion fish > ~/.config/fish/completions/cdkguard.fish",
            "cdkguard completion tcsh > ~/.cdkguard.tcsh   # and source it in ~/.tcshrc",
        ),
    ),
    Command(
        "schema",
        "print the JSON schema of a file, for editors and programs",
        "schema",
        examples=("cdkguard schema config > cdkguard.schema.json", "cdkguard schema report"),
        page="docs/schemas.md",
    ),
    Command(
        "agents",
        "stand between a coding agent and a deployment",
        parts=(
            Command(
                "hook",
                "answer a coding agent's host, which calls this before each command",
                "agents_hook",
                examples=(
                    "cdkguard agents hook --host claude < payload.json",
                    "cdkguard agents hook --host kiro --deadline 50 < payload.json",
                ),
                page="docs/agents.md",
            ),
            Command(
                "explain",
                "show what the hook sees in a command line, and what it would answer",
                "agents_explain",
                examples=(
                    "cdkguard agents explain 'npm run release'",
                    "cdkguard agents explain 'cdk destroy Shop' --parse-only",
                    "cdkguard agents explain 'make deploy' --output json",
                ),
                page="docs/agents.md",
            ),
            Command(
                "judge",
                "judge what a line would do, for the hook, which starts this",
                "agents_judge",
                is_hidden=True,
                page="docs/agents.md",
            ),
            Command(
                "install",
                "write the files by which the hosts of coding agents call the hook",
                "agents_install",
                examples=(
                    "cdkguard agents install claude kiro --dry-run",
                    "cdkguard agents install detect         # for the hosts that are used here",
                    "cdkguard agents install --check        # in CI: are they there and current?",
                    "cdkguard agents install all --remove   # exactly what was added",
                ),
                page="docs/agents.md",
            ),
        ),
        examples=(
            "cdkguard agents explain 'npm run release'   # what the hook sees and says",
            "cdkguard agents hook < payload.json         # what a host runs",
        ),
        page="docs/agents.md",
    ),
    Command(
        "mcp",
        "give an agent tools, as a server of the Model Context Protocol",
        "mcp",
        examples=(
            "cdkguard mcp                           # an agent's program starts it",
            "cdkguard mcp --allow-synth             # and may have apps run",
        ),
        page="docs/mcp.md",
    ),
    Command(
        "doctor",
        "examine the whole set-up, and prove that each agent's hook answers",
        "doctor",
        examples=(
            "cdkguard doctor                        # the app of this folder",
            "cdkguard doctor infra --output json    # for programs",
        ),
        page="docs/cli.md",
    ),
    Command("help", "show the help of a command", "help"),
)


def find_command(name: str, commands: Sequence[Command]) -> Command | None:
    """The command of that name or alias."""
    return next((command for command in commands if name in (command.name, *command.aliases)), None)


def visible_commands(commands: Sequence[Command]) -> tuple[Command, ...]:
    """The commands that help, completion and errors show."""
    return tuple(command for command in commands if not command.is_hidden)
