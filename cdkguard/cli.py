"""argv -> Config -> exit status; the only module that prints."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from cdkguard import __version__, cli_changes, cli_rules, files
from cdkguard.errors import ConfigError, ExitCode, InputError, stop_of
from cdkguard.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what a command does not need is not imported: start-up is most of a small run
    from cdkguard.config import Config
    from cdkguard.frameworks import Framework
    from cdkguard.model import Report, Source
    from cdkguard.outputs import Excerpt, Options

FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")
SLOWEST_SHOWN = 10  # rules that --timings names
SEVERITY_CHOICES = ("low", "medium", "high", "critical", "never")


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
        tell("cdkguard: interrupted")
        return 130
    except BrokenPipeError:  # the reader went away (`| head`), and a half-read report is no pass
        return int(ExitCode.INPUT)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # interrupts.Terminated
            tell("cdkguard: terminated")
            return end.code
        tell(f"cdkguard: something that it called wanted to end it (sys.exit({end.code!r})), so nothing was judged")
        return int(ExitCode.INPUT)
    except Exception as problem:
        return _stopped(problem)


def _run(argv: Sequence[str]) -> int:
    command = next((word for word in argv if not word.startswith("-")), "")
    try:
        options = _parser(command).parse_args(argv)
    except SystemExit as end:  # --help, --version
        return int(end.code or 0)
    return int(options.handler(options))


def _stopped(problem: Exception) -> int:
    """Tell what ended the run, in one line unless it is a defect; the exit status."""
    stop = stop_of(problem)
    if stop is not None:
        tell(f"cdkguard: {stop}")
        return int(stop.exit_code)
    import traceback

    tell(traceback.format_exc() + "cdkguard: that is a bug in cdkguard; please report it")
    return int(ExitCode.BUG)


def tell(text: str) -> None:
    """Say something that may hold names of others' on standard error, where that can be written."""
    from cdkguard.outputs import escape

    with suppress(OSError, ValueError):
        print(escape.block(text), file=sys.stderr)


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
    _check_parser(commands)
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
    add("--timeout", type=float, metavar="SECONDS", help="stop the app after this time")


def _check_parser(commands: Any) -> None:
    check = commands.add_parser("check", help="synthesize an app and judge every resource")
    _input_options(check)
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
    check.set_defaults(handler=_check)
    baseline = commands.add_parser("baseline", help="accept today's findings, so that only new ones fail")
    _input_options(baseline)
    baseline.add_argument("--baseline", default=".cdkguard-baseline.json", metavar="FILE")
    baseline.set_defaults(handler=_baseline)


# -- check


def _check(options: argparse.Namespace) -> int:
    from cdkguard.check import check

    config = _configured(options)
    judged: dict[str, Sequence[int]] = {}
    report = check(config, progress=sys.stderr, observe=judged.update)
    controls = _controls(config.frameworks, report, judged)
    told_by_cdk = _chained(config) and _cli_fails_on_reports()
    for name, file in config.outputs or (() if told_by_cdk else (("text", None),)):
        _write(name, file, report, controls, config.directory)
    if _chained(config):
        _merge_validation_report(report)
    if options.timings:
        _print_timings(report)
    status = status_of(report)
    # The CDK CLI prints the report with file and line, and fails by itself; a failing command would only hide it.
    if told_by_cdk and status in (ExitCode.FINDINGS, ExitCode.INPUT):
        return int(ExitCode.OK)
    missing = any(p.kind == "context" for p in report.problems)
    if status == ExitCode.FINDINGS and missing and _chained(config) and "CDK_CLI_ASM_VERSION" in os.environ:
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
    from cdkguard import frameworks

    return frameworks.summarize(names, report, judged)


def status_of(report: Report) -> int:
    if any(p.kind == "rule" for p in report.errors):
        return int(ExitCode.BUG)
    if report.errors:
        return int(ExitCode.INPUT)
    return int(ExitCode.FINDINGS if report.fails() else ExitCode.OK)


def _configured(options: argparse.Namespace) -> Config:
    """The configuration file, overlaid with the command line."""
    from cdkguard import config as configuration

    _refuse_nowhere()

    directory = options.paths[0] if len(options.paths) == 1 and files.is_folder(options.paths[0]) else "."
    directory = _outside_of_assemblies(directory)
    return _overlaid(configuration.load(directory, options.config), options, directory)


def _refuse_nowhere() -> None:
    try:
        os.getcwd()
    except OSError as problem:
        raise InputError(f"the current folder is not there any more: {problem.strerror}") from problem


def _outside_of_assemblies(directory: str) -> str:
    """The folder, or the nearest above it that is no cloud assembly: what an app has written holds no settings."""
    while files.exists(os.path.join(directory, "manifest.json")):
        above = os.path.join(directory, os.pardir)
        if os.path.samefile(above, directory):
            break
        directory = above
    return os.path.relpath(directory)


def _is_still(options: argparse.Namespace) -> bool:
    """Whether the command line says what is judged and it is there already, so that nothing is run that a file names."""
    from cdkguard.check import is_app

    if getattr(options, "pre_built", False):
        if options.app:
            raise ConfigError("--pre-built never runs an app, and --app names one: leave one of them out")
        return True
    return bool(options.paths) and not options.app and not is_app(options.paths)


def _overlaid(loaded: Config, options: argparse.Namespace, directory: str) -> Config:
    still = _is_still(options)
    against = getattr(options, "against", None)
    outputs = (
        [_output(text) for text in [*options.output, *([options.format] if options.format else [])]]
        if hasattr(options, "output")
        else []
    )
    changes: dict[str, Any] = {
        "paths": tuple(options.paths) or loaded.paths,
        "directory": directory,
        "app": options.app or (None if still else loaded.app),
        "python_packs": (*(() if still else loaded.python_packs), *_split(options.python)),
        "still": still,
        "runs_baseline": not still or against is not None,
        "context": {**loaded.context, **_pairs("-c", options.context)},
        "environment": options.environment or loaded.environment,
        "rules": _split(options.rules) or _framework_rules(options) or loaded.rules,
        "frameworks": _split(getattr(options, "framework", ())) or loaded.frameworks,
        "skip": (*loaded.skip, *_split(options.skip)),
        "stacks": tuple(options.stack) or loaded.stacks,
        "packs": (*loaded.packs, *options.packs),
        "template_parameters": {**loaded.template_parameters, **_pairs("--parameter", options.parameter)},
        "honour": _peers(options.honour) or loaded.honour,
        "lint": options.lint or loaded.lint,
        "full_synth": options.full_synth or loaded.full_synth,
        "timeout": options.timeout if options.timeout is not None else loaded.timeout,
        "baseline": getattr(options, "baseline", None) or loaded.baseline,
        "install": getattr(options, "install", False),
        "jobs": getattr(options, "jobs", None),
        "timings": getattr(options, "timings", False),
        "against": against or loaded.against,
        "fail_on": getattr(options, "fail_on", None) or loaded.fail_on,
        "outputs": tuple(outputs) or loaded.outputs,
        "overlay": lambda other: _overlaid(other, options, directory),
    }
    if getattr(options, "pre_built", False):
        changes["paths"] = tuple(map(_existing, options.paths)) or (_existing_assembly("."),)
    return loaded._replace(**changes)


def _framework_rules(options: argparse.Namespace) -> tuple[str, ...]:
    """What selects the rules of the frameworks named."""
    names = _split(getattr(options, "framework", ()))
    if not names:
        return ()
    from cdkguard import frameworks

    return frameworks.selectors(names)


def _peers(values: Sequence[str]) -> tuple[str, ...]:
    from cdkguard.honour import PEERS

    peers = tuple(dict.fromkeys(_split(values)))
    for peer in peers:
        if peer not in PEERS:
            from cdkguard.packs import meant

            raise ConfigError(f"--honour knows no '{peer}'{meant(peer, PEERS)}; it knows {', '.join(PEERS)}")
    return peers


def _existing_assembly(directory: str) -> str:
    """The cdk.out of an app folder; says on stderr when the sources are newer than it is."""
    from cdkguard import staleness

    return staleness.assembly_of(directory, sys.stderr)


def _existing(path: str) -> str:
    """A PATH with --pre-built: of an app its cdk.out, else what it is."""
    from cdkguard.check import is_app

    return _existing_assembly(path) if is_app((path,)) else path


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of processes from 1 on, not '{text}'")
    return int(text)


def _split(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise ConfigError(f"{option} takes NAME=VALUE, not '{value}'")
        pairs[name] = text
    return pairs


def _output(text: str) -> tuple[str, str | None]:
    name, _, file = text.partition("=")
    if name not in FORMATS:
        from cdkguard.packs import meant

        raise ConfigError(f"no output format '{name}'{meant(name, FORMATS)}; there are: {', '.join(FORMATS)}")
    return name, file or None


def _write(name: str, file: str | None, report: Report, controls: tuple[Framework, ...], directory: str) -> None:
    """One output to its file (written whole or not at all) or to standard output."""
    from cdkguard import outputs

    options = terminal_options(name, file)._replace(frameworks=controls, excerpt=_excerpts(directory, report))
    text = outputs.render(name, report, options)
    if file is None:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        sys.stdout.flush()
        if name == "github":
            _step_summary(report, options)
        return
    try:
        files.replace(file, text)
    except OSError as problem:
        raise ConfigError(f"--output {name}={file}: cannot be written: {problem.strerror}") from problem


def terminal_options(name: str, file: str | None = None) -> Options:
    """How an output is written: with colours where it goes to a terminal."""
    from cdkguard import outputs

    to_terminal = (
        file is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    )
    return outputs.Options(os.getcwd(), to_terminal and name == "text", _width(file), cdk_json=_cdk_json())


def _width(file: str | None) -> int:
    if file is not None or not sys.stdout.isatty():
        return 80
    import shutil

    return max(60, min(120, shutil.get_terminal_size((80, 24)).columns))


# What a source line is shown of: a cloud assembly can name any file, and may be somebody else's.
_CODE = (
    ".py", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".java", ".kt", ".scala", ".groovy", ".cs", ".fs",
    ".vb", ".go",
)  # fmt: skip
_WIDEST = 1000  # characters of a line, far more than is shown
_LONGEST_CODE = 4 * 1024 * 1024  # bytes of a file


def _excerpts(directory: str, report: Report) -> Excerpt:
    """Shows lines of source files in the repositories of the app and of the current folder, without their secrets."""
    from cdkguard import config, secrets

    roots = {config.home(directory), config.home(".")}
    hidden = {f.source for f in report.findings if "(hidden, " in f"{f.found} {f.message}"}

    def excerpt(source: Source) -> list[tuple[int, str]]:
        try:
            lines = _line_of(os.path.realpath(source.file), source.line, roots)
            return [(number, secrets.veiled_code(line, source in hidden)) for number, line in lines]
        except (OSError, ValueError):  # ValueError: no file can be named so
            return []

    return excerpt


def _line_of(path: str, line: int, roots: Collection[str]) -> list[tuple[int, str]]:
    """The user's own line; nothing of what is no source code of theirs (the report still names it)."""
    from cdkguard import config

    if not path.endswith(_CODE) or not any(config.is_below(path, root) for root in roots):
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


def _chained(config: Config) -> bool:
    """Whether cdkguard runs behind the app in cdk.json, on the assembly that the app has just written."""
    outdir = os.environ.get("CDK_OUTDIR")
    return (
        bool(outdir)
        and not config.app
        and not config.paths
        and files.is_file(os.path.join(str(outdir), "manifest.json"))
    )


def _cli_fails_on_reports() -> bool:
    """Whether the CDK CLI that runs us has said that it, not the app, fails on validation-report.json."""
    import json

    try:
        context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
        if (overflow := os.environ.get("CONTEXT_OVERFLOW_LOCATION_ENV")) is not None:
            context |= json.loads(files.text(overflow))
        return context.get("@aws-cdk/core:failSynthOnValidationErrors") is False
    except (OSError, ValueError, TypeError, AttributeError):
        return False  # then our own exit status fails the synthesis


def _merge_validation_report(report: Report) -> None:
    """Put our entry into CDK's own report, which the CDK CLI shows after the synthesis."""
    import json

    from cdkguard import files
    from cdkguard.outputs import cdkreport

    outdir = os.environ["CDK_OUTDIR"]
    file = os.path.join(outdir, "validation-report.json")
    try:
        version = str(json.loads(files.text(os.path.join(outdir, "manifest.json"))).get("version", ""))
        old = files.text(file) if files.exists(file) else None
        files.replace(file, cdkreport.merge(old, report, version, outdir))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{file}: CDK's validation report cannot be written: {problem}") from problem


def _print_timings(report: Report) -> None:
    for phase, seconds in report.phases.items():
        print(f"{seconds * 1000:9.1f} ms  {phase}", file=sys.stderr)
    print(f"{report.seconds * 1000:9.1f} ms  in all", file=sys.stderr)
    slowest = sorted(report.rule_seconds.items(), key=lambda entry: -entry[1])[:SLOWEST_SHOWN]
    for rule_id, seconds in slowest:
        tell(f"{seconds * 1000:9.1f} ms  rule {rule_id}")


def _baseline(options: argparse.Namespace) -> int:
    import time

    from cdkguard import accepted
    from cdkguard.check import check

    today = time.strftime("%Y-%m-%d")
    report = check(_configured(options)._replace(baseline=None), progress=sys.stderr)
    if report.errors:
        for problem in report.errors:
            tell(f"cdkguard: {problem.message}")
        return int(ExitCode.INPUT)
    accepted.write(options.baseline, report.active, today)
    print(
        f"{options.baseline}: {len(report.active)} findings accepted; commit it, and `cdkguard check --baseline` fails on new ones only"
    )
    return int(ExitCode.OK)


def _init(options: argparse.Namespace) -> int:
    from cdkguard import starter

    _refuse_nowhere()
    file = starter.write(options.directory, options.app, _pairs("-c", options.context), options.force, sys.stderr)
    print(f"{file}: written; read it, and commit it")
    return int(ExitCode.OK)


def _completion(options: argparse.Namespace) -> int:
    from cdkguard import completion

    sys.stdout.write(completion.script(options.shell, _parser()))
    return int(ExitCode.OK)
