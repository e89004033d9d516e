"""Writes an audit in the formats asked for, piece by piece: its findings may be more than memory holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cdkguard._typing import TYPE_CHECKING, Any
from cdkguard.errors import ConfigError

if TYPE_CHECKING:
    from cdkguard.cli.output import Asked
    from cdkguard.outputs.audit.summary import Audit

KIND, ANSWER = "audit", "answer"  # Fields of outputs.render.Format.


def write_audit(outputs: Sequence[Asked], audit: Audit, color: str = "auto") -> int:
    """Write the audit, as text where no format is asked for; returns the exit status."""
    from cdkguard.outputs.audit.verdict import status_of

    for name, file in outputs or (("text", None),):
        write_pieces(name, file, audit, KIND, color)
    return status_of(audit.summary.run)


def refuse_unwritable(outputs: Sequence[Asked]) -> None:
    """Raises ConfigError where an output's folder is not there or not ours to write to: told before an audit of an hour."""
    from cdkguard.system import files

    for name, file in outputs:
        folder = os.path.dirname(file or "") or os.curdir
        if file is None or files.is_stream(file):
            continue
        if not os.path.isdir(folder):
            raise ConfigError(f"--output {name}={file}: cannot be written: there is no folder {folder}")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(
                f"--output {name}={file}: cannot be written: the folder {folder} is not yours to write to"
            )


def write_pieces(name: str, file: str | None, thing: Any, kind: str, color: str = "auto") -> None:
    """Write a thing of a kind in the format `name`; a file is written whole or not at all. Raises ConfigError."""
    from cdkguard.cli.output import terminal_options
    from cdkguard.outputs.render import render_pieces
    from cdkguard.system import files

    pieces = render_pieces(name, thing, terminal_options(name, file, color), kind)
    if file is None:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
        return
    try:
        files.write_pieces(file, pieces)
    except OSError as problem:
        raise ConfigError(f"--output {name}={file}: cannot be written: {problem.strerror}") from problem
