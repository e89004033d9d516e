"""Small cloud assemblies, written file by file."""

import json
from pathlib import Path
from typing import Any

Json = Any


def assembly_with(folder: Path, resources: Json, **artifact: Json) -> None:
    """A cloud assembly of one stack `Main` with these resources."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Main.template.json").write_text(json.dumps({"Resources": resources}))
    stack = {
        "type": "aws:cloudformation:stack",
        "displayName": "Main",
        "properties": {"templateFile": "Main.template.json"},
        **artifact,
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": {"Main": stack}}))


def write(path: Path, value: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def stack(file: Json = "Main.template.json", **properties: Json) -> Json:
    return {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": "Main",
            "properties": {"templateFile": file, **properties}}  # fmt: skip


def manifest(folder: Path, artifacts: Json, **extra: Json) -> None:
    write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts, **extra})


def template(**resources: Json) -> Json:
    return {"Resources": resources}


BUCKET = {"Type": "AWS::S3::Bucket"}


def nested_resource(**options: Json) -> Json:
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://x/", "a" * 64, ".json"]]}},
        **options,
    }
