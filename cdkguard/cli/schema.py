"""`cdkguard schema`: print a JSON schema, for editors and for programs that read our files."""

from __future__ import annotations

import os
import sys

from cdkguard._typing import TYPE_CHECKING
from cdkguard.errors import ExitCode
from cdkguard.system import files

if TYPE_CHECKING:
    import argparse

    from cdkguard.cli.parser import Parser

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "schemas")
_ENDING = ".schema.json"


def schema_names() -> list[str]:
    """The schemas that there are: approvals, config, report ..."""
    return sorted(name.removesuffix(_ENDING) for name in os.listdir(_FOLDER) if name.endswith(_ENDING))


def add_options(parser: Parser) -> None:
    """Add the command's options."""
    names = schema_names()
    parser.group("output").add_argument(
        "schema", choices=names, metavar="NAME", help=f"of which file: {', '.join(names)}"
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    sys.stdout.write(files.read_text(os.path.join(_FOLDER, options.schema + _ENDING)))
    return int(ExitCode.OK)
