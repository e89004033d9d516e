"""The provider schemas of the installed cfn-lint. Their folders are private to cfn-lint, and move."""

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path


def find_schema_files(folder=None):
    """Type -> the file of its schema, over all regions; `folder` is another one than that of the installed cfn-lint."""
    folder = _find_folder() if folder is None else folder
    digests = {}
    for file in sorted((folder / "providers").glob("*.json")):
        digests |= json.loads(file.read_text())
    if not digests:
        raise SystemExit(f"{folder}/providers: no schema index (cfn-lint {version('cfn-lint')} keeps them elsewhere)")
    return {kind: folder / "resources" / f"{name}.json" for kind, name in digests.items()}


def provider_schemas(folder=None):
    """Type -> schema over all regions, and the date of the schemas."""
    folder = _find_folder() if folder is None else folder
    schemas = {kind: json.loads(file.read_text()) for kind, file in find_schema_files(folder).items()}
    return schemas, json.loads((folder / "version.json").read_text())["schema_date"]


def _find_folder():
    spec = find_spec("cfnlint")
    if spec is None:
        raise SystemExit("cfn-lint is not installed: pip install cfn-lint")
    return Path(spec.origin).parent / "data" / "schemas"
