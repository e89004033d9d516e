"""A cloud assembly (cdk.out) or bare templates -> Assembly: every stack with construct paths and source lines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

from cdkguard._typing import Json, NamedTuple
from cdkguard.errors import CdkguardError, InputError, TemplateError, TooMuchError
from cdkguard.inputs.template_file import parse_json, read_template, read_text
from cdkguard.model import Acknowledgement, Assembly, Missing, Problem, Source, Stack
from cdkguard.system import files
from cdkguard.template.values import flatten
from cdkguard.text.regexes import late

KNOWN_SCHEMA = 55  # the newest major version of the cloud assembly schema that was read here
MAX_LEVELS = 30  # of stages in stages, and of nested stacks in nested stacks
MAX_AGAIN = 1_000_000  # bytes of files that were read for another stack already: CDK writes one file for each
_STACK, _STAGE = "aws:cloudformation:stack", "cdk:cloud-assembly"
_PREFIX = "cdkguard::"
_FRAME = late(r"^(?:.*\()?(?:file://)?((?:/|[A-Za-z]:[\\/]).*?):(\d{1,9})(?::\d+)?\)?$")
_ACCEPTED = late(r"(.*?)\s*\((?:owner ([^,()]+))?(?:, )?(?:until (\S+))?\)", re.DOTALL)
_FOREIGN_CODE = late(
    r"[\\/](?:node_modules|site-packages|dist-packages|jsii-kernel-[^\\/]*|aws-cdk-lib|lib(?:64)?[\\/]python3\.\d+)[\\/]"
)
_TEMPLATE_NAME = late(r"(?:\.nested)?(?:\.template)?\.(?:json|ya?ml|template)$")
_TEMPLATE_WORDS = late(r"Resources|AWSTemplateFormatVersion|AWS::")
_VPC_DUMMIES = ("vpc-12345", "s-12345", "p-12345", "p-67890")
_DUMMIES = {
    "vpc-provider": _VPC_DUMMIES, "availability-zones": ("dummy1a", "dummy1b", "dummy1c"), "ami": ("ami-1234",),
    "hosted-zone": ("DUMMY",), "security-group": ("sg-12345678", "sg-12345"), "key-provider": ("1234abcd-12ab-34cd-56ef-1234567890ab",),
    "endpoint-service-availability-zones": ("dummy1a", "dummy1b", "dummy1c"),
}  # fmt: skip


def read(directory: str, base: str | None = None, app_directory: str | None = None) -> Assembly:
    """A cloud assembly with all of its stages and nested stacks.

    `base` is the folder that shown paths are relative to (default: the current one). Raises InputError where the
    manifest cannot be read or holds no stack; a template that cannot be read is a fatal Problem in the result.
    """
    found = _joined(part.read() for part in _manifest_parts(directory, base))
    if not found.stacks and not any(p.fatal for p in found.problems):
        raise InputError(f"{os.path.join(directory, 'manifest.json')}: the app has no stack, so nothing can be judged")
    return found._replace(directory=directory, app_directory=app_directory)


class Readings:
    """For which stacks each file was read: one that very many name, or that names itself, makes much of little."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}  # file -> stack
        self.more: set[tuple[str, str]] = set()  # (file, another stack)
        self.again = 0
        self.sources: dict[str, tuple[dict[str, str], CdkguardError | None]] = {}  # folder -> its assets' files by hash

    def note(self, file: str, stack: str) -> None:
        """Raises TooMuchError where files were read again and again."""
        if self.first.setdefault(file, stack) == stack or (file, stack) in self.more:
            return
        self.more.add((file, stack))
        self.again += size_of(file)
        if self.again > MAX_AGAIN:
            text = f"named by so many stacks that more than {MAX_AGAIN // 1_000_000} MB would be read again"
            raise TooMuchError(f"{_relative(file, os.getcwd())}: {text}")

    def add(self, other: Readings) -> None:
        """What another process has read."""
        for file, stack in (*other.first.items(), *other.more):
            self.note(file, stack)


def size_of(file: str) -> int:
    """In bytes; 0 where that cannot be told, as the reader of the file will say."""
    try:
        return os.path.getsize(file)
    except (OSError, ValueError):
        return 0


class Part(NamedTuple):
    """A stack with the stacks nested in it, which is read and judged without the others."""

    read: Callable[[], Assembly]
    origin: str  # the cloud assembly, folder or file that it belongs to
    account: str | None = None
    file: str = ""  # of the template
    readings: Readings | None = None  # of the whole assembly


def parts(paths: Sequence[str]) -> list[Part]:
    """What `read_paths` reads, in parts; raises CdkguardError where that says what is wrong."""
    readings = Readings()
    return [part for path in paths for part in _parts_of(path, readings)]


def _parts_of(path: str, readings: Readings) -> Iterator[Part]:
    if files.is_file(os.path.join(path, "manifest.json")):
        yield from _manifest_parts(path, None, readings)
    elif not files.is_folder(path):
        yield Part(lambda: _bare(path), path, file=path)
    else:
        for found, kind in _members(path):
            if kind == _ASSEMBLY:
                yield from _manifest_parts(found, None, readings)
            else:
                yield Part(partial(_READERS[kind], found), path, file=found if kind == _FILE else "")


def _manifest_parts(directory: str, base: str | None, readings: Readings | None = None) -> list[Part]:
    reader = _Reader(os.path.realpath(directory), base or os.getcwd(), readings)
    reader.read_manifest(directory, 0, None)
    return reader.parts


def _joined(pieces: Iterable[Assembly]) -> Assembly:
    listed = list(pieces)
    return Assembly(
        tuple(s for piece in listed for s in piece.stacks), tuple(p for piece in listed for p in piece.problems),
        tuple(m for piece in listed for m in piece.missing),
    )  # fmt: skip


class _Reader:
    """Walks one cloud assembly and gathers its stacks."""

    def __init__(self, root: str, base: str, readings: Readings | None = None) -> None:
        self.root, self.base = root, base
        self.readings = Readings() if readings is None else readings
        self.parts: list[Part] = []
        self.stacks: list[Stack] = []  # of one part, as are the problems
        self.problems: list[Problem] = []
        self._seen: set[str] = set()

    def shown(self, path: str) -> str:
        """The path as the user would write it: relative where it lies below the base."""
        return _relative(path, self.base)

    def inside(self, directory: str, name: Json, owner: str) -> str:
        """The path of a file that a manifest names; raises TemplateError where it leaves the assembly."""
        if not isinstance(name, str) or not name:
            raise TemplateError(f"{self.shown(owner)}: a file name is missing")
        if not _can_be(name):
            raise TemplateError(f"{self.shown(owner)}: no file can be named '{name}'")
        path = os.path.join(directory, name)
        real = os.path.realpath(path)
        if os.path.isabs(name) or os.path.commonpath([real, self.root]) != self.root:
            raise TemplateError(f"{self.shown(owner)}: '{name}' is outside the cloud assembly")
        if os.path.exists(real) and not os.path.isfile(real) and not os.path.isdir(real):
            raise TemplateError(f"{self.shown(path)}: is a pipe or device")
        return path

    def load(self, path: str) -> Json:
        return parse_json(read_text(path, self.shown(path)), self.shown(path))

    def section(self, owner: Mapping[str, Json], name: str, kind: type, path: str) -> Json:
        """A part of the manifest, empty where it is left out; raises InputError where it is something else."""
        found = owner.get(name)
        if found is not None and not isinstance(found, kind):
            raise InputError(f"{self.shown(path)}: {name} is not a {'list' if kind is list else 'mapping'}")
        return kind() if found is None else found

    def properties(self, artifact: Mapping[str, Json], path: str) -> dict[str, Json]:
        found: dict[str, Json] = self.section(artifact, "properties", dict, path)
        return found

    def read_manifest(self, directory: str, level: int, inherited: str | None) -> None:
        path = os.path.join(directory, "manifest.json")
        real = os.path.realpath(path)
        if real in self._seen or level > MAX_LEVELS:
            raise InputError(f"{self.shown(path)}: stages that contain each other")
        self._seen.add(real)
        if not files.is_file(path):
            raise InputError(f"{self.shown(path)}: not found, so this is no cloud assembly")
        manifest = self.load(self.inside(directory, "manifest.json", path))
        if not isinstance(manifest, dict) or "version" not in manifest:
            raise InputError(f"{self.shown(path)}: has no version, so it is not a manifest of a cloud assembly")
        artifacts = manifest.get("artifacts", {})
        if not isinstance(artifacts, dict):  # null, too: nothing would be judged
            raise InputError(f"{self.shown(path)}: artifacts is not a mapping")
        self._note_version(path, manifest["version"])
        missing = tuple(_missing(self.section(manifest, "missing", list, path), directory, self.shown(path)))
        if missing:
            self._say(path, missing=missing)
        for name, artifact in artifacts.items():
            if not isinstance(artifact, dict):
                raise InputError(f"{self.shown(path)}: artifact '{name}' is not a mapping")
            try:
                if artifact.get("type") == _STACK:
                    self._plan(directory, path, name, artifact, missing)
                elif artifact.get("type") == _STAGE:
                    folder = self.inside(directory, self.properties(artifact, path).get("directoryName"), path)
                    self.read_manifest(folder, level + 1, artifact.get("displayName") or name)
                elif "templateFile" in _mapping(artifact.get("properties")):
                    kind = artifact.get("type")
                    raise InputError(
                        f"{self.shown(path)}: artifact '{name}' ({kind}) has a template that was not judged"
                    )
            except CdkguardError as problem:  # the others are read all the same; the run ends in an error
                self._say(path, Problem("template", str(problem), self.shown(path)))

    def _say(self, manifest: str, *problems: Problem, missing: tuple[Missing, ...] = ()) -> None:
        said = Assembly((), problems, missing)
        self.parts.append(Part(lambda: said, os.path.dirname(manifest)))

    def _plan(
        self, directory: str, manifest: str, name: str, artifact: Mapping[str, Json], missing: tuple[Missing, ...]
    ) -> None:
        def read_part() -> Assembly:
            one = _Reader(self.root, self.base, self.readings)
            try:
                one._read_stack(directory, manifest, name, artifact, missing)
            except TooMuchError:
                raise
            except CdkguardError as problem:  # the others are read all the same; the run ends in an error
                one.problems.append(Problem("template", str(problem), self.shown(manifest)))
            return Assembly(tuple(one.stacks), tuple(one.problems))

        file = os.path.join(directory, str(self.properties(artifact, manifest).get("templateFile")))
        self.parts.append(
            Part(read_part, directory, environment_of(artifact.get("environment"))[0], file, self.readings)
        )

    def _note_version(self, path: str, version: Json) -> None:
        major = str(version).split(".")[0]
        if major.isdigit() and int(major) > KNOWN_SCHEMA:
            text = f"{self.shown(path)}: schema version {version} is newer than {KNOWN_SCHEMA}, the newest that cdkguard knows"
            self._say(path, Problem("notice", text, fatal=False))

    def _read_stack(
        self, directory: str, manifest: str, name: str, artifact: Mapping[str, Json], missing: tuple[Missing, ...]
    ) -> None:
        properties = self.properties(artifact, manifest)
        path = self.inside(directory, properties.get("templateFile"), manifest)
        owner = f"{manifest}:{name}"
        self.readings.note(os.path.realpath(path), owner)
        template, lines = read_template(path, self.shown(path), may_be_empty=True)
        metadata = _Metadata(self._metadata(directory, manifest, artifact, owner), self.base)
        account, region = environment_of(artifact.get("environment"))
        construct_path = str(artifact.get("displayName") or name)
        tags, parameters = (self.section(properties, name, dict, manifest) for name in ("tags", "parameters"))
        topics = self.section(properties, "notificationArns", list, manifest)
        stack = Stack(
            str(properties.get("stackName") or name), template, self.shown(path), construct_path=construct_path,
            account=account, region=region, termination_protection=properties.get("terminationProtection") is True,
            tags={str(k): str(v) for k, v in tags.items()}, parameters=parameters,
            notification_arns=[str(arn) for arn in topics],
            construct_paths=metadata.paths(template, None), line_of=lines,
            source=metadata.source_at(construct_path), acknowledgements=tuple(metadata.acknowledgements()),
            missing=missing, from_assembly=True,
        )  # fmt: skip
        stack.source_of = metadata.source_of(stack.construct_paths)
        self.stacks.append(stack)
        self._read_nested(directory, stack, metadata, 0, owner)

    def _metadata(
        self, directory: str, manifest: str, artifact: Mapping[str, Json], owner: str
    ) -> dict[str, list[Json]]:
        """The entries of both places: in the manifest, and in the file beside it since aws-cdk-lib 2.250."""
        found: dict[str, list[Json]] = {}
        sources = [artifact.get("metadata")]
        if "additionalMetadataFile" in artifact:
            path = self.inside(directory, artifact["additionalMetadataFile"], manifest)
            self.readings.note(os.path.realpath(path), owner)
            sources.append(self._metadata_file(path))
        for source in sources:
            for place, entries in _mapping(source).items():
                found.setdefault(place.lstrip("/"), []).extend(e for e in _list(entries) if isinstance(e, dict))
        return found

    def _metadata_file(self, path: str) -> Json:
        """Without it a stack is judged all the same: source lines and acknowledgements are lost, findings are not."""
        if files.is_file(path):
            return self.load(path)
        text = f"{self.shown(path)}: not found, so findings of its stack have no source line and acknowledgements do not count"
        self.problems.append(Problem("notice", text, self.shown(path), fatal=False))
        return None

    # -- nested stacks

    def _read_nested(self, directory: str, parent: Stack, metadata: _Metadata, level: int, owner: str) -> None:
        for logical_id, body in parent.template["Resources"].items():
            if isinstance(body, dict) and body.get("Type") == "AWS::CloudFormation::Stack":
                try:
                    self._read_one_nested(directory, parent, metadata, logical_id, body, level, f"{owner}/{logical_id}")
                except TooMuchError:
                    raise
                except CdkguardError as problem:
                    text = f"nested stack '{logical_id}' of {parent.template_path} was not judged: {problem}"
                    self.problems.append(Problem("nested-template", text, parent.template_path))

    def _read_one_nested(
        self,
        directory: str,
        parent: Stack,
        metadata: _Metadata,
        logical_id: str,
        body: Mapping[str, Json],
        level: int,
        owner: str,
    ) -> None:
        if level >= MAX_LEVELS:
            raise TemplateError(f"nested deeper than {MAX_LEVELS} levels")
        resource_path = parent.construct_paths.get(logical_id)
        construct_path = nested_path(resource_path, logical_id, parent)
        name = self._nested_file(directory, parent, metadata, construct_path, body)
        if name is None:
            parent.unread |= {logical_id}
            return
        path = self.inside(directory, name, parent.template_path)
        self.readings.note(os.path.realpath(path), owner)
        template, lines = read_template(path, self.shown(path))
        root = parent.root
        stack = Stack(
            f"{root.name}/{construct_path.rpartition('/')[2]}", template, self.shown(path), construct_path=construct_path,
            account=root.account, region=root.region, termination_protection=root.termination_protection, tags=root.tags,
            parent=parent, parent_logical_id=logical_id, construct_paths=metadata.paths(template, construct_path),
            line_of=lines, source=metadata.source_at(construct_path) or metadata.source_at(resource_path or ""),
            missing=root.missing, from_assembly=True,
        )  # fmt: skip
        stack.source_of = metadata.source_of(stack.construct_paths)
        self.stacks.append(stack)
        self._read_nested(directory, stack, metadata, level + 1, owner)

    def _nested_file(
        self, directory: str, parent: Stack, metadata: _Metadata, construct_path: str, body: Mapping[str, Json]
    ) -> str | None:
        """The nested template's file: by its metadata, by CDK's entry for the construct, or by its asset's hash."""
        named = _mapping(body.get("Metadata")).get("aws:asset:path")
        if isinstance(named, str):
            return named
        for entry in metadata.entries.get(construct_path, ()):
            if entry.get("type") == "aws:cdk:templateFile" and isinstance(entry.get("data"), str):
                return str(entry["data"])
        url = flatten(_mapping(body.get("Properties")).get("TemplateURL")) or ""
        hashes = re.findall(r"([0-9a-f]{64})\.json", url)
        return self._asset(directory, hashes[-1], parent.template_path) if hashes else None

    def _asset(self, directory: str, digest: str, owner: str) -> str | None:
        """The file of an asset in the folder, whose lists of assets are read once for all nested stacks."""
        if directory not in self.readings.sources:
            self.readings.sources[directory] = self._assets(directory, owner)
        sources, problem = self.readings.sources[directory]
        if digest not in sources and problem is not None:
            raise problem
        return sources.get(digest)

    def _assets(self, directory: str, owner: str) -> tuple[dict[str, str], CdkguardError | None]:
        """File by hash, and what is wrong with the list at which the reading ended."""
        found: dict[str, str] = {}
        try:
            for file in sorted(os.listdir(directory)):
                if file.endswith(".assets.json"):
                    files = _mapping(_mapping(self.load(self.inside(directory, file, owner))).get("files"))
                    for digest, asset in files.items():
                        source = _mapping(_mapping(asset).get("source")).get("path")
                        if isinstance(source, str):
                            found.setdefault(digest, source)
        except CdkguardError as problem:  # kept for the nested stacks whose asset is not found before it
            return found, problem
        return found, None


def nested_path(resource_path: str | None, logical_id: str, parent: Stack) -> str:
    """`Main/Nest` of the resource `Main/Nest.NestedStack/Nest.NestedStackResource`."""
    if resource_path is None:
        return f"{parent.construct_path}/{logical_id}"
    head, _, last = resource_path.rpartition("/")
    if last.endswith(".NestedStackResource") and head.endswith(".NestedStack"):
        return head.removesuffix(".NestedStack")
    return resource_path


class _Metadata:
    """What a stack's metadata says, by construct path."""

    def __init__(self, entries: dict[str, list[Json]], base: str) -> None:
        self.entries, self.base = entries, base
        self._logical: list[tuple[str, str, str | None]] | None = None
        self._sources: dict[str, Source | None] = {}

    def _logical_ids(self) -> list[tuple[str, str, str | None]]:
        """(construct path, logical id, the nested stack it is in): equal constructs have equal ids in each template."""
        if self._logical is None:
            nested = {
                head.removesuffix(".NestedStack") for path in self.entries
                for head, _, last in [path.rpartition("/")] if last.endswith(".NestedStackResource")
            }  # fmt: skip
            self._logical = [
                (path, entry["data"], _owner(path, nested)) for path, entries in self.entries.items() for entry in entries
                if entry.get("type") == "aws:cdk:logicalId" and isinstance(entry.get("data"), str)
            ]  # fmt: skip
        return self._logical

    def paths(self, template: Mapping[str, Json], nested_in: str | None) -> dict[str, str]:
        """Logical id -> construct path for one template: the stack's own, or that of the nested stack at this path."""
        found: dict[str, str] = {}
        resources = template["Resources"]
        for path, logical_id, owner in self._logical_ids():
            if logical_id in resources and owner == nested_in:
                found.setdefault(logical_id, path)
        for logical_id, body in resources.items():
            named = _mapping(_mapping(body).get("Metadata")).get("aws:cdk:path")
            if isinstance(named, str):
                found[logical_id] = named
        return found

    def acknowledgements(self) -> Iterator[Acknowledgement]:
        for path, entries in self.entries.items():
            for entry in entries:
                if entry.get("type") != "aws:cdk:acknowledged-rules":
                    continue
                for rule, reason in _mapping(entry.get("data")).items():
                    if rule.startswith(_PREFIX):
                        said = _ACCEPTED.fullmatch(str(reason))
                        text, owner, expires = said.groups() if said else (str(reason), None, None)
                        source = self._user_frame(entry.get("trace"))
                        yield Acknowledgement(path, rule.removeprefix(_PREFIX), text, source, owner, expires)

    def source_of(self, paths: Mapping[str, str]) -> Callable[[str], Source | None]:
        return lambda logical_id: self.source_at(paths.get(logical_id, ""))

    def source_at(self, path: str) -> Source | None:
        """The line of the user's code that made the construct, or the nearest construct around it."""
        if path not in self._sources:
            found = None
            for entry in self.entries.get(path, ()):
                if entry.get("type") in ("aws:cdk:creationStack", "aws:cdk:logicalId"):
                    found = self._user_frame(entry.get("trace")) or self._user_frame(entry.get("data")) or found
            parent = path.rpartition("/")[0]
            self._sources[path] = found or (self.source_at(parent) if parent else None)
        return self._sources[path]

    def _user_frame(self, trace: Json) -> Source | None:
        """The innermost frame outside libraries."""
        for frame in _list(trace):
            found = _FRAME.match(frame) if isinstance(frame, str) else None
            if found and not _FOREIGN_CODE.search(found.group(1)):
                return Source(_relative(found.group(1), self.base), int(found.group(2)))
        return None


def _owner(path: str, nested: Collection[str]) -> str | None:
    """The innermost nested stack around a construct."""
    while nested and path:
        path = path.rpartition("/")[0]
        if path in nested:
            return path
    return None


def environment_of(text: Json) -> tuple[str | None, str | None]:
    """(account, region) of `aws://account/region`, None for what is agnostic."""
    parts = str(text or "").removeprefix("aws://").split("/")
    account = parts[0] if re.fullmatch(r"\d{12}", parts[0]) else None
    region = parts[1] if len(parts) > 1 and parts[1] not in ("", "unknown-region") else None
    return account, region


def _missing(entries: Sequence[Json], directory: str, shown: str) -> Iterator[Missing]:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise InputError(f"{shown}: missing[{number}] is not a mapping")
        provider = str(entry.get("provider", ""))
        props = _mapping(entry.get("props"))
        dummies = tuple(_texts(props.get("dummyValue"))) or _DUMMIES.get(provider, ())
        if provider == "ssm" and not dummies:
            dummies = (f"dummy-value-for-{props.get('parameterName')}",)
        yield Missing(str(entry.get("key", "")), provider, dummies, directory)


def _texts(value: Json) -> Iterator[str]:
    """Every text in a dummy value, which can be a list or a mapping (Cloud Control lookups)."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else _list(value):
        yield from _texts(inner)


# -- bare templates


def read_paths(paths: Sequence[str]) -> Assembly:
    """Templates, folders of templates and cloud assemblies, in the order given.

    What cannot be read becomes a fatal Problem beside what can; raises InputError where a path does not exist or a folder
    holds nothing to judge.
    """
    parts = [_read_path(path) if len(paths) == 1 else _attempt(_read_path, path) for path in paths]
    stacks = tuple(stack for part in parts for stack in part.stacks)
    mark_unread(stacks, lambda: {os.path.realpath(stack.template_path) for stack in stacks})
    return Assembly(
        stacks, tuple(p for part in parts for p in part.problems), tuple(m for part in parts for m in part.missing),
        parts[0].directory if len(parts) == 1 else None, parts[0].app_directory if len(parts) == 1 else None,
    )  # fmt: skip


def _attempt(reader: Callable[[str], Assembly], path: str) -> Assembly:
    """One of several: what stops it is told beside what the others hold."""
    try:
        return reader(path)
    except InputError as problem:
        return Assembly((), (Problem("template", str(problem), path),))


def mark_unread(stacks: Iterable[Stack], read: Callable[[], Collection[str]]) -> None:
    """Sets `unread` of bare templates: their nested ones lie anywhere, and count only where they are read, too.

    `read` gives the real paths of the templates that are.
    """
    for stack in stacks:
        if places := dict(_nested_places(stack)):
            files = read()
            stack.unread = frozenset(k for k, p in places.items() if not _can_be(p) or os.path.realpath(p) not in files)


def _nested_places(stack: Stack) -> Iterator[tuple[str, str]]:
    """Each nested stack of a bare template, and where its template would be."""
    for logical_id, body in stack.template["Resources"].items() if not stack.from_assembly else ():
        if not isinstance(body, dict) or body.get("Type") != "AWS::CloudFormation::Stack":
            continue
        metadata, properties = _mapping(body.get("Metadata")), _mapping(body.get("Properties"))
        url = metadata.get("aws:asset:path") or properties.get("TemplateURL")
        yield logical_id, os.path.join(os.path.dirname(stack.template_path), url) if isinstance(url, str) else ""


def _read_path(path: str) -> Assembly:
    if files.is_file(os.path.join(path, "manifest.json")):
        return read(path)
    if files.is_folder(path):
        return _read_folder(path)
    if not files.exists(path):
        raise InputError(f"{path}: no such file or folder")
    return _bare(path)


def _bare(path: str) -> Assembly:
    """One template file."""
    try:
        template, lines = read_template(path)
    except TemplateError as problem:
        return Assembly((), (Problem("template", str(problem), path),))
    paths = {
        logical_id: named for logical_id, body in template["Resources"].items()
        if isinstance(named := _mapping(_mapping(body).get("Metadata")).get("aws:cdk:path"), str)
    }  # fmt: skip
    name = _TEMPLATE_NAME.sub("", os.path.basename(path))
    return Assembly((Stack(name, template, path, construct_paths=paths, line_of=lines),))


def _read_folder(folder: str) -> Assembly:
    found = _joined(_READERS[kind](path) for path, kind in _members(folder))
    if not found.stacks and not found.problems:
        raise InputError(f"{folder}: no template and no cloud assembly in this folder, so nothing was judged")
    return found


_ASSEMBLY, _FILE, _LINK = "assembly", "file", "link"


def _members(folder: str) -> Iterator[tuple[str, str]]:
    """What a folder holds: cloud assemblies, files that may be templates, and links to folders, which are not followed."""
    for directory, folders, names in files.walk(folder):
        if "manifest.json" in names and _is_manifest(os.path.join(directory, "manifest.json")):
            yield directory, _ASSEMBLY
            folders[:] = []
            continue
        folders[:] = sorted(f for f in folders if f not in ("node_modules", ".git", ".venv"))
        for name in sorted(names):
            if name.lower().endswith((".json", ".yaml", ".yml", ".template")):
                yield os.path.join(directory, name), _FILE
        for name in folders:
            if os.path.islink(os.path.join(directory, name)):
                yield os.path.join(directory, name), _LINK


def _not_followed_link(path: str) -> Assembly:
    text = f"{path}: a link to a folder, which was not followed; name it, too, if its templates are to be judged"
    return Assembly((), (Problem("notice", text, path, fatal=False),))


def _bare_in_folder(path: str) -> Assembly:
    """One file of a folder; nothing where it is clearly no template."""
    if os.path.exists(path) and not os.path.isfile(path):
        return Assembly((), (Problem("template", f"{path}: is a pipe or device", path),))
    found = _bare(path)
    return found if found.stacks or not _is_no_template(found.problems[0].message, path) else Assembly(())


_READERS: dict[str, Callable[[str], Assembly]] = {
    _ASSEMBLY: partial(_attempt, read),
    _FILE: _bare_in_folder,
    _LINK: _not_followed_link,
}


def _is_manifest(path: str) -> bool:
    if not os.path.isfile(path):
        return True
    try:
        with open(path, encoding="utf-8") as handle:
            return '"artifacts"' in handle.read()
    except (OSError, UnicodeDecodeError):
        return True  # let the reader say what is wrong with it


def _is_no_template(message: str, path: str) -> bool:
    """Whether a file is clearly something else: package.json, a list, YAML of another tool with no word of a template."""
    if "no Resources" in message or "a template is a mapping" in message or message.endswith(": empty"):
        return True
    if not path.endswith((".yaml", ".yml")):
        return False
    try:
        return _TEMPLATE_WORDS.search(read_text(path, path)) is None
    except TemplateError:
        return False


def _can_be(name: str) -> bool:
    """Whether a file can be named so: JSON has texts that no system call takes."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _relative(path: str, base: str) -> str:
    """Relative to the base where the path lies below it, else as it is."""
    absolute = os.path.abspath(path)
    try:
        inside = os.path.commonpath([absolute, os.path.abspath(base)]) == os.path.abspath(base)
    except ValueError:  # another drive
        inside = False
    return os.path.relpath(absolute, base) if inside else path


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
