"""`python -m cdkguard` and the console script: what interrupts even the loading of the rest is told in one line."""

import os
import sys


def run() -> None:
    """Run the command of this process's arguments; ends the process."""
    try:
        from cdkguard.cli import main as cli

        cli.run()
    except KeyboardInterrupt:
        sys.stderr.write("cdkguard: interrupted\n")
        raise SystemExit(130) from None
    except (OSError, ImportError, MemoryError) as problem:
        sys.stderr.write(f"cdkguard: cannot be loaded: {problem}\n")
        raise SystemExit(3) from None


def _forget_the_current_folder() -> None:
    """`-m` has put it first: nothing that lies in it is imported, unless it is where cdkguard itself lies."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != os.path.realpath(here):
        del sys.path[0]


if __name__ == "__main__":
    _forget_the_current_folder()
    run()
