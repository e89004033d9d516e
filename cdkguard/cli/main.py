"""argv -> a command -> the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cdkguard.cli.parser import parse_command
from cdkguard.errors import ExitCode, stop_of


def run() -> None:
    """The console script."""
    from cdkguard.cli.streams import open_streams

    open_streams()
    _end_process(main(sys.argv[1:]))


def _end_process(status: int) -> None:
    """End the process; raises SystemExit where something waits for the end.

    Python takes all modules and values apart first, which is a thirtieth of a small run, and no use without threads and
    exit functions. Standard output is flushed.
    """
    if "threading" in sys.modules or "atexit" in sys.modules:
        raise SystemExit(status)
    try:
        sys.stderr.flush()
    finally:
        os._exit(status)


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit status (see errors.ExitCode)."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()  # Output that cannot be written changes the exit status.
    except KeyboardInterrupt:
        _write_error("cdkguard: interrupted")
        return 130
    except BrokenPipeError:  # The reader went away (`| head`), and a report that was read in half is no pass.
        return int(ExitCode.INPUT)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # interrupts.Terminated
            _write_error("cdkguard: terminated")
            return end.code
        _write_error(
            f"cdkguard: something that it called wanted to end it (sys.exit({end.code!r})), so nothing was judged"
        )
        return int(ExitCode.INPUT)
    except Exception as problem:
        return _status_of_stop(problem)


def _run(argv: Sequence[str]) -> int:
    try:
        command, options = parse_command(argv)
    except SystemExit as end:  # --help, --version
        return int(end.code or 0)
    return command.run(options)


def _status_of_stop(problem: Exception) -> int:
    """Write why the run ended, in one line unless it is a defect; returns the exit status."""
    stop = stop_of(problem)
    if stop is not None:
        _write_error(f"{stop.program}: {stop.unshown}")
        return int(stop.exit_code)
    import traceback

    _write_error(traceback.format_exc() + "cdkguard: that is a bug in cdkguard; please report it")
    return int(ExitCode.BUG)


def _write_error(text: str) -> None:
    from cdkguard.cli.output import write_error

    write_error(text)
