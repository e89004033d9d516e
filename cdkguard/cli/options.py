"""Options that several commands share, in the groups of the help that they belong to."""

from __future__ import annotations

import argparse

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.config.baseline_kinds import describe_kinds

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser

JUDGED, RULES, CHANGE, OUTPUT, SYNTHESIS = "what to judge", "rules", "the change", "output", "synthesis"  # groups

AGAINST = describe_kinds()
FAIL_ON = ("low", "medium", "high", "critical", "never")
FAIL_ON_CHANGE = ("data", "replace", "any", "never")
INSTALL = "with git: install the Node dependencies of that revision where its lock file is another"


def add_input_options(parser: Parser, judges: bool = True) -> None:
    """Add the options that say what is judged, by which rules and settings.

    Where a command `judges` nothing, what only rules take is accepted without effect, and no help shows it.
    """
    _add_judged(parser)
    _add_rules(parser, judges)
    _add_synthesis(parser)


def add_rule_options(parser: Parser) -> None:
    """Add the options that choose rules and settings, for a command that reads no app."""
    _add_rules(parser, True)
    of = {action.dest: action for action in parser._actions}
    of["lint"].help = argparse.SUPPRESS
    of["python"].help = "a package whose rule code may run"
    add = parser.group(RULES).add_argument
    add("--config", metavar="FILE", help="instead of the cdkguard.yaml that is found")
    add("--environment", metavar="NAME", help="judge every stack as this environment")
    nothing: dict[str, Any] = {"paths": [], "stack": [], "parameter": [], "app": None, "context": []}
    parser.set_defaults(**nothing, full_synth=False, timeout=None)


def _add_judged(parser: Parser) -> None:
    add = parser.group(JUDGED).add_argument
    add("paths", nargs="*", metavar="PATH", help="a folder with cdk.json (default: here), a cdk.out, templates")
    add("--stack", action="append", default=[], metavar="GLOB", help="judge only these stacks")
    add("--environment", metavar="NAME", help="judge every stack as this environment")
    add("--parameter", action="append", default=[], metavar="NAME=VALUE", help="a CloudFormation parameter's value")
    add("--config", metavar="FILE", help="instead of the cdkguard.yaml that is found")


def _add_rules(parser: Parser, judges: bool) -> None:
    add = parser.group(RULES).add_argument

    def shown(text: str) -> str:
        return text if judges else argparse.SUPPRESS

    many: dict[str, Any] = {"action": "append", "default": []}
    chosen = [
        add("--rules", **many, metavar="SEL", help=shown("profiles, packs or rule ids (globs); default: recommended")),
        add("--skip", **many, metavar="SEL", help=shown("take these rules out")),
        add(
            "--python",
            **many,
            metavar="NAME",
            help=shown("a package whose rule code may run; for PATHs that run nothing, the only way to allow it"),
        ),
        add(
            "--honour",
            **many,
            metavar="PEER",
            help=shown("count suppressions written for checkov, cdk-nag, cfn-nag, guard, too"),
        ),
        add(
            "--lint",
            action="store_true",
            help=shown("cfn-lint's errors are findings, too (extra: cdkguard[lint])"),
        ),
    ]
    add("--packs", **many, metavar="DIR", help="a folder with more rules, and with their sets of types")
    if not judges:
        parser.without_effect = tuple(chosen)


def _add_synthesis(parser: Parser) -> None:
    add = parser.group(SYNTHESIS).add_argument
    add_app(parser.group(SYNTHESIS))
    add(
        "--full-synth",
        action="store_true",
        help="synthesize as the CDK CLI does: type check, bundling, CDK's validation",
    )
    add("--timeout", type=_seconds, metavar="SECONDS", help="stop the app after this time")


def add_app(group: argparse._ArgumentGroup) -> None:
    """Add --app and -c, which say how the app is run."""
    add = group.add_argument
    add("--app", metavar="CMD", help="the app's command, instead of cdk.json's")
    add("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="a context value for the app")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:  # false for nan, too
        raise argparse.ArgumentTypeError(f"a number of seconds above 0, not '{text}'")
    return seconds


def add_against(parser: Parser, help_text: str = AGAINST) -> None:
    """Add --against, which names the other side of a comparison."""
    parser.group(CHANGE).add_argument("--against", metavar="BASELINE", help=help_text)


def add_fail_on_change(parser: Parser) -> None:
    """Add --fail-on for commands that show a change and judge nothing."""
    parser.group(OUTPUT).add_argument(
        "--fail-on",
        choices=FAIL_ON_CHANGE,
        default="never",
        metavar="WHAT",
        help="exit 1 where data goes or is replaced (data), where anything is (replace), or changes (any); default: never",
    )


def add_outputs(parser: Parser, kind: str) -> None:
    """Add --output, --format and --color; `kind` is a field of outputs.render.Format: what the command writes."""
    from cdkguard.outputs.render import format_names

    formats = format_names(kind)
    add = parser.group(OUTPUT).add_argument
    add(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(formats)}; as often as you like; default: text on standard output",
    )
    add("--format", choices=formats, metavar="FORMAT", help="the same as --output FORMAT")
    add_color(parser)


def add_color(parser: Parser) -> None:
    """Add --color, for commands that write text for people."""
    from cdkguard.cli.terminal import COLOR

    parser.group(OUTPUT).add_argument(
        "--color",
        choices=COLOR,
        default="auto",
        metavar="WHEN",
        help=f"{', '.join(COLOR)}; auto, the default: by the terminal, NO_COLOR, FORCE_COLOR, the CI service",
    )


def add_accepted(parser: Parser, help_text: str, default: str | None = None) -> None:
    """Add --accepted, the file of accepted findings, and its older name."""
    add = parser.group(RULES).add_argument
    add("--accepted", metavar="FILE", default=default, help=help_text)
    add("--baseline", metavar="FILE", dest="accepted", default=default, help=argparse.SUPPRESS)


def add_install(parser: Parser) -> None:
    """Add --install, for baselines from git."""
    parser.group(CHANGE).add_argument("--install", action="store_true", help=INSTALL)
