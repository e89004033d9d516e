"""Writes a report: to its files, to the terminal, to a job's summary."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import ConfigError
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.model import Framework, Report, Source
    from cdkguard.outputs.diff.common import Difference
    from cdkguard.outputs.render import Excerpt, Options

SLOWEST_SHOWN = 10  # rules that --timings names
# What a source line is shown of: a cloud assembly can name any file, and may be somebody else's.
_CODE = (
    ".py", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".java", ".kt", ".scala", ".groovy", ".cs", ".fs",
    ".vb", ".go",
)  # fmt: skip
_WIDEST = 1000  # characters of a line, far more than is shown
_LONGEST_CODE = 4 * 1024 * 1024  # bytes of a file


def write_error(text: str) -> None:
    """Write a line for people to standard error, if that is open. The text may hold names from templates."""
    from cdkguard.text import escape

    with suppress(OSError, ValueError):
        print(escape.block(text), file=sys.stderr)


def print_text(text: str) -> None:
    """Print lines that may hold texts of somebody else's: no terminal and no CI service obeys them."""
    from cdkguard.text import escape

    print(escape.block(text))


def write_text(text: str) -> None:
    """Write a rendered output to standard output."""
    sys.stdout.write(text)


def write_difference(name: str, difference: Difference) -> None:
    """Write a difference to standard output, in the format of that name."""
    from importlib import import_module

    from cdkguard.outputs.render import Options

    options = terminal_options(name) if name == "text" else Options(os.getcwd())
    write_text(import_module(f"cdkguard.outputs.diff.{name}").render(difference, options))


def write_report(name: str, file: str | None, report: Report, controls: tuple[Framework, ...], directory: str) -> None:
    """Write a report to a file (whole or not at all) or to standard output, in the format of that name."""
    from cdkguard.outputs import render

    options = terminal_options(name, file)._replace(frameworks=controls, excerpt=_excerpts(directory, report))
    text = render.render(name, report, options)
    if file is None:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        sys.stdout.flush()
        if name == "github":
            _step_summary(report, options)
        return
    try:
        files.write(file, text)
    except OSError as problem:
        raise ConfigError(f"--output {name}={file}: cannot be written: {problem.strerror}") from problem


def terminal_options(name: str, file: str | None = None) -> Options:
    """How an output is written: with colours where it goes to a terminal."""
    from cdkguard.outputs import render

    to_terminal = (
        file is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    )
    return render.Options(os.getcwd(), to_terminal and name == "text", _width(file), cdk_json=_cdk_json())


def _width(file: str | None) -> int:
    if file is not None or not sys.stdout.isatty():
        return 80
    import shutil

    return max(60, min(120, shutil.get_terminal_size((80, 24)).columns))


def _excerpts(directory: str, report: Report) -> Excerpt:
    """Shows lines of source files in the repositories of the app and of the current folder, without their secrets."""
    from cdkguard.config import find
    from cdkguard.text import credentials

    roots = {find.repository_root(directory), find.repository_root(".")}
    secret = {f.source for f in report.findings if f.hides_secret}

    def excerpt(source: Source) -> list[tuple[int, str]]:
        try:
            lines = _line_of(os.path.realpath(source.file), source.line, roots)
            return [(number, credentials.veiled_code(line, source in secret)) for number, line in lines]
        except (OSError, ValueError):  # ValueError: no file can be named so
            return []

    return excerpt


def _line_of(path: str, line: int, roots: Collection[str]) -> list[tuple[int, str]]:
    """The user's own line; nothing of what is no source code of theirs (the report still names it)."""
    from cdkguard.config import find

    if not path.endswith(_CODE) or not any(find.is_below(path, root) for root in roots):
        return []
    if not os.path.isfile(path) or os.path.getsize(path) > _LONGEST_CODE:
        return []
    with open(path, encoding="utf-8", errors="replace") as handle:
        return [(number, text[:_WIDEST].rstrip("\n")) for number, text in enumerate(handle, 1) if number == line]


def _cdk_json() -> str | None:
    """The file that a finding without a source line points at; None where bare templates are judged."""
    return "cdk.json" if os.path.isfile("cdk.json") else None


def _step_summary(report: Report, options: Options) -> None:
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from cdkguard.outputs import github

    try:
        files.append(file, github.step_summary(report, options).encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise ConfigError(f"GITHUB_STEP_SUMMARY={file}: cannot be written: {problem.strerror}") from problem


def write_timings(report: Report) -> None:
    """Where the time went, on standard error."""
    for phase, seconds in report.phases.items():
        print(f"{seconds * 1000:9.1f} ms  {phase}", file=sys.stderr)
    print(f"{report.seconds * 1000:9.1f} ms  in all", file=sys.stderr)
    slowest = sorted(report.rule_seconds.items(), key=lambda entry: -entry[1])[:SLOWEST_SHOWN]
    for rule_id, seconds in slowest:
        write_error(f"{seconds * 1000:9.1f} ms  rule {rule_id}")
