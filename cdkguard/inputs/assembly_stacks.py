"""A stack of a cloud assembly with the stacks nested in it: templates, metadata and the files that they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdkguard._typing import TYPE_CHECKING, Json, NamedTuple
from cdkguard.errors import CdkguardError, TemplateError, TooMuchError
from cdkguard.inputs.assembly_files import Artifact, AssemblyFiles, environment_of
from cdkguard.inputs.parts import DEPLOYERS, StackHead
from cdkguard.inputs.shapes import list_or_empty, mapping_or_empty, metadata_of
from cdkguard.inputs.source_lines import StackMetadata
from cdkguard.inputs.template_file import parse_template, read_template
from cdkguard.model import Problem, Source, Stack, find_nothing
from cdkguard.system import files

if TYPE_CHECKING:
    from cdkguard.inputs.assets import Asset
    from cdkguard.inputs.deployed_templates import DeployedTemplate

MAX_NESTED = 30  # levels of nested stacks in nested stacks


class _Nested(NamedTuple):
    """A template that a resource of its parent deploys: of a nested stack, mostly."""

    logical_id: str
    resource_path: str | None  # construct path of the resource
    construct_path: str  # of the nested stack
    template: DeployedTemplate
    file: str | None  # of its template; None where it is not in the assembly
    error: CdkguardError | None = None  # why the file was not looked for, or was not found

    def is_unread(self) -> bool:
        """Whether its template is neither in the assembly nor in the resource."""
        return self.file is None and self.error is None and self.template.text() is None


class StackReader:
    """Reads one stack and those nested in it."""

    def __init__(self, assembly_files: AssemblyFiles, directory: str) -> None:
        self.files, self.directory = assembly_files, directory
        self.stacks: list[Stack] = []
        self.problems: list[Problem] = []

    def read(self, artifact: Artifact) -> None:
        """Add the artifact's stacks and problems to this reader's; raises CdkguardError."""
        properties = self.files.properties(artifact)
        owner = f"{artifact.manifest}:{artifact.name}"
        path = self.files.path_of(self.directory, properties.get("templateFile"), artifact.manifest)
        self.files.note_reading(path, owner)
        display_path = self.files.display_path(path)
        template, lines = read_template(path, display_path, may_be_empty=True)

        head = head_of(artifact, properties)
        construct_path = str(head.construct_path)
        metadata = StackMetadata(self._read_metadata(artifact, owner), self.files.base, construct_path)
        construct_paths = metadata.construct_paths(template, None)
        self.files.section(properties, "tags", dict, artifact.manifest)  # refuses what is none
        parameters = self.files.section(properties, "parameters", dict, artifact.manifest)
        topics = self.files.section(properties, "notificationArns", list, artifact.manifest)
        nested = self._find_nested(template, display_path, construct_path, construct_paths, metadata, 0)

        stack = Stack(
            head.name, template, display_path, construct_path=construct_path, account=head.account, region=head.region,
            tags=head.tags, termination_protection=properties.get("terminationProtection") is True, parameters=parameters,
            notification_arns=[str(arn) for arn in topics], construct_paths=construct_paths,
            source_of=metadata.source_of(construct_paths), line_of=lines, source=metadata.source_at(construct_path),
            granted_at=_find_grants_later(metadata, template),
            acknowledgements=tuple(metadata.acknowledgements()), missing=artifact.missing, from_assembly=True,
            unread=_find_unread(nested, template), artifact=owner,
            depends_on=tuple(
                f"{artifact.manifest}:{name}" for name in list_or_empty(artifact.body.get("dependencies"))
            ),
        )  # fmt: skip
        self.stacks.append(stack)
        if metadata.lacks_lines():
            from cdkguard.inputs.missing_lines import note_missing_lines

            notice = note_missing_lines(metadata, self.files.root)
            self.problems += [notice] if notice else []
        self._read_nested(stack, nested, metadata, 0, owner)

    def _read_metadata(self, artifact: Artifact, owner: str) -> dict[str, list[Json]]:
        """The entries of both places: in the manifest, and in the file beside it since aws-cdk-lib 2.250."""
        sources = [artifact.body.get("metadata")]
        if "additionalMetadataFile" in artifact.body:
            path = self.files.path_of(self.directory, artifact.body["additionalMetadataFile"], artifact.manifest)
            self.files.note_reading(path, owner)
            sources.append(self._read_metadata_file(path))

        found: dict[str, list[Json]] = {}
        for source in sources:
            for path, entries in mapping_or_empty(source).items():
                found.setdefault(path.lstrip("/"), []).extend(e for e in list_or_empty(entries) if isinstance(e, dict))
        return found

    def _read_metadata_file(self, path: str) -> Json:
        """The file's value; None and a notice where it is missing, which loses source lines but no finding."""
        if files.is_file(path):
            return self.files.read_json(path)
        lost = "findings of its stack have no source line and acknowledgements do not count"
        display_path = self.files.display_path(path)
        self.problems.append(Problem("notice", f"{display_path}: not found, so {lost}", display_path, fatal=False))
        return None

    # -- nested stacks

    def _find_nested(
        self,
        template: Mapping[str, Json],
        display_path: str,
        construct_path: str,
        construct_paths: Mapping[str, str],
        metadata: StackMetadata,
        level: int,
        elsewhere: str = "",
    ) -> list[_Nested]:
        """What the template deploys, with their files; `level` counts the stacks around the template."""
        found = []
        for logical_id, resource in template["Resources"].items():
            if not isinstance(resource, dict) or resource.get("Type") not in DEPLOYERS:
                continue
            resource_path = construct_paths.get(logical_id)
            path = nested_path(resource_path, logical_id, construct_path)
            from cdkguard.inputs.deployed_templates import templates_of

            seen: set[str | None] = set()
            for deployed in templates_of(resource, template.get("Mappings")):
                file, error = None, None
                try:
                    if level >= MAX_NESTED:
                        raise TemplateError(f"nested deeper than {MAX_NESTED} levels")
                    file = self._find_nested_file(display_path, metadata, path, resource, deployed, bool(elsewhere))
                except CdkguardError as problem:
                    error = _without_frames(problem)
                if file is None or file not in seen:  # versions of a product may share a template
                    place = f"{path}/{len(seen)}" if seen else path
                    found.append(_Nested(logical_id, resource_path, place, deployed, file, error))
                seen.add(file)
        return found

    def _find_nested_file(
        self,
        display_path: str,
        metadata: StackMetadata,
        construct_path: str,
        resource: Mapping[str, Json],
        deployed: DeployedTemplate,
        is_copied: bool,
    ) -> str | None:
        """The template's file. The URL decides, by the hash of an asset; what CDK's metadata name is only a hint.

        A product `is_copied` with its assets, into a bucket of its own.
        """
        digest = deployed.asset_hash()
        if digest is not None:
            asset = self._find_asset(digest, display_path)
            if asset is not None:
                return asset.file if is_copied or asset.is_at(deployed.address()) else None
            if self.files.readings.assets[self.directory].files:
                return None  # another template than those of this app
        elif not deployed.is_old_asset():
            return None

        asset_path = metadata_of(resource).get("aws:asset:path")
        if isinstance(asset_path, str):
            return asset_path
        for entry in metadata.entries.get(construct_path, ()):
            if entry.get("type") == "aws:cdk:templateFile" and isinstance(entry.get("data"), str):
                return str(entry["data"])
        return None

    def _read_nested(
        self, parent: Stack, nested: Sequence[_Nested], metadata: StackMetadata, level: int, owner: str
    ) -> None:
        for stack in nested:
            try:
                if stack.error is not None:
                    raise _without_frames(stack.error)
                if not stack.is_unread():
                    self._read_nested_stack(parent, stack, metadata, level, f"{owner}/{stack.logical_id}")
            except TooMuchError:
                raise
            except CdkguardError as problem:
                text = f"nested stack '{stack.logical_id}' of {parent.template_path} was not judged: {problem}"
                self.problems.append(Problem("nested-template", text, parent.template_path))

    def _read_nested_stack(
        self, parent: Stack, nested: _Nested, metadata: StackMetadata, level: int, owner: str
    ) -> None:
        display_path, template, lines = self._read_nested_template(parent, nested, owner)

        root = parent.root
        construct_paths = metadata.construct_paths(template, nested.construct_path)
        elsewhere = nested.template.elsewhere or parent.elsewhere
        inner = self._find_nested(
            template, display_path, nested.construct_path, construct_paths, metadata, level + 1, elsewhere
        )
        stack = Stack(
            f"{root.name}/{nested.construct_path.rpartition('/')[2]}", template, display_path,
            construct_path=nested.construct_path, account=None if elsewhere else root.account,
            region=None if elsewhere else root.region, elsewhere=elsewhere,
            termination_protection=root.termination_protection, tags=root.tags, parent=parent,
            parent_logical_id=nested.logical_id, construct_paths=construct_paths,
            source_of=metadata.source_of(construct_paths), line_of=lines, granted_at=_find_grants_later(metadata, template),
            source=metadata.source_at(nested.resource_path or nested.construct_path),
            missing=root.missing, from_assembly=True, unread=_find_unread(inner, template),
        )  # fmt: skip
        self.stacks.append(stack)
        self._read_nested(stack, inner, metadata, level + 1, owner)

    def _read_nested_template(
        self, parent: Stack, nested: _Nested, owner: str
    ) -> tuple[str, dict[str, Json], Callable[..., int | None]]:
        """(path to show, body, lines) of the template, in its file or in the resource."""
        if nested.file is None:
            text = nested.template.text() or ""
            name = f"{parent.template_path}: {nested.logical_id}"
            return parent.template_path, parse_template(text, name, nested.template.has_holes()), find_nothing
        path = self.files.path_of(self.directory, nested.file, parent.template_path)
        self.files.note_reading(path, owner)
        display_path = self.files.display_path(path)
        return display_path, *read_template(path, display_path)

    # -- assets

    def _find_asset(self, digest: str, owner: str) -> Asset | None:
        """An asset in the folder, whose lists of assets are read once for all nested stacks."""
        read = self.files.readings.assets
        if self.directory not in read:
            from cdkguard.inputs.assets import read_assets

            read[self.directory] = read_assets(self.files, self.directory, owner)
        listed = read[self.directory]
        if digest not in listed.files and listed.problem is not None:
            raise listed.problem
        return listed.files.get(digest)


def head_of(artifact: Artifact, properties: Mapping[str, Json]) -> StackHead:
    """The head of the artifact's stack, whose template is not read for it."""
    account, region = environment_of(artifact.body.get("environment"))
    tags = {str(key): str(value) for key, value in mapping_or_empty(properties.get("tags")).items()}
    name = str(properties.get("stackName") or artifact.name)
    return StackHead(name, str(artifact.body.get("displayName") or artifact.name), account, region, tags)


def _without_frames(error: CdkguardError) -> CdkguardError:
    """The error anew: the frames that it was raised in hold stacks, in a cycle with the record that holds the error."""
    return type(error)(*error.args)


def _find_unread(nested: Sequence[_Nested], template: Mapping[str, Json]) -> frozenset[str]:
    """The logical ids of what deploys a template that is not in the assembly, or that a loop names."""
    unread = {stack.logical_id for stack in nested if stack.is_unread()}
    if any(isinstance(body, list) for body in template["Resources"].values()):
        from cdkguard.inputs.deployed_templates import find_in_loops

        unread.update(find_in_loops(template["Resources"]))
    return frozenset(unread)


def nested_path(resource_path: str | None, logical_id: str, parent_path: str | None) -> str:
    """The construct path of a nested stack: `Main/Nest` of the resource `Main/Nest.NestedStack/Nest.NestedStackResource`.

    A resource without a construct path is placed below its parent by its logical id.
    """
    if resource_path is None:
        return f"{parent_path}/{logical_id}"
    head, _, last = resource_path.rpartition("/")
    if last.endswith(".NestedStackResource") and head.endswith(".NestedStack"):
        return head.removesuffix(".NestedStack")
    return resource_path


def _find_grants_later(metadata: StackMetadata, template: dict[str, Json]) -> Callable[..., Source | None]:
    found: Callable[..., Source | None] | None = None

    def find_grant(statement: Mapping[str, Json], guilty: Sequence[Json]) -> Source | None:
        nonlocal found
        if found is None:
            from cdkguard.inputs.grant_lines import GrantLines  # few runs have a finding on a policy

            found = GrantLines(metadata.entries, metadata.base, template)
        return found(statement, guilty)

    return find_grant
