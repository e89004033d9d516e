"""The construct tree that CDK writes beside the templates: which classes the app's own code made its resources from."""

from __future__ import annotations

import json
import os

from cdkguard._typing import Json
from cdkguard.inputs.shapes import mapping_or_empty
from cdkguard.system import files

FILE = "tree.json"
# Classes below which an app's own code puts its constructs. A class of the user's own has the name of its base here.
_SCOPES = {
    "aws-cdk-lib.App", "aws-cdk-lib.Stage", "aws-cdk-lib.Stack", "aws-cdk-lib.NestedStack", "constructs.Construct",
}  # fmt: skip


def find_raw_resources(directory: str | None) -> frozenset[str]:
    """The construct paths of resources that the app makes of `Cfn...` classes itself; none where there is no tree."""
    if directory is None:
        return frozenset()
    try:
        root = mapping_or_empty(json.loads(files.read_text(os.path.join(directory, FILE)))).get("tree")
    except (OSError, ValueError, RecursionError):
        return frozenset()

    found, pending = set(), [mapping_or_empty(root)]
    while pending:
        node = pending.pop()
        children = [mapping_or_empty(child) for child in mapping_or_empty(node.get("children")).values()]
        if _class_of(node) in _SCOPES:
            found |= {str(child.get("path")) for child in children if ".Cfn" in _class_of(child)}
        pending += children
    return frozenset(found)


def _class_of(node: Json) -> str:
    return str(mapping_or_empty(node.get("constructInfo")).get("fqn"))
