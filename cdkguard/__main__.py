"""`python -m cdkguard` and the console script; an error while the rest is loaded is one line, too."""

import gc
import os
import sys


def run() -> None:
    """Run the command that the process's arguments name, and end the process with its exit status."""
    gc.disable()  # Counting references frees what a short run drops; walks over modules and templates cost a fifth of it.
    if sys.argv[1:3] == ["agents", "hook"] and not {"-h", "--help"} & set(sys.argv[3:]):
        os._exit(_run_hook(sys.argv[3:]))  # Each command of an agent waits for this: no parser, and no clearing up.
    try:
        from cdkguard.cli.main import run as run_command

        run_command()
    except KeyboardInterrupt:
        sys.stderr.write("cdkguard: interrupted\n")
        raise SystemExit(130) from None
    except (OSError, ImportError, MemoryError) as problem:
        sys.stderr.write(f"cdkguard: cannot be loaded: {problem}\n")
        raise SystemExit(3) from None


# What refuses a command in each host that reads no exit status; the others take status 2 and standard error.
_UNLOADED = "cdkguard cannot be loaded, so nothing is judged: install it again, or ask the human"
_REFUSALS = {
    "antigravity": '{"decision": "deny", "reason": "%s"}\n',
    "copilot": '{"permissionDecision": "deny", "permissionDecisionReason": "%s"}\n',
    "cursor": '{"permission": "deny", "user_message": "%s"}\n',
}


def _run_hook(words: list[str]) -> int:
    """Answer a coding agent's host; returns 0 or 2, the only statuses that a host does not take for "go on"."""
    try:
        from cdkguard.agents.hook import run as answer_host

        return answer_host(words)
    except BaseException as problem:
        hosts = [name for name in _REFUSALS if name in words or f"--host={name}" in words]
        try:
            if hosts:
                os.write(1, (_REFUSALS[hosts[0]] % _UNLOADED).encode())
                return 0
            os.write(2, f"{_UNLOADED} ({type(problem).__name__})\n".encode())
        except OSError:
            return 2
        return 2


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
