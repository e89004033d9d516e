"""A notice where a stack's metadata has no line of the user's code: which library recorded none, and how it would."""

from __future__ import annotations

import os

from cdkguard.inputs.source_lines import StackMetadata
from cdkguard.model import Problem
from cdkguard.system import files
from cdkguard.text.regexes import lazy_pattern

_JSII = "jsii 1.136 or newer"  # those hand the frames of the host language over
_BEGINNING = 256 * 1024  # bytes of tree.json in which a version stands, or nowhere
_VERSION = lazy_pattern(r'"fqn"\s*:\s*"aws-cdk-lib\.[\w.]+"\s*,\s*"version"\s*:\s*"([\w.+-]{1,40})"')


def note_missing_lines(metadata: StackMetadata, root: str) -> Problem | None:
    """The notice for a stack of the cloud assembly `root` that lacks lines, in the same words for each.

    An assembly that does not say which library wrote it gets none.
    """
    version = _read_version(os.path.join(root, "tree.json"))
    if version is None:
        return None
    from cdkguard.inputs.stack_traces import RECORDS_HOST_LINES, RECORDS_LINES, is_older

    text = f"no source lines: aws-cdk-lib {version} "
    if metadata.has_traces():
        text += "recorded no line of the app's own code; in Python "
        if is_older(version, RECORDS_HOST_LINES):
            text += f"let `cdkguard check` run the app, with {_JSII}"
        else:
            text += f"run the app with JSII_HOST_STACK_TRACES=1, and with {_JSII}"
    elif is_older(version, RECORDS_LINES):
        text += "records none by itself; run the app with CDK_DEBUG=1"
        text += f" (in Python let `cdkguard check` run it, with {_JSII})"
    else:
        text += "recorded none (the context key aws:cdk:disable-creation-stack-traces switches them off)"
    return Problem("notice", text, fatal=False)


def _read_version(path: str) -> str | None:
    """The version of aws-cdk-lib that the beginning of a tree.json names."""
    try:
        if not files.is_file(path):
            return None
        match = _VERSION.search(files.read_bytes(path, _BEGINNING).decode("utf-8", "replace"))
    except OSError:
        return None
    return match[1] if match else None
