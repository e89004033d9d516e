"""A cloud assembly (cdk.out), templates, and folders of both -> Assembly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cdkguard.errors import InputError
from cdkguard.inputs import folders
from cdkguard.inputs.parts import Part, Readings, StackHead, join_assemblies
from cdkguard.model import Assembly, Problem
from cdkguard.system import files


def read_assembly(directory: str, base: str | None = None, app_directory: str | None = None) -> Assembly:
    """A cloud assembly with all of its stages and nested stacks.

    `base` is the folder that shown paths are relative to (default: the current one). Raises InputError where the
    manifest cannot be read or holds no stack; a template that cannot be read is a fatal Problem in the result.
    """
    found = join_assemblies(part.read() for part in _list_manifest_parts(directory, base))
    if not found.stacks and not any(p.fatal for p in found.problems):
        raise InputError(f"{os.path.join(directory, 'manifest.json')}: the app has no stack, so nothing can be judged")
    if found.missing:
        from cdkguard.inputs.dummies import leave_out_unused_lookups

        found = found._replace(stacks=tuple(leave_out_unused_lookups(found.stacks)))
    return found._replace(directory=directory, app_directory=app_directory)


def read_paths(paths: Sequence[str], refuses_apps: bool = False) -> Assembly:
    """Templates, folders of templates and cloud assemblies, in the order given.

    What cannot be read becomes a fatal Problem beside what can, and so does an app in a folder where `refuses_apps`;
    raises InputError where a path does not exist or a folder holds nothing to judge.
    """
    read = partial(_read_path, refuses_apps=refuses_apps)
    found = [read(path) if len(paths) == 1 else _attempt(read, path) for path in paths]
    joined = join_assemblies(found)
    joined = joined._replace(stacks=tuple(folders.drop_nested(joined.stacks)))

    if len(found) == 1:
        return joined._replace(directory=found[0].directory, app_directory=found[0].app_directory)
    return joined


def _read_path(path: str, refuses_apps: bool) -> Assembly:
    if _is_assembly(path):
        return read_assembly(path)
    if files.is_folder(path):
        return _read_folder(path, refuses_apps)
    if not files.exists(path):
        raise InputError(f"{path}: no such file or folder")
    return folders.read_bare_template(path)


def _is_assembly(path: str) -> bool:
    return files.is_file(os.path.join(path, "manifest.json"))


def _read_folder(folder: str, refuses_apps: bool) -> Assembly:
    members = _members_of(folder, refuses_apps)
    found = join_assemblies(_READERS[kind](path) for path, kind in members)
    if not found.stacks and not found.problems:
        raise InputError(f"{folder}: no template and no cloud assembly in this folder, so nothing was judged")
    return found


def _members_of(folder: str, refuses_apps: bool) -> Iterator[tuple[str, str]]:
    return (one for one in folders.find_members(folder) if refuses_apps or one[1] != folders.APP)


def _attempt(reader: Callable[[str], Assembly], path: str) -> Assembly:
    """One of several inputs: an error that ends its reading is a fatal Problem beside the others' stacks."""
    try:
        return reader(path)
    except InputError as problem:
        return Assembly((), (Problem("template", str(problem), path),))


_READERS: dict[str, Callable[[str], Assembly]] = {
    folders.ASSEMBLY: partial(_attempt, read_assembly),
    folders.FILE: folders.read_file_of_folder,
    folders.LINK: folders.note_link,
    folders.APP: folders.refuse_app,
}


def list_parts(paths: Sequence[str], refuses_apps: bool = False) -> list[Part]:
    """The parts of all that `read_paths` reads; raises CdkguardError where that says what is wrong."""
    readings = Readings()
    return [part for path in paths for part in _list_parts_of(path, readings, refuses_apps)]


def _list_parts_of(path: str, readings: Readings, refuses_apps: bool) -> Iterator[Part]:
    if _is_assembly(path):
        yield from _list_manifest_parts(path, None, readings)
    elif not files.exists(path):
        raise InputError(f"{path}: no such file or folder")
    elif not files.is_folder(path):
        yield Part(lambda: folders.read_bare_template(path), path, file=path, head=_head_of(path))
    else:
        for found, kind in _members_of(path, refuses_apps):
            if kind == folders.ASSEMBLY:
                yield from _list_manifest_parts(found, None, readings)
            elif kind == folders.FILE:
                yield Part(partial(_READERS[kind], found), path, file=found, head=_head_of(found))
            else:
                yield Part(partial(_READERS[kind], found), path)


def _head_of(file: str) -> StackHead:
    return StackHead(folders.name_of_template(file))


def _list_manifest_parts(directory: str, base: str | None, readings: Readings | None = None) -> list[Part]:
    from cdkguard.inputs import manifest  # a run over bare templates does not load it

    return manifest.list_parts(directory, base or os.getcwd(), readings)
