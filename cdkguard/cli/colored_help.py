"""The help of a command in colours, by rich-argparse, which is imported for a terminal alone."""

from __future__ import annotations

from cdkguard._typing import Any


def colored_formatter(width: int) -> Any:
    """A formatter class for argparse; None where rich-argparse is not there, as in an installation without dependencies."""
    try:
        from rich.console import Console
        from rich_argparse import RawDescriptionRichHelpFormatter
    except ImportError:
        return None

    class Colored(RawDescriptionRichHelpFormatter):
        # Square brackets in our texts are no markup.
        help_markup = text_markup = False
        group_name_formatter = str
        highlights = [
            *RawDescriptionRichHelpFormatter.highlights,
            r"(?P<groups>^examples:|^documentation:)",
            r"(?P<syntax>^  cdkguard .*?)(?=  +#|$)",
        ]
        styles = {
            **RawDescriptionRichHelpFormatter.styles,
            "argparse.groups": "bold",
            "argparse.args": "cyan",
            "argparse.metavar": "green",
            "argparse.syntax": "green",
            "argparse.prog": "bold",
        }

        def __init__(self, prog: str) -> None:
            console = Console(force_terminal=True, color_system="standard", legacy_windows=False, width=width + 2)
            super().__init__(prog, max_help_position=28, width=width, console=console)

    return Colored
