"""Bare templates, alone or in folders, without a cloud assembly around them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence

from cdkguard.errors import NoTemplateError, TemplateError
from cdkguard.inputs.shapes import construct_path_of, mapping_or_empty, metadata_of
from cdkguard.inputs.template_file import read_template, read_text
from cdkguard.model import Assembly, Problem, Stack, replace_stacks
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

ASSEMBLY, FILE, LINK, APP = "assembly", "file", "link", "app"  # the kinds of `find_members`
_NOT_ENTERED = ("node_modules", ".git", ".venv")
_TEMPLATE_NAME = lazy_pattern(r"(?:\.nested)?(?:\.template)?\.(?:json|ya?ml|template)$")
_TEMPLATE_WORDS = lazy_pattern(r"Resources|AWSTemplateFormatVersion|AWS::")


def find_members(folder: str) -> Iterator[tuple[str, str]]:
    """(path, kind) of each cloud assembly, app, file that may be a template, and link to a folder, below the folder.

    Links to folders are not followed: they can lead in a circle, or out of what the user named.
    """
    for directory, folders, names in files.walk(folder):
        if "manifest.json" in names and _may_be_manifest(os.path.join(directory, "manifest.json")):
            yield directory, ASSEMBLY
            folders[:] = []
            continue

        if "cdk.json" in names and is_app_folder(directory):
            yield directory, APP
        folders[:] = sorted(name for name in folders if name not in _NOT_ENTERED)
        for name in sorted(names):
            if name.lower().endswith((".json", ".yaml", ".yml", ".template")):
                yield os.path.join(directory, name), FILE
        for name in folders:
            if os.path.islink(os.path.join(directory, name)):
                yield os.path.join(directory, name), LINK


def is_app_folder(folder: str) -> bool:
    """Whether the folder's cdk.json names an app; true where it cannot be read, because running it then says why."""
    path = os.path.join(folder, "cdk.json")
    if not files.is_file(path):
        return False
    try:
        settings = json.loads(files.read_text(path))
    except (OSError, ValueError, RecursionError):
        return True
    return not isinstance(settings, dict) or "app" in settings


def refuse_app(folder: str) -> Assembly:
    """A fatal Problem: what lies below an app is not what it would write now."""
    text = f"{folder}: an app (cdk.json) that was not run: name it alone, or judge what it wrote before by --pre-built"
    return Assembly((), (Problem("template", text, folder),))


def _may_be_manifest(path: str) -> bool:
    """Whether the file may be a cloud assembly's; true where it cannot be read, because its reader then says why."""
    if not os.path.isfile(path):
        return True
    try:
        with open(path, encoding="utf-8") as handle:
            return '"artifacts"' in handle.read()
    except (OSError, UnicodeDecodeError):
        return True


def read_bare_template(path: str) -> Assembly:
    """The stack of one template file, named after the file; a file that cannot be read is a fatal Problem."""
    try:
        return _read_stack(path)
    except TemplateError as problem:
        return _unreadable(path, problem)


def read_file_of_folder(path: str) -> Assembly:
    """As `read_bare_template` for a file that a folder holds; an empty assembly where it is clearly no template."""
    if os.path.exists(path) and not os.path.isfile(path):
        return Assembly((), (Problem("template", f"{path}: is a pipe or device", path),))
    try:
        return _read_stack(path)
    except NoTemplateError:
        return Assembly(())
    except TemplateError as problem:
        return Assembly(()) if _is_yaml_of_another_tool(path) else _unreadable(path, problem)


def _read_stack(path: str) -> Assembly:
    template, lines = read_template(path)
    paths = {
        logical_id: construct_path for logical_id, resource in template["Resources"].items()
        if (construct_path := construct_path_of(resource)) is not None
    }  # fmt: skip
    return Assembly((Stack(name_of_template(path), template, path, construct_paths=paths, line_of=lines),))


def name_of_template(path: str) -> str:
    """The name of a bare template's stack: that of its file."""
    return _TEMPLATE_NAME.sub("", os.path.basename(path))


def _unreadable(path: str, problem: TemplateError) -> Assembly:
    return Assembly((), (Problem("template", str(problem), path),))


def _is_yaml_of_another_tool(path: str) -> bool:
    """Whether the file is YAML without a word of a template; false where it cannot be read again."""
    if not path.endswith((".yaml", ".yml")):
        return False
    try:
        return _TEMPLATE_WORDS.search(read_text(path, path)) is None
    except TemplateError:
        return False


def note_link(path: str) -> Assembly:
    """A notice that a link to a folder was not followed."""
    text = f"{path}: a link to a folder, which was not followed; name it, too, if its templates are to be judged"
    return Assembly((), (Problem("notice", text, path, fatal=False),))


def mark_unread(stacks: Sequence[Stack], find_read: Callable[[], Collection[str]]) -> list[Stack]:
    """The stacks, those of bare templates with `unread`: the nested stacks whose templates are not among those read.

    `find_read` gives the real paths of the templates that are read; it is called only where a template nests another.
    """

    def mark(stack: Stack) -> Stack:
        places = dict(_nested_places(stack))
        if not places:
            return stack

        read = find_read()
        unread = (k for k, p in places.items() if not files.is_possible_name(p) or os.path.realpath(p) not in read)
        return stack._replace(unread=frozenset(unread))

    return replace_stacks(stacks, mark)


def _nested_places(stack: Stack) -> Iterator[tuple[str, str]]:
    """(logical id, path of its template) of each nested stack of a bare template; "" where no path is written."""
    for logical_id, resource in stack.template["Resources"].items() if not stack.from_assembly else ():
        if not isinstance(resource, dict) or resource.get("Type") != "AWS::CloudFormation::Stack":
            continue
        properties = mapping_or_empty(resource.get("Properties"))
        url = metadata_of(resource).get("aws:asset:path") or properties.get("TemplateURL")
        yield logical_id, os.path.join(os.path.dirname(stack.template_path), url) if isinstance(url, str) else ""
