"""Writes what a command has to say: to files, to the terminal, to the summary of a CI job."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli.run_facts import add_run_facts, current_time
from cdkguard.errors import ConfigError
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.config.settings import Config
    from cdkguard.model import Framework, Language, Report
    from cdkguard.outputs.render import Detail, Excerpt, Options

SLOWEST_SHOWN = 10  # Rules that --timings names.


def write_error(text: str) -> None:
    """Write a line for people to standard error, if that is open. The text may hold names from templates."""
    from cdkguard.text import escape

    with suppress(OSError, ValueError):
        print(escape.block(text), file=sys.stderr)


def print_text(text: str) -> None:
    """Print lines that may hold texts of somebody else's: no terminal and no CI service obeys them."""
    from cdkguard.text import escape

    print(escape.block(text))


Asked = tuple[str, str | None]  # (name of a format, file; None for standard output)


def asked_outputs(options: argparse.Namespace, kind: str) -> tuple[Asked, ...]:
    """The outputs that --output and --format name, in order; none where neither is given. Raises ConfigError."""
    texts = [*options.output, *([options.format] if options.format else [])]
    return tuple(_parse_output(text, kind) for text in texts)


def _parse_output(text: str, kind: str) -> Asked:
    from cdkguard.outputs.render import format_names

    name, sign, file = text.partition("=")
    known = format_names(kind)
    if sign and not file:
        raise ConfigError(f"--output {text} names no file: is a variable not set?")
    if name not in known:
        from cdkguard.text.spelling import did_you_mean

        raise ConfigError(f"no output format '{name}'{did_you_mean(name, known)}; there are: {', '.join(known)}")
    return name, file or None


def write_outputs(
    outputs: Sequence[Asked],
    kind: str,
    thing: Any,
    excerpt: Excerpt | None = None,
    color: str = "auto",
    is_table: bool = False,
    config: Config | None = None,
) -> None:
    """Write a thing of a kind (a field of outputs.render.Format) in each format asked for, else as text.

    `color` is the value of --color, here and below; a table is not folded where it goes to another program.
    `config` is that of the run that made the thing, where one did.
    """
    from cdkguard.outputs.render import no_excerpt, render

    for name, file in outputs or (("text", None),):
        options = terminal_options(name, file, color, is_table)._replace(excerpt=excerpt or no_excerpt)
        if config is not None:
            options = add_run_facts(options, name, config)
        _write(name, file, render(name, thing, options, kind))


def write_report(
    name: str,
    file: str | None,
    report: Report,
    controls: tuple[Framework, ...],
    config: Config,
    detail: Detail,
    color: str = "auto",
) -> None:
    """Write a report in one format, with the source lines of its findings."""
    from cdkguard.outputs.render import render

    options = report_options(name, file, report, controls, config, detail, color)
    _write(name, file, render(name, report, options))
    if name == "github" and file is None:
        _write_step_summary(report, options)


def report_options(
    name: str,
    file: str | None,
    report: Report,
    controls: tuple[Framework, ...],
    config: Config,
    detail: Detail,
    color: str = "auto",
) -> Options:
    """The options of a renderer of a report, by which it quotes the source lines of the findings."""
    from cdkguard.cli.source_excerpts import make_excerpt

    options = terminal_options(name, file, color)._replace(
        frameworks=controls, detail=detail, cdk_json=_cdk_json(config.directory)
    )
    if report.findings:
        from cdkguard.cli.source_excerpts import make_excerpt

        options = options._replace(excerpt=make_excerpt(config.directory, report))
    if name == "sarif":
        from cdkguard.cli.links import make_links

        options = options._replace(link_of=make_links(options.root))
    return add_run_facts(options, name, config)


def _write(name: str, file: str | None, text: str) -> None:
    """Write to the file, whole or not at all, or to standard output."""
    if file is None:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        sys.stdout.flush()
        return
    try:
        files.write(file, text)
    except OSError as problem:
        raise ConfigError(f"--output {name}={file}: cannot be written: {problem.strerror}") from problem


def terminal_options(name: str, file: str | None = None, color: str = "auto", is_table: bool = False) -> Options:
    """The options of a renderer: colours, links and width are those of the terminal, where the output goes to one."""
    from cdkguard.outputs import render

    options = render.Options(_current_folder(), cdk_json=_cdk_json("."), made=current_time(), language=_app_language())
    if file is not None or name != "text":
        return options
    from cdkguard.cli import terminal

    options = options._replace(
        width=terminal.width_of(sys.stdout, is_table), color=terminal.has_colors(sys.stdout, color)
    )
    if options.color and terminal.has_links(sys.stdout):
        from cdkguard.cli.links import make_links

        return options._replace(link_of=make_links(options.root))
    return options


def _current_folder() -> str:
    """Paths below it are shown relative to it; "" where it is gone: commands that read files have said so before."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _cdk_json(directory: str) -> str | None:
    """The file of the app that a finding without a source line points at, below the current folder; None for bare templates."""
    from cdkguard.outputs.locations import is_in_repository, relative_path

    for folder in (directory, "."):
        path = os.path.join(folder, "cdk.json")
        if not os.path.isfile(path):
            continue
        shown = relative_path(os.path.abspath(path), _current_folder())
        if is_in_repository(shown):
            return shown
    return None


def _app_language() -> Language | None:
    """The language of the app in the current folder, by its command; None where that does not say it."""
    try:
        command = json.loads(files.read_bytes("cdk.json"))["app"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None  # The language of the findings' source lines stands for it.
    if not isinstance(command, str):
        return None
    from cdkguard.outputs.fixes import language_of_command

    return language_of_command(command)


def _write_step_summary(report: Report, options: Options) -> None:
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from cdkguard.outputs import github

    try:
        files.append(file, github.step_summary(report, options).encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise ConfigError(f"GITHUB_STEP_SUMMARY={file}: cannot be written: {problem.strerror}") from problem


def write_timings(phases: Mapping[str, float], total: float, by_rule: Mapping[str, float]) -> None:
    """Write to standard error how many seconds each phase, the whole command and the slowest rules took."""
    for phase, seconds in phases.items():
        print(f"{seconds * 1000:9.1f} ms  {phase}", file=sys.stderr)
    print(f"{total * 1000:9.1f} ms  in all", file=sys.stderr)
    slowest = sorted(by_rule.items(), key=lambda entry: -entry[1])[:SLOWEST_SHOWN]
    for rule_id, seconds in slowest:
        write_error(f"{seconds * 1000:9.1f} ms  rule {rule_id}")
