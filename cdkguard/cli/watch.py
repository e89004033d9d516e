"""`cdkguard check --watch`: the loop of a watch at a terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING
from cdkguard.cli.output import asked_outputs, print_text, report_options, write_error, write_timings
from cdkguard.cli.settings import load_config
from cdkguard.errors import CdkguardError, ConfigError
from cdkguard.outputs.render import render
from cdkguard.outputs.watch_round import Round
from cdkguard.watch.loop import World, watch
from cdkguard.watch.places import find_places
from cdkguard.watch.rounds import Checks
from cdkguard.watch.sources import look

if TYPE_CHECKING:
    from typing import NoReturn

    from cdkguard.config.settings import Config
    from cdkguard.outputs.render import Detail

_SHOWN = 3  # changed files that are named


def run_watch(options: argparse.Namespace, detail: Detail) -> NoReturn:
    """Check whenever something changes, until Ctrl-C. Raises ConfigError where that makes no sense."""
    _refuse(options)
    terminal = _Terminal(options, detail)
    checks = Checks(terminal.load, sys.stderr)
    watch(
        World(
            find_places=lambda: find_places(terminal.load()),
            look=look,
            check=checks.run,
            tell_changed=_tell_changed,
            tell_round=terminal.tell_round,
            tell_failure=_tell_failure,
            tell_own_writes=_tell_own_writes,
            clock=time.monotonic,
            sleep=time.sleep,
        )
    )


def _refuse(options: argparse.Namespace) -> None:
    """Raises ConfigError where there is no terminal to watch at, and for options that speak of one report."""
    if not sys.stdout.isatty():
        raise ConfigError(
            "--watch is for a terminal, and standard output is none: leave --watch out, and one check gives its exit status"
        )
    for name in (*options.output, options.format):
        if name and ("=" in name or name not in ("text", "concise")):
            raise ConfigError(
                f"--watch writes text or concise to the terminal, not '{name}': a check without it writes files"
            )
    if len(options.output) + bool(options.format) > 1:
        raise ConfigError("--watch writes one format: text or concise")
    if options.framework:
        raise ConfigError("--watch sums up no framework: leave --framework out, or name its rules by --rules")


class _Terminal:
    """The terminal with the settings that the rounds are shown with."""

    def __init__(self, options: argparse.Namespace, detail: Detail) -> None:
        self._options, self._detail = options, detail
        self._config: Config | None = None
        asked = asked_outputs(options, "round")
        self._format = asked[0][0] if asked else "text"

    def load(self) -> Config:
        """The settings as they are now. Raises ConfigError."""
        from cdkguard.check.assemble import chained_folder

        self._config = load_config(self._options)
        if chained_folder(self._config) is not None:
            raise ConfigError(
                "--watch runs the app, and this is a command behind an app in cdk.json: leave --watch out"
            )
        return self._config

    def tell_round(self, found: Round) -> None:
        """Print what a round has found."""
        assert self._config is not None
        found = found._replace(clock=time.strftime("%H:%M:%S"))
        options = report_options(self._format, None, found.report, (), self._config, self._detail, self._options.color)
        sys.stdout.write(render(self._format, found, options, "round"))
        sys.stdout.flush()
        if self._options.timings:
            write_timings(found.report.phases, found.seconds, found.report.rule_seconds)


def _tell_changed(paths: Sequence[str]) -> None:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    print_text(f"\n{time.strftime('%H:%M:%S')}  changed: {', '.join(paths[:_SHOWN])}{more}")


def _tell_failure(stop: CdkguardError, seconds: float, watched: str) -> None:
    write_error(f"{stop.program}: {stop.unshown}")
    print_text(f"{time.strftime('%H:%M:%S')}  not judged: see above · {seconds:.2f} s · {watched}")
    sys.stdout.flush()


def _tell_own_writes(paths: Sequence[str]) -> None:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    print_text(
        f"{', '.join(paths[:_SHOWN])}{more}: changed in each of the last runs, so the app seems to write it; what changes in "
        "it during a run starts none"
    )
