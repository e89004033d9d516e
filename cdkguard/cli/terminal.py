"""The terminal or log that is written to: its colours, its links and its width.

Who decides about colours, the first that says something: `--color always` and `never`; NO_COLOR; FORCE_COLOR and
CLICOLOR_FORCE; TERM=dumb and CLICOLOR=0; a terminal has them; so has the log of a CI service that shows them, unless
standard output goes to a file.
https://no-color.org, https://bixense.com/clicolors, https://force-color.org
"""

from __future__ import annotations

import os
import stat

from cdkguard._typing import TextIO

COLOR = ("auto", "always", "never")  # the choices of --color
NARROWEST, WIDEST = 60, 120  # columns that a report is laid out for on a terminal
UNFOLDED = 1000

# Services whose logs show ANSI colours. https://docs.github.com/en/actions, https://docs.gitlab.com/ci/jobs/job_logs
_CI_WITH_COLORS = ("GITHUB_ACTIONS", "GITLAB_CI", "GITEA_ACTIONS", "CIRCLECI", "BUILDKITE", "TRAVIS", "DRONE")

# Terminals that show links (OSC 8), by the variables that they set.
# https://github.com/Alhadis/OSC8-Adoption
_PROGRAMS_WITH_LINKS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
_TERMS_WITH_LINKS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour")
_OLDEST_VTE = 5000  # GNOME's terminals: below 0.50 some crash on a link


def has_colors(out: TextIO, choice: str = "auto") -> bool:
    """Whether text for this stream is coloured; `choice` is the value of --color."""
    if choice != "auto":
        return choice == "always"
    if "NO_COLOR" in os.environ:
        return False
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        value = os.environ.get(name, "")
        if value:
            return value.lower() not in ("0", "false", "no")
    if os.environ.get("TERM") == "dumb" or os.environ.get("CLICOLOR") == "0":
        return False
    return out.isatty() or (_is_ci_with_colors() and not _is_file(out))


def has_links(out: TextIO) -> bool:
    """Whether the stream is a terminal that shows links; FORCE_HYPERLINK=1 and =0 say so of any terminal."""
    if not out.isatty() or os.environ.get("TERM") == "dumb" or os.environ.get("CI") or _is_ci_with_colors():
        return False
    forced = os.environ.get("FORCE_HYPERLINK", "")
    if forced:
        return forced != "0"
    term = os.environ.get("TERM", "")
    if term.startswith(("screen", "tmux")) or "TMUX" in os.environ:  # They show links in newer versions, where told to.
        return False
    version = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _PROGRAMS_WITH_LINKS
        or term in _TERMS_WITH_LINKS
        or (version.isdigit() and int(version) >= _OLDEST_VTE)
        or "WT_SESSION" in os.environ
        or "KONSOLE_VERSION" in os.environ
    )


def width_of(out: TextIO, is_table: bool = False) -> int:
    """The columns to lay text out for: those of the terminal, of COLUMNS where there is none, else 80.

    A table that goes to another program, such as grep, is not folded.
    """
    if out.isatty():
        import shutil

        return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and columns.isascii() and len(columns) < 6 and int(columns):
        return max(NARROWEST, min(UNFOLDED, int(columns)))
    return UNFOLDED if is_table else 80


def _is_ci_with_colors() -> bool:
    return any(os.environ.get(name) for name in _CI_WITH_COLORS)


def _is_file(out: TextIO) -> bool:
    """Whether the stream goes to a file or has no place of its own, as in a test; then it gets no colours unasked."""
    try:
        return not stat.S_ISFIFO(os.fstat(out.fileno()).st_mode)
    except (OSError, ValueError):
        return True
