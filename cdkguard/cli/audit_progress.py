"""The bar of a running audit: how far it is, how fast, what is left, and how often AWS slowed it down.

It goes to standard error, and only to a terminal: in CI and in a pipe it says nothing.
"""

from __future__ import annotations

import sys
from typing import Any

from cdkguard.audit.progress import Progress
from cdkguard.outputs.audit.verdict import amount, several
from cdkguard.text import escape


def open_progress(color: str = "auto") -> Progress:
    """A bar where somebody watches, else one that shows nothing."""
    import os

    is_watched = sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("CI")
    return _Bar(color) if is_watched and os.environ.get("TERM") != "dumb" else Progress()


class _Bar(Progress):
    """A bar of rich's, which is taken away at the end."""

    def __init__(self, color: str = "auto") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        from cdkguard.cli.terminal import has_colors

        console = Console(file=sys.stderr, no_color=not has_colors(sys.stderr, color), highlight=False)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[done]}", markup=False),
            TextColumn("{task.fields[facts]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=4,
        )
        self._task: Any = None
        self._stacks = self._places = self._done = self._unread = self._refused = 0

    def begin(self, stacks: int, places: int) -> None:
        """See Progress.begin."""
        self._stacks, self._places = stacks, places
        self._open()
        self._show("judging")

    def add(self, stacks: int = 0, findings: int = 0, unread: int = 0, refused: int = 0) -> None:
        """See Progress.add."""
        self._done += stacks
        self._unread += unread
        self._refused += refused
        if self._task is not None:
            self._show()

    def say(self, text: str) -> None:
        """See Progress.say."""
        self._open()
        self._show(escape.terminal(text))

    def end(self) -> None:
        """See Progress.end."""
        if self._task is not None:
            self._bars.stop()
            self._task = None

    def _open(self) -> None:
        if self._task is None:
            self._bars.start()
            self._task = self._bars.add_task("listing", total=None, done="", facts="")

    def _show(self, description: str | None = None) -> None:
        speed = self._bars.tasks[0].speed
        facts = [f"{speed:,.0f}/s"] if speed else []
        facts += [f"{several(self._places, 'place')}"] if self._places else []
        facts += [f"{amount(self._unread)} not read"] if self._unread else []
        facts += [f"slowed down {amount(self._refused)} times"] if self._refused else []
        self._bars.update(
            self._task,
            total=self._stacks or None,
            completed=self._done,
            done=f"{amount(self._done)}/{amount(self._stacks)}" if self._stacks else "",
            facts=" · ".join(facts),
            description=description,
        )
