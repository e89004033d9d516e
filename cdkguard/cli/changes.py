"""The commands about changes: diff, plan, destroy, approve and snapshot."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from cdkguard import __version__
from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.errors import ConfigError, ExitCode
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.config.settings import Config
    from cdkguard.model import Change, Finding, Stack
    from cdkguard.outputs.diff.common import Difference

FORMATS = ("text", "json", "markdown")
SNAPSHOT = "cdkguard.snapshot"
AGAINST = "deployed, git, git:REVISION, or a saved snapshot, cdk.out or template"
INSTALL = "with git: install the Node dependencies of that revision where its lock file is another"
Configured = Callable[[argparse.Namespace], Any]
Options = Callable[[argparse.ArgumentParser], None]


def add_parsers(commands: Any, input_options: Options, configured: Configured) -> None:
    """Adds the commands; `input_options` and `configured` are those of `cdkguard check`."""
    diff = commands.add_parser("diff", help="show what a deployment would change, destroy, replace")
    input_options(diff)
    diff.add_argument("--against", metavar="BASELINE", help=AGAINST)
    diff.add_argument("--format", choices=FORMATS, default="text")
    diff.set_defaults(handler=_diff)
    plan = commands.add_parser("plan", help="the diff and the rules' verdict on it, for programs")
    input_options(plan)
    plan.add_argument("--against", metavar="BASELINE", help=AGAINST)
    plan.add_argument("--json", action="store_true", help="the only form there is; said for those who read the command")
    plan.set_defaults(handler=_plan)
    destroy = commands.add_parser("destroy", help="say what `cdk destroy` would take; destroys nothing itself")
    input_options(destroy)
    destroy.add_argument("--plan", action="store_true", required=True, help="show it; there is nothing else")
    destroy.add_argument("--against", metavar="BASELINE", help=f"judge by what this holds: {AGAINST}")
    destroy.add_argument("--format", choices=FORMATS, default="text")
    destroy.set_defaults(handler=_destroy)
    approve = commands.add_parser("approve", help="approve changes that are wanted, each one exactly")
    input_options(approve)
    approve.add_argument("--against", metavar="BASELINE", help=AGAINST)
    approve.add_argument(
        "--change",
        action="append",
        default=[],
        metavar="WHAT",
        help="a change's token, construct path or logical id (globs)",
    )
    approve.add_argument("--reason", help="why it is wanted")
    approve.add_argument("--owner", help="who answers for it")
    approve.add_argument("--expires", metavar="DATE", help="the last day on which it counts; default: in 14 days")
    approve.set_defaults(handler=_approve)
    snapshot = commands.add_parser("snapshot", help="write a baseline to commit, so that a pull request shows its diff")
    input_options(snapshot)
    snapshot.add_argument("--out", default=SNAPSHOT, metavar="DIR", help=f"default: {SNAPSHOT}")
    snapshot.set_defaults(handler=_snapshot)
    for parser in (diff, plan, destroy, approve, snapshot):
        parser.set_defaults(configured=configured)
    for parser in (diff, plan, destroy, approve):
        parser.add_argument("--install", action="store_true", help=INSTALL)


# -- diff


def _diff(options: argparse.Namespace) -> int:
    _print(options, _difference(options))
    return int(ExitCode.OK)


def _difference(options: argparse.Namespace) -> Difference:
    from cdkguard.check import changes
    from cdkguard.outputs.diff.common import Difference
    from cdkguard.packs import load as packs

    old_path, config = _sides(options)
    loaded = packs.load_all(config.packs)
    with _new_side(config) as found:
        stacks = changes.stacks_of(found, config)
        with _old_side(config, old_path, found) as old:
            before = changes.stacks_of(old.assembly, config)
            compared, _sides_ = changes.compared(old, stacks, loaded.sets, config.template_parameters)
            chosen = _chosen(compared, config)
            notes = tuple(p.message for p in (*old.notes, *found.problems))
            _refuse_unread(found.problems)
            return Difference(chosen, (*stacks, *before), old.words, _words(config), notes, __version__)


def _sides(options: argparse.Namespace) -> tuple[str | None, Config]:
    """`diff OLD NEW` names both sides; with --against (or a configured baseline) the paths are the new side."""
    config: Config = options.configured(options)
    if config.against is None and len(options.paths) == 2:
        old, new = options.paths
        return old, options.configured(_with(options, paths=[new]))
    if config.against is None:
        raise ConfigError(f"nothing to compare with: give OLD and NEW, or --against with {AGAINST}")
    return None, config


def _with(options: argparse.Namespace, **changed: Any) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), **changed})


@contextmanager
def _new_side(config: Config) -> Iterator[Any]:
    from cdkguard.check.run import assembled

    nothing = _empty(config.paths[0]) if len(config.paths) == 1 else None
    if nothing is not None:
        yield nothing.assembly
        return
    with assembled(config, sys.stderr) as found:
        yield found


def _empty(path: str) -> Any:
    """A file that says `{}` on purpose: nothing, as one side of a diff of two files. Never the baseline of a check."""
    from cdkguard.baselines.open import Baseline
    from cdkguard.model import Assembly, Stack

    if not files.is_file(path) or os.path.getsize(path) > 16 or files.read(path).strip() != b"{}":
        return None
    return Baseline(Assembly((Stack(path, {"Resources": {}}, path),)), path)


@contextmanager
def _old_side(config: Config, path: str | None, found: Any) -> Iterator[Any]:
    from cdkguard.baselines import open as baseline

    if path is not None:
        yield _empty(path) or baseline.read(path, may_be_empty=True)
        return
    with baseline.opened(config, found, sys.stderr) as old:
        yield old


def _refuse_unread(problems: Sequence[Any]) -> None:
    from cdkguard.errors import InputError

    for problem in problems:
        if problem.fatal:
            raise InputError(problem.message)


def _chosen(changes: Sequence[Change], config: Config) -> tuple[Change, ...]:
    from fnmatch import fnmatchcase

    if not config.stacks:
        return tuple(changes)

    def named(stack: Stack) -> bool:
        names = (stack.root.name, stack.root.construct_path or stack.root.name)
        return any(fnmatchcase(name, glob) for name in names for glob in config.stacks)

    return tuple(c for c in changes if named(c.stack) or (c.was is not None and named(c.was)))


def _words(config: Config) -> str:
    return ", ".join(config.paths) or "the app"


def _print(options: argparse.Namespace, difference: Difference) -> None:
    from importlib import import_module

    from cdkguard.cli.output import terminal_options
    from cdkguard.outputs import render

    module = options.format
    shown = terminal_options(options.format) if options.format == "text" else render.Options(os.getcwd())
    sys.stdout.write(import_module(f"cdkguard.outputs.diff.{module}").render(difference, shown))


# -- plan


def _plan(options: argparse.Namespace) -> int:
    from cdkguard.check.run import check
    from cdkguard.cli.check import status_of
    from cdkguard.outputs import render
    from cdkguard.outputs.diff import plan
    from cdkguard.text import escape

    old_path, config = _sides(options)
    report = check(config._replace(against=old_path or config.against), progress=sys.stderr)
    sys.stdout.write(escape.json_text(plan.document(report, render.Options(os.getcwd()))) + "\n")
    return status_of(report)


# -- destroy


def _destroy(options: argparse.Namespace) -> int:
    from cdkguard.check import changes
    from cdkguard.outputs.diff.common import Difference
    from cdkguard.packs import load as packs

    config: Config = options.configured(options)
    loaded = packs.load_all(config.packs)
    if config.against is None:
        with _new_side(config) as found:
            stacks, words = changes.stacks_of(found, config), _words(config)
    else:
        with _new_side(config) as app, _old_side(config, None, app) as old:
            stacks, words = changes.stacks_of(old.assembly, config), old.words
    taken = _chosen(changes.destroyed(stacks, loaded.sets, config.template_parameters), config)
    if not taken:
        raise ConfigError("no stack of that name: nothing would be destroyed")
    protected = sorted({c.stack.root.name for c in taken if c.stack.root.termination_protection})
    notes = (f"termination protection stops this for {', '.join(protected)}",) if protected else ()
    _print(options, Difference(taken, tuple(stacks), words, "nothing (cdk destroy)", notes, __version__))
    return int(ExitCode.OK)


# -- approve


def _show(findings: Iterable[Finding]) -> None:
    from cdkguard.cli.output import terminal_options
    from cdkguard.outputs import text
    from cdkguard.text import escape

    width = terminal_options("text").width
    for finding in findings:
        name = escape.terminal(finding.construct_path or finding.logical_id or finding.stack)
        print(f"{finding.severity:8}  {finding.rule_id}  {name}  {finding.change}")
        for line in text.wrapped(finding.message, width - 10):
            print(" " * 10 + escape.no_command(line) + line)


def _approve(options: argparse.Namespace) -> int:
    from cdkguard.check.changes import approvals_file
    from cdkguard.check.run import check
    from cdkguard.config import approvals
    from cdkguard.outputs.summary import plural
    from cdkguard.text import escape

    expires = _last_day(options.expires)
    old_path, config = _sides(options)
    report = check(config._replace(against=old_path or config.against), progress=sys.stderr)
    found = [f for f in report.active if f.change and any(c.token == f.change for c in report.changes)]
    wanted = [f for f in found if not options.change or any(_is_named(f, glob) for glob in options.change)]
    if not wanted:
        raise ConfigError("no finding on a change is named, so there is nothing to approve")
    _show(wanted)
    if not (options.change and options.reason and options.owner):
        print("\nnothing was approved: say which with --change, and give --reason and --owner")
        return int(ExitCode.FINDINGS)
    file = approvals_file(config)
    old = {a.change: a for a in approvals.read(file)}
    by_token = {c.token: c for c in report.changes}
    for finding in wanted:
        change = by_token[str(finding.change)]
        old[change.token] = approvals.Approval(
            change.stack.root.name,
            change.impact,
            change.token,
            options.reason,
            options.owner,
            expires,
            "",
            change.logical_id,
            change.construct_path,
        )
    approvals.write(file, old.values())
    many = plural(len(wanted), "finding")
    print(f"\n{escape.terminal(file)}: {many} approved; commit it with the change, and have it reviewed")
    return int(ExitCode.OK)


def _is_named(finding: Any, glob: str) -> bool:
    from fnmatch import fnmatchcase

    names = (finding.change, finding.construct_path, finding.logical_id)
    return any(name is not None and fnmatchcase(name, glob) for name in names)


def _last_day(given: str | None) -> str:
    """The last day on which the approval counts; raises ConfigError for one that is none, or is gone."""
    import time

    from cdkguard.text.dates import is_date

    if given is None:
        return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 14 * 86400))
    if not is_date(given) or given < time.strftime("%Y-%m-%d"):
        raise ConfigError(f"--expires is a day to come, such as 2030-01-31, not '{given}'")
    return given


# -- snapshot


def _snapshot(options: argparse.Namespace) -> int:
    from cdkguard.baselines import snapshot
    from cdkguard.config import environments
    from cdkguard.text import escape

    config: Config = options.configured(options)
    with _new_side(config) as found:
        _refuse_unread(found.problems)
        context = environments.telling({**found.context, **config.context}, config.environments)
        written = snapshot.write(found, options.out, context)
    _warn_of_secrets(written)
    out = escape.terminal(options.out)
    print(f"{out}: {len(written)} files written; commit them, and check with --against {out}")
    return int(ExitCode.OK)


def _warn_of_secrets(written: Sequence[str]) -> None:
    """A snapshot is made to be committed, and holds what the templates hold."""
    from cdkguard.cli.output import tell
    from cdkguard.text import credentials

    for path in written:
        kind = credentials.shape_of(files.text(path))
        if kind is not None:
            tell(
                f"cdkguard: {path}: holds a credential in plain text ({kind}): take it out of the app before you commit"
            )
