"""argv -> a command -> the exit status."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence

from cdkguard import __version__
from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.cli import changes as cli_changes
from cdkguard.cli import check as cli_check
from cdkguard.cli import rules as cli_rules
from cdkguard.errors import ConfigError, ExitCode, InputError, stop_of

if TYPE_CHECKING:  # what a command does not need is not imported: start-up is most of a small run
    from cdkguard.config.settings import Config


def run() -> None:
    """The console script."""
    _open_streams()
    gc.disable()  # a short run: what it drops is freed by counting references, and walks over templates cost a fifth
    raise SystemExit(main(sys.argv[1:]))


class _Output(io.TextIOWrapper):
    """Standard output in UTF-8 in any locale: reports hold what templates hold. What is lost of it is an error."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as problem:
            raise self._lost(problem) from problem

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as problem:
            raise self._lost(problem) from problem

    def _lost(self, problem: OSError) -> Exception:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # else what is left is tried again at the end
        if isinstance(problem, BrokenPipeError):
            return problem
        return InputError(f"standard output cannot be written: {problem.strerror}; a report that nobody has is no pass")


def _open_streams() -> None:
    """In the place of a stream that is closed a file would be opened, and be written to."""
    for number, way in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):  # output that nobody asked for is lost: told
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, way)
    out = sys.stdout
    buffer = out.buffer if isinstance(out, io.TextIOWrapper) else open(1, "wb", closefd=False)  # noqa: SIM115
    sys.stdout = _Output(
        buffer, encoding="utf-8", errors="backslashreplace", line_buffering=sys.__stdout__ is not None and out.isatty()
    )
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    elif sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status (see errors.ExitCode)."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()  # what cannot be written must be known before the status is
    except KeyboardInterrupt:
        _tell("cdkguard: interrupted")
        return 130
    except BrokenPipeError:  # the reader went away (`| head`), and a half-read report is no pass
        return int(ExitCode.INPUT)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # interrupts.Terminated
            _tell("cdkguard: terminated")
            return end.code
        _tell(f"cdkguard: something that it called wanted to end it (sys.exit({end.code!r})), so nothing was judged")
        return int(ExitCode.INPUT)
    except Exception as problem:
        return _stopped(problem)


def _run(argv: Sequence[str]) -> int:
    command = next((word for word in argv if not word.startswith("-")), "")
    try:
        _refuse_empty_values(argv)
        options = _parser(command).parse_args(argv)
    except SystemExit as end:  # --help, --version
        return int(end.code or 0)
    return int(options.handler(options))


def _refuse_empty_values(argv: Sequence[str]) -> None:
    """`--against "$BASELINE"` of a variable that is not set would judge less, in silence."""
    for before, word in zip(("", *argv), argv, strict=False):
        name, sign, value = word.partition("=")
        empty = name if name.startswith("--") and sign and not value.strip(" ,") else ""
        if before.startswith("-") and not word.strip(" ,"):
            empty = before
        if empty:
            raise ConfigError(f"{empty} has no value: is a variable not set?")


def _stopped(problem: Exception) -> int:
    """Tell what ended the run, in one line unless it is a defect; the exit status."""
    stop = stop_of(problem)
    if stop is not None:
        _tell(f"cdkguard: {stop}")
        return int(stop.exit_code)
    import traceback

    _tell(traceback.format_exc() + "cdkguard: that is a bug in cdkguard; please report it")
    return int(ExitCode.BUG)


def _tell(text: str) -> None:
    from cdkguard.cli.output import tell

    tell(text)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Help, **options})

    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        raise ConfigError(message)


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)  # by itself it would import shutil


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except (OSError, ValueError):
        return 80


class _Unused:
    """Stands for a command that this run does not have: making every option costs more than judging an app."""

    def __init__(self, **_options: Any) -> None: ...

    def __getattr__(self, _name: str) -> _Unused:
        return self

    def __call__(self, *_values: Any, **_options: Any) -> _Unused:
        return self


class _Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """All commands by name, and one of them (or, for the completion, each) with its options."""

    only: str | None = None

    def add_parser(self, name: str, **options: Any) -> Any:
        self._parser_class = _Parser if self.only in (None, name) else _Unused
        return super().add_parser(name, **options)


def _parser(only: str | None = None) -> argparse.ArgumentParser:
    setattr(argparse, "_", str)  # noqa: B010 - our texts are English: no catalogue of translations is looked for
    parser = _Parser(prog="cdkguard", description="The guardrail between cdk synth and cdk deploy.")
    parser.add_argument("--version", action="version", version=f"cdkguard {__version__}")
    commands: Any = parser.add_subparsers(
        prog="cdkguard", dest="command", metavar="COMMAND", required=True, parser_class=_Parser, action=_Commands
    )
    commands.only = only
    cli_check.add_parsers(commands, _input_options, _configured)
    cli_changes.add_parsers(commands, _input_options, _configured)
    cli_rules.add_parsers(commands)
    init = commands.add_parser("init", help="write a commented cdkguard.yaml from what is in the app")
    init.add_argument("directory", nargs="?", default=".")
    init.add_argument("--app", metavar="CMD")
    init.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    init.add_argument("--force", action="store_true", help="replace an existing cdkguard.yaml")
    init.set_defaults(handler=_init)
    completion = commands.add_parser("completion", help="print a completion script for a shell")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    completion.set_defaults(handler=_completion)
    return parser


def _input_options(parser: argparse.ArgumentParser) -> None:
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
    if not 0 < seconds < 1e9:  # nan is neither
        raise argparse.ArgumentTypeError(f"a number of seconds above 0, not '{text}'")
    return seconds


def _configured(options: argparse.Namespace) -> Config:
    from cdkguard.cli import settings as cli_config

    return cli_config.configured(options)


def _init(options: argparse.Namespace) -> int:
    from cdkguard.cli import init as starter
    from cdkguard.cli import settings as cli_config

    cli_config.refuse_nowhere()
    context = cli_config.pairs("-c", options.context)
    file = starter.write(options.directory, options.app, context, options.force, sys.stderr)
    print(f"{file}: written; read it, and commit it")
    return int(ExitCode.OK)


def _completion(options: argparse.Namespace) -> int:
    from cdkguard.cli import completion

    sys.stdout.write(completion.script(options.shell, _parser()))
    return int(ExitCode.OK)
