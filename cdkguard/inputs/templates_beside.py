"""The templates that a bare template deploys and that lie beside it: read as its nested stacks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.errors import TemplateError
from cdkguard.inputs.assembly_files import AssemblyFiles
from cdkguard.inputs.assets import Assets, read_assets
from cdkguard.inputs.deployed_templates import DeployedTemplate, find_in_loops, templates_of
from cdkguard.inputs.parts import Readings
from cdkguard.inputs.shapes import find_construct_paths, metadata_of
from cdkguard.inputs.template_file import parse_template, read_template
from cdkguard.model import Assembly, Problem, Stack
from cdkguard.system import files

MAX_NESTED = 30  # levels of templates in templates


def read_beside(stack: Stack) -> Assembly:
    """The stack with those of the templates that it deploys, as far as they lie below its folder or the current one."""
    reader = _Reader(os.path.dirname(os.path.realpath(stack.template_path)))
    reader.read(stack, 0)
    return Assembly(tuple(reader.stacks), tuple(reader.problems))


class _Reader:
    """Reads one bare template and those beside it."""

    def __init__(self, folder: str) -> None:
        self.folders = (folder, os.path.realpath(os.getcwd()))
        self.stacks: list[Stack] = []
        self.problems: list[Problem] = []
        self.readings = Readings()
        self.assets: dict[str, Assets] = {}  # by folder

    def read(self, stack: Stack, level: int) -> None:
        """Add the stack and what it deploys; `level` counts the templates around it."""
        deployed = [
            (name, one, self._find_file(stack, resource, one)) for name, resource, one in _find_deployed(stack.template)
        ]
        unread = {name for name, one, file in deployed if not file and one.text() is None}
        stack = stack._replace(unread=frozenset((*unread, *find_in_loops(stack.template["Resources"]))))
        self.stacks.append(stack)
        for name, one, file in deployed:
            if file or one.text() is not None:
                self._read_nested(stack, name, one, file, level + 1)

    def _find_file(self, stack: Stack, resource: Mapping[str, Json], deployed: DeployedTemplate) -> str | None:
        """The file beside the template: by its path, or as CDK's metadata name the asset of the URL."""
        path: Json = deployed.local_path()
        if path is None and (digest := deployed.asset_hash()):
            path = self._find_asset(stack, digest, deployed.address(), metadata_of(resource).get("aws:asset:path"))
        elif path is None and deployed.is_old_asset():
            path = metadata_of(resource).get("aws:asset:path")
        if not isinstance(path, str) or not files.is_possible_name(path):
            return None
        file = os.path.normpath(os.path.join(os.path.dirname(stack.template_path), path))
        real = os.path.realpath(file)
        is_near = any(real.startswith(os.path.join(folder, "")) for folder in self.folders)
        return file if is_near and os.path.isfile(real) else None

    def _find_asset(self, stack: Stack, digest: str, address: str, hint: Json) -> Json:
        """The file of an asset by the lists of assets beside the template; without lists the one that is hinted at."""
        folder = os.path.dirname(stack.template_path) or "."
        if folder not in self.assets:
            assembly_files = AssemblyFiles(os.path.realpath(folder), os.getcwd(), self.readings)
            self.assets[folder] = read_assets(assembly_files, folder, stack.template_path)
        listed = self.assets[folder]
        asset = listed.files.get(digest)
        if asset is not None:
            return asset.file if asset.is_at(address) or stack.elsewhere else None
        return None if listed.files or listed.problem else hint

    def _read_nested(
        self, parent: Stack, logical_id: str, deployed: DeployedTemplate, file: str | None, level: int
    ) -> None:
        try:
            if level > MAX_NESTED:
                raise TemplateError(f"nested deeper than {MAX_NESTED} levels")
            if file is not None:
                self.readings.note(os.path.realpath(file), f"{parent.construct_path}/{logical_id}")
                template, lines = read_template(file)
            else:
                template, lines = (
                    parse_template(deployed.text() or "", logical_id, deployed.has_holes()),
                    parent.line_of,
                )
        except TemplateError as problem:
            text = f"nested stack '{logical_id}' of {parent.template_path} was not judged: {problem}"
            self.problems.append(Problem("nested-template", text, parent.template_path))
            return

        path = f"{parent.construct_path or parent.name}/{logical_id}"
        nested = Stack(
            f"{parent.root.name}/{logical_id}", template, file or parent.template_path, construct_path=path,
            parent=parent, parent_logical_id=logical_id, construct_paths=find_construct_paths(template),
            elsewhere=deployed.elsewhere or parent.elsewhere,
        )  # fmt: skip
        self.read(nested._replace(line_of=lines) if file is not None else nested, level)


def _find_deployed(template: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json], DeployedTemplate]]:
    """(logical id, resource, template) of what the template deploys."""
    for logical_id, resource in template["Resources"].items():
        if isinstance(resource, dict):
            for deployed in templates_of(resource, template.get("Mappings")):
                yield logical_id, resource, deployed
