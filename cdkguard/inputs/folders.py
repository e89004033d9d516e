"""Bare templates, alone or in folders, without a cloud assembly around them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence

from cdkguard.errors import NoTemplateError, TemplateError
from cdkguard.inputs.parts import DEPLOYERS
from cdkguard.inputs.shapes import find_construct_paths
from cdkguard.inputs.template_file import read_template, read_text
from cdkguard.model import Assembly, Problem, Stack
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
    """The stack of one template file, named after the file, with the templates beside it that it deploys.

    A file that cannot be read is a fatal Problem.
    """
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
    paths = find_construct_paths(template)
    stack = Stack(name_of_template(path), template, path, construct_paths=paths, line_of=lines)
    if not any(isinstance(r, list) or r.get("Type") in DEPLOYERS for r in template["Resources"].values()):
        return Assembly((stack,))

    from cdkguard.inputs.templates_beside import read_beside  # few templates deploy others

    return read_beside(stack)


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


def _is_in_file_of_its_own(stack: Stack) -> bool:
    """Whether it is a nested stack of a template file, which does not stand in that file."""
    return stack.parent is not None and not stack.from_assembly and stack.template_path != stack.parent.template_path


def drop_nested(stacks: Sequence[Stack]) -> list[Stack]:
    """The stacks without those of template files that another file deploys: they are judged there, as it deploys them."""
    nested = {os.path.realpath(s.template_path) for s in stacks if _is_in_file_of_its_own(s)}
    if not nested:
        return list(stacks)
    return [s for s in stacks if s.root.from_assembly or os.path.realpath(s.root.template_path) not in nested]
