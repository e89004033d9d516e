"""The files and lines that findings point at, as paths that the readers of an output can open."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from cdkguard._typing import Any, NamedTuple
from cdkguard.model import Finding, Source
from cdkguard.outputs.render import Options


class Location(NamedTuple):
    """A file, relative to the repository's root if it lies there, and a line from 1, a column where it is known."""

    file: str
    line: int
    column: int | None = None


def relative_path(path: str, root: str) -> str:
    """The path with forward slashes; below `root` relative to it, otherwise as it is."""
    normal = posixpath.normpath(path.replace("\\", "/")) if path else path
    base = posixpath.normpath(root.replace("\\", "/")).rstrip("/") + "/" if root else ""
    return normal[len(base) :] if base and normal.startswith(base) else normal


def is_in_repository(path: str) -> bool:
    """Whether a path that `relative_path` returned can be found from the repository root."""
    return bool(path) and not path.startswith(("/", "../")) and path != ".." and ":" not in path.partition("/")[0]


# A resource of these is in the baseline alone, and so is its source line; another one may stand there now.
_GONE = ("WILL_DESTROY", "WILL_ORPHAN", "STACK_REMOVED")


def has_line_of_baseline(finding: Finding) -> bool:
    """Whether the source line is one of the baseline's code."""
    return finding.impact in _GONE


def source_location(finding: Finding, options: Options) -> Location | None:
    """The user's own line, if the app said which."""
    if finding.source is None:
        return None
    column = finding.source.column and max(1, finding.source.column)
    return Location(relative_path(finding.source.file, options.root), max(1, finding.source.line), column)


def source_document(source: Source | None, options: Options) -> dict[str, Any] | None:
    """The source of a finding or change in JSON; `column` and `calledFrom` only where they are known."""
    if source is None:
        return None
    document: dict[str, Any] = {"file": relative_path(source.file, options.root), "line": source.line}
    if source.column:
        document["column"] = source.column
    if source.called_from:
        document["calledFrom"] = source_document(source.called_from, options)
    return document


def name_line(source: Source, options: Options) -> str:
    """`lib/helpers.ts:6`, for people."""
    return f"{relative_path(source.file, options.root)}:{source.line}"


def name_caller(source: Source, options: Options) -> str:
    """`, called from lib/main.ts:26`; empty where no caller is known."""
    return f", called from {name_line(source.called_from, options)}" if source.called_from else ""


def committed_location(finding: Finding, options: Options) -> Location:
    """A line in a committed file: the source line, else cdk.json (cdk.out is ignored by git), else the template."""
    source = source_location(finding, options)
    if source and is_in_repository(source.file):
        return source
    template = relative_path(finding.template_path, options.root)
    if options.cdk_json is None and is_in_repository(template):
        return Location(template, max(1, finding.template_line or 1))
    return Location(options.cdk_json or "cdk.json", 1)


def subject_of(finding: Finding) -> str:
    """The name of what the finding is about: construct path, else logical id, else the stack."""
    return finding.construct_path or finding.logical_id or finding.stack_path or finding.stack


def describe_location(finding: Finding) -> str:
    """Subject and template in words, for outputs whose location may be only a stand-in."""
    kind = f" ({finding.resource_type})" if finding.resource_type else ""
    line = f":{finding.template_line}" if finding.template_line else ""
    return f"{subject_of(finding)}{kind} in {finding.template_path}{line}"


def make_unique_fingerprints(findings: Iterable[Finding]) -> list[str]:
    """One fingerprint a finding; a repeated one gets `-2`, `-3` ... since readers drop duplicates."""
    seen: dict[str, int] = {}
    used: set[str] = set()
    result = []
    for finding in findings:
        base = finding.fingerprint or _stand_in(finding)
        name = base
        while name in used:
            seen[base] = seen.get(base, 1) + 1
            name = f"{base}-{seen[base]}"
        used.add(name)
        result.append(name)
    return result


def _stand_in(finding: Finding) -> str:
    import hashlib

    parts = (finding.rule_id, finding.stack_path, subject_of(finding), *finding.property_paths)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
