"""A stack's metadata: the user's own line for each construct, construct paths, acknowledgements.

CDK writes the metadata by construct path, into the manifest or a file beside it:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.MetadataEntry.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from cdkguard._typing import TYPE_CHECKING, Json
from cdkguard.inputs.shapes import construct_path_of, mapping_or_empty
from cdkguard.model import Acknowledgement, Source
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

if TYPE_CHECKING:
    from cdkguard.inputs.code_files import CodeFiles
    from cdkguard.inputs.source_maps import SourceMaps
    from cdkguard.inputs.stack_frames import Frame

_COMPILED = (".js", ".mjs", ".cjs")
_PREFIX = "cdkguard::"
_REASON = lazy_pattern(r"(.*?)\s*\((?:owner ([^,()]+))?(?:, )?(?:until (\S+))?\)", re.DOTALL)


class StackMetadata:
    """The metadata entries of the stack at `stack_path` and of those nested in it, by construct path.

    Files of source lines are relative to `base` where they lie below it.
    """

    def __init__(self, entries: dict[str, list[Json]], base: str, stack_path: str = "") -> None:
        self.entries, self.base, self.stack_path = entries, base, stack_path
        self._maps: SourceMaps | None = None
        self._logical_ids: list[tuple[str, str, str | None]] | None = None
        self._frames: dict[str, Sequence[Frame]] = {}
        self._stack_frames: Sequence[Frame] | None = None
        self._sources: dict[str, Source | None] = {}

    @cached_property
    def code(self) -> CodeFiles:
        """The user's code files that traces name."""
        from cdkguard.inputs.code_files import CodeFiles

        return CodeFiles()

    def construct_paths(self, template: Mapping[str, Json], nested_in: str | None) -> dict[str, str]:
        """Logical id -> construct path for one template: the stack's own, or that of the nested stack at this path."""
        found: dict[str, str] = {}
        resources = template["Resources"]

        for path, logical_id, owner in self._read_logical_ids():
            if logical_id in resources and owner == nested_in:
                found.setdefault(logical_id, path)

        for logical_id, resource in resources.items():
            path_in_template = construct_path_of(resource)
            if path_in_template is not None:
                found[logical_id] = path_in_template
        return found

    def _read_logical_ids(self) -> list[tuple[str, str, str | None]]:
        """(construct path, logical id, the nested stack it is in): equal constructs have equal ids in each template."""
        if self._logical_ids is None:
            nested = {
                head.removesuffix(".NestedStack") for path in self.entries
                for head, _, last in [path.rpartition("/")] if last.endswith(".NestedStackResource")
            }  # fmt: skip
            self._logical_ids = [
                (path, entry["data"], _nested_stack_around(path, nested))
                for path, entries in self.entries.items() for entry in entries
                if entry.get("type") == "aws:cdk:logicalId" and isinstance(entry.get("data"), str)
            ]  # fmt: skip
        return self._logical_ids

    def acknowledgements(self) -> Iterator[Acknowledgement]:
        """The rules of cdkguard that the app's code acknowledges."""
        for path, entries in self.entries.items():
            for entry in entries:
                if entry.get("type") != "aws:cdk:acknowledged-rules":
                    continue
                for rule, reason in mapping_or_empty(entry.get("data")).items():
                    if rule.startswith(_PREFIX):
                        match = _REASON.fullmatch(str(reason))
                        text, owner, expires = match.groups() if match else (str(reason), None, None)
                        source = self._name_source(self._user_frames(entry.get("trace")), ())
                        yield Acknowledgement(path, rule.removeprefix(_PREFIX), text, source, owner, expires)

    def source_of(self, paths: Mapping[str, str]) -> Callable[[str], Source | None]:
        """A function from a logical id to the user's line, by the resources' construct paths."""
        return lambda logical_id: self.source_at(paths.get(logical_id, ""))

    def source_at(self, path: str) -> Source | None:
        """The line of the user's code that made the construct, or the nearest construct around it."""
        if path not in self._sources:
            parent = path.rpartition("/")[0]
            self._sources[path] = self._find_source(path) or (self.source_at(parent) if parent else None)
        return self._sources[path]

    def lacks_lines(self) -> bool:
        """Whether there are constructs, and no line of the user's code for any of them."""
        return bool(self._read_logical_ids()) and not any(map(self._frames_of, (self.stack_path, *self.entries)))

    def has_traces(self) -> bool:
        """Whether a trace was recorded at all."""
        return any(
            entry.get("trace") or entry.get("type") == "aws:cdk:creationStack"
            for entries in self.entries.values() for entry in entries
        )  # fmt: skip

    def _find_source(self, path: str) -> Source | None:
        if path != self.stack_path:
            frames = self._frames_of(path)
            return self._name_source(frames, self._frames_of_stack()) if frames else None
        frames = self._frames_of_stack()
        found = self._name_source(frames, ())
        return found._replace(called_from=None) if found and frames[0].is_constructor else found

    def _frames_of_stack(self) -> Sequence[Frame]:
        """The frames of the stack's creation, which aws-cdk-lib records since 2.251."""
        if self._stack_frames is None:
            self._stack_frames = self._frames_of(self.stack_path) or self._frames_of_others()
        return self._stack_frames

    def _frames_of_others(self) -> Sequence[Frame]:
        traces = filter(None, map(self._frames_of, self.entries))
        first = next(traces, None)
        if first is None:
            return ()
        from cdkguard.inputs.source_places import find_stack_frames

        return find_stack_frames(self.stack_path, chain((first,), traces), self.code)

    def _frames_of(self, path: str) -> Sequence[Frame]:
        """The user's frames of the construct's creation, the innermost first."""
        if path not in self._frames:
            found: Sequence[Frame] = ()
            for entry in self.entries.get(path, ()):
                if entry.get("type") in ("aws:cdk:creationStack", "aws:cdk:logicalId"):
                    found = self._user_frames(entry.get("trace")) or self._user_frames(entry.get("data")) or found
            self._frames[path] = found
        return self._frames[path]

    def _user_frames(self, trace: Json) -> Sequence[Frame]:
        """The frames outside libraries, in the code as it was written."""
        if not trace or not isinstance(trace, list):
            return ()
        from cdkguard.inputs.stack_frames import is_library, user_frames

        found = []
        for frame in user_frames(trace):
            written = self._find_written(frame) if frame.file.endswith(_COMPILED) else frame
            if written is not None and not is_library(written.file):
                found.append(written)
        return found

    def _find_written(self, frame: Frame) -> Frame | None:
        from cdkguard.inputs.source_maps import SourceMaps  # apps that run compiled code alone need it

        self._maps = self._maps or SourceMaps(self.code)
        return self._maps.original(frame)

    def _name_source(self, frames: Sequence[Frame], around: Sequence[Frame]) -> Source | None:
        if not frames:
            return None
        from cdkguard.inputs.source_places import choose_places

        made, caller = choose_places(frames, around, self.code)
        if made is None:
            return None
        called_from = caller and Source(files.relative(caller.file, self.base), caller.line, caller.column)
        return Source(files.relative(made.file, self.base), made.line, made.column, called_from)


def _nested_stack_around(path: str, nested: Collection[str]) -> str | None:
    """The construct path of the innermost nested stack around a construct."""
    while nested and path:
        path = path.rpartition("/")[0]
        if path in nested:
            return path
    return None
