"""`python -m cdkguard` and the console script; an error while the rest is loaded is one line, too."""

import gc
import os
import sys


def run() -> None:
    """Run the command that the process's arguments name, and end the process with its exit status."""
    gc.disable()  # Counting references frees what a short run drops; walks over modules and templates cost a fifth of it.
    try:
        from cdkguard.cli.main import run as run_command

        run_command()
    except KeyboardInterrupt:
        sys.stderr.write("cdkguard: interrupted\n")
        raise SystemExit(130) from None
    except (OSError, ImportError, MemoryError) as problem:
        sys.stderr.write(f"cdkguard: cannot be loaded: {problem}\n")
        raise SystemExit(3) from None


def _remove_current_folder_from_path() -> None:
    """Take the current folder, which `-m` has put first, from the path, so that nothing in it is imported.

    It stays where cdkguard itself lies in it.
    """
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != os.path.realpath(here):
        del sys.path[0]


if __name__ == "__main__":
    _remove_current_folder_from_path()
    run()
