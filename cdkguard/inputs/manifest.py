"""The manifests of a cloud assembly and of its stages -> the parts to read.

https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema-readme.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from cdkguard._typing import Json
from cdkguard.errors import CdkguardError, InputError, TooMuchError
from cdkguard.inputs.assembly_files import Artifact, AssemblyFiles
from cdkguard.inputs.assembly_stacks import StackReader, head_of
from cdkguard.inputs.parts import Part, Readings
from cdkguard.inputs.shapes import list_or_empty, mapping_or_empty
from cdkguard.model import Assembly, Missing, Problem
from cdkguard.system import files

KNOWN_SCHEMA = 55  # the newest major version of the cloud assembly schema that this module was tested with
MAX_LEVELS = 30  # of stages in stages
_STACK, _STAGE = "aws:cloudformation:stack", "cdk:cloud-assembly"
# The values that CDK puts into a template for context that is missing, by context provider.
_DUMMIES = {
    "vpc-provider": (
        "vpc-12345", "s-12345", "s-67890", "p-12345", "p-67890", "rtb-12345s", "rtb-67890s", "rtb-12345p", "rtb-57890p",
        "1.2.3.4/5", "dummy1a", "dummy1b",
    ),
    "availability-zones": ("dummy1a", "dummy1b", "dummy1c"),
    "ami": ("ami-1234",),
    "hosted-zone": ("DUMMY",),
    "security-group": ("sg-12345678", "sg-12345"),
    "key-provider": ("1234abcd-12ab-34cd-56ef-1234567890ab",),
    "endpoint-service-availability-zones": ("dummy1a", "dummy1b", "dummy1c"),
}  # fmt: skip


def list_parts(directory: str, base: str, readings: Readings | None = None) -> list[Part]:
    """The stacks of a cloud assembly, each to be read when it is asked for.

    Raises InputError where the manifest cannot be read; what is wrong inside it is a part that holds a Problem. Shown
    paths are relative to `base`.
    """
    assembly_files = AssemblyFiles(os.path.realpath(directory), base, Readings() if readings is None else readings)
    reader = _ManifestReader(assembly_files)
    reader.read(directory, 0)
    return reader.parts


class _ManifestReader:
    """Lists the stacks of one cloud assembly."""

    def __init__(self, assembly_files: AssemblyFiles) -> None:
        self.files = assembly_files
        self.parts: list[Part] = []
        self._seen: set[str] = set()

    def read(self, directory: str, level: int) -> None:
        """List the parts of the folder's manifest and of those of its stages; the manifest is `level` stages deep."""
        path = os.path.join(directory, "manifest.json")
        display_path = self.files.display_path(path)
        real = self.files.real_path(path)
        if real in self._seen or level > MAX_LEVELS:
            raise InputError(f"{display_path}: stages that contain each other")
        self._seen.add(real)

        manifest = self._load(directory, path)
        artifacts = manifest.get("artifacts", {})
        if not isinstance(artifacts, dict):  # null, too: nothing would be judged
            raise InputError(f"{display_path}: artifacts is not a mapping")
        self._note_version(path, manifest["version"])

        missing = tuple(_read_missing(self.files.section(manifest, "missing", list, path), directory, display_path))
        if missing:
            self._add_part(path, missing=missing)

        for name, body in artifacts.items():
            if not isinstance(body, dict):
                raise InputError(f"{display_path}: artifact '{name}' is not a mapping")
            try:
                self._read_artifact(Artifact(directory, path, name, body, missing), level)
            except CdkguardError as problem:  # the others are read all the same; the run ends in an error
                self._add_part(path, Problem("template", str(problem), display_path))

    def _load(self, directory: str, path: str) -> dict[str, Json]:
        display_path = self.files.display_path(path)
        if not files.is_file(path):
            raise InputError(f"{display_path}: not found, so this is no cloud assembly")
        manifest = self.files.read_json(self.files.path_of(directory, "manifest.json", path))
        if not isinstance(manifest, dict) or "version" not in manifest:
            raise InputError(f"{display_path}: has no version, so it is not a manifest of a cloud assembly")
        return manifest

    def _note_version(self, path: str, version: Json) -> None:
        major = str(version).split(".")[0]
        if major.isdigit() and int(major) > KNOWN_SCHEMA:
            known = f"is newer than {KNOWN_SCHEMA}, the newest that cdkguard knows"
            text = f"{self.files.display_path(path)}: schema version {version} {known}"
            self._add_part(path, Problem("notice", text, fatal=False))

    def _read_artifact(self, artifact: Artifact, level: int) -> None:
        kind = artifact.body.get("type")
        if kind == _STACK:
            self._add_stack(artifact)
        elif kind == _STAGE:
            folder = self.files.properties(artifact).get("directoryName")
            self.read(self.files.path_of(artifact.directory, folder, artifact.manifest), level + 1)
        elif "templateFile" in mapping_or_empty(artifact.body.get("properties")):
            display_path = self.files.display_path(artifact.manifest)
            raise InputError(f"{display_path}: artifact '{artifact.name}' ({kind}) has a template that was not judged")

    def _add_part(self, manifest: str, *problems: Problem, missing: tuple[Missing, ...] = ()) -> None:
        """Add a part without a stack."""
        found = Assembly((), problems, missing)
        self.parts.append(Part(lambda: found, os.path.dirname(manifest), lacks_context=bool(missing)))

    def _add_stack(self, artifact: Artifact) -> None:
        def read_part() -> Assembly:
            reader = StackReader(self.files, artifact.directory)
            try:
                reader.read(artifact)
            except TooMuchError:
                raise
            except CdkguardError as problem:  # the others are read all the same; the run ends in an error
                reader.problems.append(Problem("template", str(problem), self.files.display_path(artifact.manifest)))
            return Assembly(tuple(reader.stacks), tuple(reader.problems))

        properties = self.files.properties(artifact)
        file = os.path.join(artifact.directory, str(properties.get("templateFile")))
        head = head_of(artifact, properties)
        self.parts.append(Part(read_part, artifact.directory, head.account, file, self.files.readings, head))


def _read_missing(entries: Sequence[Json], directory: str, display_path: str) -> Iterator[Missing]:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise InputError(f"{display_path}: missing[{number}] is not a mapping")
        provider = str(entry.get("provider", ""))
        props = mapping_or_empty(entry.get("props"))
        dummies = tuple(_texts_in(props.get("dummyValue"))) or _DUMMIES.get(provider, ())
        if provider == "ssm" and not dummies:
            dummies = (f"dummy-value-for-{props.get('parameterName')}",)
        yield Missing(str(entry.get("key", "")), provider, dummies, directory)


def _texts_in(value: Json) -> Iterator[str]:
    """Every text in a dummy value, which can be a list or a mapping (Cloud Control lookups)."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else list_or_empty(value):
        yield from _texts_in(inner)
