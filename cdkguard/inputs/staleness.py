"""The existing cdk.out of an app folder, and whether it is older than the sources."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard._typing import TextIO
from cdkguard.errors import InputError
from cdkguard.inputs.synth import read_settings
from cdkguard.system import files

_SOURCES = (".py", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".java", ".cs", ".fs", ".go", ".json", ".yaml", ".yml")
_PASSED_OVER = {
    "node_modules",
    "cdk.out",
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "dist",
    "build",
    "target",
    "bin",
    "obj",
}
_MAX_FILES = 50_000


def assembly_of(directory: str, notes: TextIO) -> str:
    """The folder's cloud assembly (cdk.json's `output`, else cdk.out); writes a line when a source is newer than it.

    Raises InputError where there is none: an old or missing assembly is never a silent pass.
    """
    out = os.path.join(directory, _output_of(directory))
    manifest = os.path.join(out, "manifest.json")
    if not files.is_file(manifest):
        raise InputError(
            f"{manifest}: there is no cloud assembly yet: run `cdk synth`, or use `cdkguard check` without --pre-built"
        )
    written = os.stat(manifest).st_mtime
    newer = next((path for path in _source_files(directory, out) if _changed(path) > written), None)
    if newer is not None:
        from cdkguard.text import escape

        text = f"cdkguard: {out} is older than {newer}: it was judged as it is; run `cdk synth` to judge the change"
        print(escape.terminal(text), file=notes)
    return out


def _output_of(directory: str) -> str:
    """Another folder than the one that is written now may hold an old assembly, so that a mistake is not passed over."""
    output = read_settings(os.path.join(directory, "cdk.json")).get("output", "cdk.out")
    if not isinstance(output, str):
        raise InputError(f"{os.path.join(directory, 'cdk.json')}: 'output' is not the name of a folder")
    return output


def _changed(path: str) -> float:
    """When; what is gone meanwhile has not."""
    try:
        return os.lstat(path).st_mtime  # editors leave links to nothing beside what they edit
    except FileNotFoundError:
        return 0.0


def _source_files(directory: str, out: str) -> Iterator[str]:
    left = _MAX_FILES
    for folder, folders, names in os.walk(directory):
        folders[:] = [
            f
            for f in folders
            if f not in _PASSED_OVER and os.path.join(folder, f) != out and not f.endswith(".egg-info")
        ]
        for name in names:
            left -= 1
            if left < 0:
                return
            if name.endswith(_SOURCES):
                yield os.path.join(folder, name)
