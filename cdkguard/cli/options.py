"""Options that several commands share."""

from __future__ import annotations

import argparse

from cdkguard.config.baseline_kinds import describe_kinds

AGAINST = describe_kinds()
INSTALL = "with git: install the Node dependencies of that revision where its lock file is another"


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is judged, by which rules and settings."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="a folder with cdk.json (default: here), a cdk.out, templates")
    add("--app", metavar="CMD", help="the app's command, instead of cdk.json's")
    add("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="a context value for the app")
    add("--config", metavar="FILE", help="instead of the cdkguard.yaml that is found")
    add("--environment", metavar="NAME", help="judge every stack as this environment")
    add(
        "--rules",
        action="append",
        default=[],
        metavar="SEL",
        help="profiles, packs or rule ids (globs); default: recommended",
    )
    add("--skip", action="append", default=[], metavar="SEL", help="take these rules out")
    add("--stack", action="append", default=[], metavar="GLOB", help="judge only these stacks")
    add("--packs", action="append", default=[], metavar="DIR", help="a folder with more rules")
    add(
        "--python",
        action="append",
        default=[],
        metavar="NAME",
        help="a package whose rule code may run; for PATHs that run nothing, the only way to allow it",
    )
    add("--parameter", action="append", default=[], metavar="NAME=VALUE", help="a CloudFormation parameter's value")
    add(
        "--honour",
        action="append",
        default=[],
        metavar="PEER",
        help="count suppressions written for checkov, cdk-nag, cfn-nag, guard, too",
    )
    add("--lint", action="store_true", help="cfn-lint's errors are findings, too (extra: cdkguard[lint])")
    add(
        "--full-synth",
        action="store_true",
        help="synthesize as the CDK CLI does: type check, bundling, CDK's validation",
    )
    add("--timeout", type=_seconds, metavar="SECONDS", help="stop the app after this time")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:  # false for nan, too
        raise argparse.ArgumentTypeError(f"a number of seconds above 0, not '{text}'")
    return seconds


def add_against(parser: argparse.ArgumentParser, help_text: str = AGAINST) -> None:
    """Add --against, which names the other side of a comparison."""
    parser.add_argument("--against", metavar="BASELINE", help=help_text)


def add_outputs(parser: argparse.ArgumentParser, kind: str) -> None:
    """Add --output and --format; `kind` is a field of outputs.render.Format, which says what the command writes."""
    from cdkguard.outputs.render import format_names

    formats = format_names(kind)
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(formats)}; as often as you like; default: text on standard output",
    )
    parser.add_argument("--format", choices=formats, help="the same as --output FORMAT")


def add_accepted(parser: argparse.ArgumentParser, help_text: str, default: str | None = None) -> None:
    """Add --accepted, the file of accepted findings, and its older name."""
    parser.add_argument("--accepted", metavar="FILE", default=default, help=help_text)
    parser.add_argument("--baseline", metavar="FILE", dest="accepted", default=default, help=argparse.SUPPRESS)


def add_install(parser: argparse.ArgumentParser) -> None:
    """Add --install, for baselines from git."""
    parser.add_argument("--install", action="store_true", help=INSTALL)
