"""The existing cdk.out of an app folder, and whether it is older than the sources."""

from __future__ import annotations

import os
from collections.abc import Iterator

from cdkguard._typing import TextIO
from cdkguard.errors import InputError
from cdkguard.inputs.app import read_json_settings
from cdkguard.system import files

_SOURCES = (".py", ".ts", ".tsx", ".js", ".mjs", ".cjs", ".java", ".cs", ".fs", ".go", ".json", ".yaml", ".yml")
_NOT_SOURCES = {
    "node_modules", "cdk.out", ".git", ".venv", "venv", "__pycache__", "dist", "build", "target", "bin", "obj",
}  # fmt: skip
_MAX_FILES = 50_000


def find_existing_assembly(
    directory: str, notes: TextIO, otherwise: str = "use `cdkguard check` without --pre-built"
) -> str:
    """The path of the folder's cloud assembly (cdk.json's `output`, else cdk.out).

    Writes a line to `notes` where a source file is newer than the assembly. Raises InputError where there is none; it
    says what to do `otherwise` than to synthesize.
    """
    out = os.path.join(directory, _read_output(directory))
    manifest = os.path.join(out, "manifest.json")
    if not files.is_file(manifest):
        raise InputError(f"{manifest}: there is no cloud assembly yet: run `cdk synth`, or {otherwise}")

    note_newer_sources(directory, out, notes)
    return out


def note_newer_sources(directory: str, out: str, notes: TextIO) -> None:
    """Write a line to `notes` where a source file of the app in `directory` is newer than its assembly `out`."""
    newer = find_newer_source(directory, out)
    if newer is not None:
        from cdkguard.text import escape

        text = f"cdkguard: {out} is older than {newer}: it was judged as it is; run `cdk synth` to judge the change"
        print(escape.terminal(text), file=notes)


def find_newer_source(directory: str, out: str) -> str | None:
    """A source file of the app in `directory` that is newer than its assembly `out`."""
    written = os.stat(os.path.join(out, "manifest.json")).st_mtime
    return next((path for path in _source_files(directory, out) if _time_of(path) > written), None)


def _read_output(directory: str) -> str:
    """The `output` of cdk.json; raises InputError where it is no text.

    A default in its place could lead to an old assembly, which would then be judged.
    """
    output = read_json_settings(os.path.join(directory, "cdk.json")).get("output", "cdk.out")
    if not isinstance(output, str):
        raise InputError(f"{os.path.join(directory, 'cdk.json')}: 'output' is not the name of a folder")
    return output


def _time_of(path: str) -> float:
    """The time of the last change; 0 for a file that was removed meanwhile."""
    try:
        return os.lstat(path).st_mtime  # not `stat`: editors put links to nothing beside the file that they edit
    except FileNotFoundError:
        return 0.0


def _source_files(directory: str, out: str) -> Iterator[str]:
    """The app's source files, among the first _MAX_FILES files of its folder."""
    left = _MAX_FILES
    for folder, folders, names in os.walk(directory):
        folders[:] = [
            f
            for f in folders
            if f not in _NOT_SOURCES and os.path.join(folder, f) != out and not f.endswith(".egg-info")
        ]
        for name in names:
            left -= 1
            if left < 0:
                return
            if name.endswith(_SOURCES):
                yield os.path.join(folder, name)
