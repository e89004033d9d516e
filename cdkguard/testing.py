"""For the unit tests of a CDK app, beside aws_cdk.assertions: `assert_guarded(stack)`."""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence
from fnmatch import fnmatchcase

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.aspect import scope_of
from cdkguard.inapp.judge import Judge, check_settings

if TYPE_CHECKING:
    from cdkguard.model import Finding, Report, Source

__all__ = ["assert_guarded"]


def assert_guarded(
    stack_or_app: Any,
    environment: str | None = "prod",
    ignore: Sequence[str] = (),
    fail_on: str = "high",
    config: str | os.PathLike[str] | None = None,
) -> None:
    """Fail with a report where `cdkguard check` would fail on this App, Stage or Stack (with its nested stacks).

    `environment` is judged as everywhere; None: as the configuration says. `ignore` holds rules (globs), or
    `rule@construct path` (globs); an entry that matches no finding fails, too. `config` names the configuration file.
    Raises AssertionError; CdkguardError where nothing can be judged.
    """
    __tracebackhide__ = True
    root = stack_or_app.node.root
    judge = Judge(check_settings(config, environment, None, fail_on, "error"), root)
    judge.scopes.add(scope_of(stack_or_app))
    report = judge.report(root.synth().directory)
    entries = [ignore] if isinstance(ignore, str) else list(ignore)

    unused = [entry for entry in entries if not any(_matches(entry, f) for f in report.active)]
    left = tuple(f for f in report.active if not any(_matches(entry, f) for entry in entries))
    failing = tuple(f for f in left if report._replace(findings=(f,)).fails())
    if failing or report.errors:
        raise AssertionError(f"cdkguard\n\n{_text(report._replace(findings=failing))}")
    if unused:
        raise AssertionError(f"cdkguard: these entries of `ignore` match no finding: {', '.join(unused)}")


def _matches(entry: str, finding: Finding) -> bool:
    rule, _, path = entry.partition("@")
    place = finding.construct_path or finding.stack_path
    return fnmatchcase(finding.rule_id, rule) and (not path or fnmatchcase(place, path))


def _text(report: Report) -> str:
    from cdkguard.check.report import NO_BASELINE
    from cdkguard.outputs.render import Options, render

    # A unit test has no baseline that it could name.
    report = report._replace(problems=tuple(p for p in report.problems if p != NO_BASELINE))
    return render("text", report, Options(os.getcwd(), width=100, excerpt=_excerpt))


def _excerpt(source: Source) -> list[tuple[int, str]]:
    line = linecache.getline(source.file, source.line).rstrip("\n")
    return [(source.line, line)] if line else []
