"""The commands about findings: check and baseline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli import changes as cli_changes
from cdkguard.cli.changes import Configured, Options
from cdkguard.errors import ExitCode
from cdkguard.system import files

if TYPE_CHECKING:  # what `--help` does not need is not imported
    from cdkguard.config.settings import Config
    from cdkguard.model import Framework, Report

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")
SEVERITY_CHOICES = ("low", "medium", "high", "critical", "never")


def add_parsers(commands: Any, input_options: Options, configured: Configured) -> None:
    """Their options."""
    check = commands.add_parser("check", help="synthesize an app and judge every resource")
    input_options(check)
    check.add_argument("--output", action="append", default=[], metavar="FORMAT[=FILE]", help=", ".join(FORMATS))
    check.add_argument("--format", choices=FORMATS, help="the same as --output FORMAT")
    check.add_argument(
        "--framework",
        action="append",
        default=[],
        metavar="NAME",
        help="a compliance framework's rules, and a summary by control",
    )
    check.add_argument("--fail-on", choices=SEVERITY_CHOICES, help="exit 1 at or above this severity; default: high")
    check.add_argument("--against", metavar="BASELINE", help="judge the change, too: " + cli_changes.AGAINST)
    check.add_argument("--install", action="store_true", help=cli_changes.INSTALL)
    check.add_argument("--baseline", metavar="FILE", help="accepted old findings, written by `cdkguard baseline`")
    check.add_argument("--timings", action="store_true", help="say on stderr where the time went, by phase and rule")
    check.add_argument("--jobs", type=_positive, metavar="N", help="processes for many stacks; default: what pays")
    check.add_argument("--pre-built", action="store_true", help="read what is there (cdk.out, PATHs), run nothing")
    check.set_defaults(handler=_check, configured=configured)
    baseline = commands.add_parser("baseline", help="accept today's findings, so that only new ones fail")
    input_options(baseline)
    baseline.add_argument("--baseline", default=".cdkguard-baseline.json", metavar="FILE")
    baseline.set_defaults(handler=_baseline, configured=configured)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of processes from 1 on, not '{text}'")
    return int(text)


def _check(options: argparse.Namespace) -> int:
    from cdkguard.check.run import check
    from cdkguard.cli.output import print_timings, write

    config: Config = options.configured(options)
    judged: dict[str, Sequence[int]] = {}
    report = check(config, progress=sys.stderr, observe=judged.update)
    controls = _controls(config.frameworks, report, judged)
    is_chained = _is_chained(config)
    told_by_cdk = False
    if is_chained:
        from cdkguard.cli import chained

        told_by_cdk = chained.cli_fails_on_reports()
    for name, file in config.outputs or (() if told_by_cdk else (("text", None),)):
        write(name, file, report, controls, config.directory)
    if is_chained:
        chained.merge_validation_report(report)
    if options.timings:
        print_timings(report)
    status = status_of(report)
    # The CDK CLI prints the report with file and line, and fails by itself; a failing command would only hide it.
    if told_by_cdk and status in (ExitCode.FINDINGS, ExitCode.INPUT):
        return int(ExitCode.OK)
    missing = any(p.kind == "context" for p in report.problems)
    if status == ExitCode.FINDINGS and missing and is_chained and "CDK_CLI_ASM_VERSION" in os.environ:
        print(
            "cdkguard: the CDK CLI looks up what is missing and runs the app again; only that run can fail",
            file=sys.stderr,
        )
        return int(ExitCode.OK)
    return status


def _controls(names: Sequence[str], report: Report, judged: Mapping[str, Sequence[int]]) -> tuple[Framework, ...]:
    """What the report says of the frameworks named."""
    if not names:
        return ()
    from cdkguard.check import controls as frameworks

    return frameworks.summarize(names, report, judged)


def status_of(report: Report) -> int:
    """The exit status of a report."""
    if any(p.kind == "rule" for p in report.errors):
        return int(ExitCode.BUG)
    if report.errors:
        return int(ExitCode.INPUT)
    return int(ExitCode.FINDINGS if report.fails() else ExitCode.OK)


def _is_chained(config: Config) -> bool:
    """Whether cdkguard runs behind the app in cdk.json, on the assembly that the app has just written."""
    outdir = os.environ.get("CDK_OUTDIR")
    return (
        bool(outdir)
        and not config.app
        and not config.paths
        and files.is_file(os.path.join(str(outdir), "manifest.json"))
    )


def _baseline(options: argparse.Namespace) -> int:
    import time

    from cdkguard.check.run import check
    from cdkguard.config import accepted

    today = time.strftime("%Y-%m-%d")
    report = check(options.configured(options)._replace(baseline=None), progress=sys.stderr)
    if report.errors:
        from cdkguard.cli.output import tell

        for problem in report.errors:
            tell(f"cdkguard: {problem.message}")
        return int(ExitCode.INPUT)
    accepted.write(options.baseline, report.active, today)
    print(
        f"{options.baseline}: {len(report.active)} findings accepted; commit it, and `cdkguard check --baseline` fails on new ones only"
    )
    return int(ExitCode.OK)
