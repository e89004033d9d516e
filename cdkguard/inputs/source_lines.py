"""A stack's metadata: the user's own line for each construct, construct paths, acknowledgements.

CDK writes the metadata by construct path, into the manifest or a file beside it:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.MetadataEntry.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from cdkguard._typing import Json
from cdkguard.inputs.shapes import construct_path_of, list_or_empty, mapping_or_empty
from cdkguard.model import Acknowledgement, Source
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

_PREFIX = "cdkguard::"
# One line of a stack trace of Node, Python or Java: `new Main (/app/lib/main.ts:10:17)`, `<module> (/app/app.py:12)`.
_FRAME = lazy_pattern(r"^(?:.*\()?(?:file://)?((?:/|[A-Za-z]:[\\/]).*?):(\d{1,9})(?::\d+)?\)?$")
_LIBRARY = lazy_pattern(
    r"[\\/](?:node_modules|site-packages|dist-packages|jsii-kernel-[^\\/]*|aws-cdk-lib|lib(?:64)?[\\/]python3\.\d+)[\\/]"
)
_REASON = lazy_pattern(r"(.*?)\s*\((?:owner ([^,()]+))?(?:, )?(?:until (\S+))?\)", re.DOTALL)


class StackMetadata:
    """The metadata entries of a stack and of those nested in it, by construct path.

    Files of source lines are relative to `base` where they lie below it.
    """

    def __init__(self, entries: dict[str, list[Json]], base: str) -> None:
        self.entries, self.base = entries, base
        self._logical_ids: list[tuple[str, str, str | None]] | None = None
        self._sources: dict[str, Source | None] = {}

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
                        source = self._user_frame(entry.get("trace"))
                        yield Acknowledgement(path, rule.removeprefix(_PREFIX), text, source, owner, expires)

    def source_of(self, paths: Mapping[str, str]) -> Callable[[str], Source | None]:
        """A function from a logical id to the user's line, by the resources' construct paths."""
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
        for frame in list_or_empty(trace):
            match = _FRAME.match(frame) if isinstance(frame, str) else None
            if match and not _LIBRARY.search(match.group(1)):
                return Source(files.relative(match.group(1), self.base), int(match.group(2)))
        return None


def _nested_stack_around(path: str, nested: Collection[str]) -> str | None:
    """The construct path of the innermost nested stack around a construct."""
    while nested and path:
        path = path.rpartition("/")[0]
        if path in nested:
            return path
    return None
