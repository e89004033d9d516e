"""The files of a cloud assembly, and what its manifests say of an artifact."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from cdkguard._typing import Json, NamedTuple
from cdkguard.errors import InputError, TemplateError
from cdkguard.inputs.parts import Readings
from cdkguard.inputs.template_file import read_text
from cdkguard.inputs.template_json import parse_json
from cdkguard.model import Missing
from cdkguard.system import files


class Artifact(NamedTuple):
    """A stack, stage or other artifact as its manifest describes it."""

    directory: str  # the folder of the manifest
    manifest: str  # the manifest's path
    name: str
    body: Mapping[str, Json]
    missing: tuple[Missing, ...]  # context that was missing when the manifest was written


class AssemblyFiles:
    """The files of one cloud assembly: nothing outside its folder `root` is read.

    Paths in messages are relative to `base` where they lie below it.
    """

    def __init__(self, root: str, base: str, readings: Readings) -> None:
        self.root, self.base, self.readings = root, base, readings
        self._shown: dict[str, str] = {}  # path -> how it is shown
        self._real_folders: dict[str, str] = {}  # folder -> its real path

    def display_path(self, path: str) -> str:
        """The path as messages and outputs write it."""
        if path not in self._shown:
            self._shown[path] = files.relative(path, self.base)
        return self._shown[path]

    def real_path(self, path: str) -> str:
        """As `os.path.realpath`, which asks for every folder on the way again; here each folder is asked for once."""
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or os.path.islink(path):
            return os.path.realpath(path)
        if folder not in self._real_folders:
            self._real_folders[folder] = os.path.realpath(folder)
        return os.path.join(self._real_folders[folder], name)

    def note_reading(self, path: str, owner: str) -> None:
        """Count that the file is read for the stack `owner`; raises TooMuchError as `Readings.note` does."""
        self.readings.note(self.real_path(path), owner)

    def path_of(self, directory: str, name: Json, owner: str) -> str:
        """The path of a file that the file `owner` names; raises TemplateError where it leaves the assembly."""
        if not isinstance(name, str) or not name:
            raise TemplateError(f"{self.display_path(owner)}: a file name is missing")
        if not files.is_possible_name(name):
            raise TemplateError(f"{self.display_path(owner)}: no file can be named '{name}'")

        path = os.path.join(directory, name)
        real = self.real_path(path)
        if os.path.isabs(name) or os.path.commonpath([real, self.root]) != self.root:
            raise TemplateError(f"{self.display_path(owner)}: '{name}' is outside the cloud assembly")
        if os.path.exists(real) and not os.path.isfile(real) and not os.path.isdir(real):
            raise TemplateError(f"{self.display_path(path)}: is a pipe or device")
        return path

    def read_json(self, path: str) -> Json:
        """The value in a JSON file; raises TemplateError."""
        return parse_json(read_text(path, self.display_path(path)), self.display_path(path))

    def section(self, owner: Mapping[str, Json], name: str, kind: type, path: str) -> Json:
        """A part of the manifest `path`, empty where it is left out; raises InputError where it is something else."""
        found = owner.get(name)
        if found is not None and not isinstance(found, kind):
            raise InputError(f"{self.display_path(path)}: {name} is not a {'list' if kind is list else 'mapping'}")
        return kind() if found is None else found

    def properties(self, artifact: Artifact) -> dict[str, Json]:
        """The artifact's properties; raises InputError where they are no mapping."""
        found: dict[str, Json] = self.section(artifact.body, "properties", dict, artifact.manifest)
        return found


def environment_of(text: Json) -> tuple[str | None, str | None]:
    """(account, region) of `aws://account/region`; None for each that the app leaves open."""
    parts = str(text or "").removeprefix("aws://").split("/")
    account = parts[0] if re.fullmatch(r"\d{12}", parts[0]) else None
    region = parts[1] if len(parts) > 1 and parts[1] not in ("", "unknown-region") else None
    return account, region
