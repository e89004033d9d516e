"""`cdkguard check`: judge an app's resources and, against a baseline, its change."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.options import (
    AGAINST,
    CHANGE,
    FAIL_ON,
    OUTPUT,
    RULES,
    SYNTHESIS,
    add_accepted,
    add_against,
    add_input_options,
    add_install,
    add_outputs,
)
from cdkguard.errors import ConfigError, ExitCode
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.cli.parser import Parser
    from cdkguard.config.settings import Config
    from cdkguard.model import Framework, Report


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    add_input_options(parser)
    rules, output, synthesis = parser.group(RULES), parser.group(OUTPUT), parser.group(SYNTHESIS)
    add_outputs(parser, "report")
    rules.add_argument(
        "--framework",
        action="append",
        default=[],
        metavar="NAME",
        help="a compliance framework's rules, and a summary by control",
    )
    output.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        metavar="SEVERITY",
        help=f"exit 1 at or above it: {', '.join(FAIL_ON)}; default: high",
    )
    output.add_argument("-v", "--verbose", action="store_true", help="every finding in full, however many there are")
    output.add_argument(
        "-q", "--quiet", action="store_true", help="only what makes the run fail; nothing where it passes"
    )
    output.add_argument("--statistics", action="store_true", help="a count for each rule instead of the findings")
    add_against(parser, f"judge the change, too: {AGAINST}")
    change = parser.group(CHANGE)
    change.add_argument(
        "--new", action="store_true", help="only findings that the baseline does not have decide the exit status"
    )
    change.add_argument("--show-old", action="store_true", help="show the findings that the baseline has, too")
    add_install(parser)
    add_accepted(parser, "accepted old findings, written by `cdkguard accept`")
    output.add_argument("--timings", action="store_true", help="say on stderr where the time went, by phase and rule")
    synthesis.add_argument("--jobs", type=_positive, metavar="N", help="processes for many stacks; default: what pays")
    synthesis.add_argument(
        "--watch", action="store_true", help="at a terminal: check again when something changes, until Ctrl-C"
    )
    synthesis.add_argument("--pre-built", action="store_true", help="read what is there (cdk.out, PATHs), run nothing")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of processes from 1 on, not '{text}'")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Judge, write the outputs, and return the exit status."""
    from cdkguard.check.exit_status import status_of
    from cdkguard.check.run import check
    from cdkguard.cli.output import asked_outputs, write_error, write_report, write_timings
    from cdkguard.cli.settings import load_config
    from cdkguard.outputs.render import Detail

    began = time.perf_counter()
    detail = Detail(options.verbose, options.quiet, options.show_old, options.statistics)
    if options.watch:
        from cdkguard.cli.watch import run_watch

        run_watch(options, detail)
    config = load_config(options)
    if options.new and config.against is None:
        raise ConfigError(f"--new asks what a baseline does not have, and there is none: --against names it, {AGAINST}")
    outputs = asked_outputs(options, "report") or config.outputs
    judged: dict[str, Sequence[int]] = {}
    report = check(config, progress=sys.stderr, observe=judged.update)
    controls = _controls(config.frameworks, report, judged)

    is_chained = _is_chained(config)
    fails_by_cdk = False
    if is_chained:
        from cdkguard.cli import validation_report

        fails_by_cdk = validation_report.cdk_fails_on_it()
    judged_at = time.perf_counter()
    for name, file in outputs or (() if fails_by_cdk else (("text", None),)):
        write_report(name, file, report, controls, config, detail, options.color)
    if is_chained:
        from cdkguard.cli.links import make_links

        validation_report.add_report(report, make_links(config.directory))
    if options.timings:
        now = time.perf_counter()
        write_timings({**report.phases, "printing": now - judged_at}, now - began, report.rule_seconds)

    status = status_of(report)
    # The CDK CLI prints the report with file and line, and fails by itself; a failing command would only hide it.
    if fails_by_cdk and status in (ExitCode.FINDINGS, ExitCode.INPUT):
        for hint in (validation_report.hint_of_stages(report), validation_report.hint_of_lines(report)):
            if hint:
                write_error(hint)
        return int(ExitCode.OK)
    lacks_context = any(p.kind == "context" for p in report.problems)
    if status == ExitCode.FINDINGS and lacks_context and is_chained and "CDK_CLI_ASM_VERSION" in os.environ:
        print(
            "cdkguard: the CDK CLI looks up what is missing and runs the app again; only that run can fail",
            file=sys.stderr,
        )
        return int(ExitCode.OK)
    return status


def _controls(names: Sequence[str], report: Report, judged: Mapping[str, Sequence[int]]) -> tuple[Framework, ...]:
    """The controls of the frameworks named, with their outcomes in the report."""
    if not names:
        return ()
    from cdkguard.check.controls import summarize_controls

    return summarize_controls(names, report, judged)


def _is_chained(config: Config) -> bool:
    """Whether cdkguard runs behind the app in cdk.json, on the assembly that the app has just written."""
    from cdkguard.check.assemble import chained_folder

    outdir = chained_folder(config)
    return outdir is not None and files.is_file(os.path.join(outdir, "manifest.json"))
