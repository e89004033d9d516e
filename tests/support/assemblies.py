"""Small cloud assemblies, written file by file."""

import json


def assembly_with(folder, resources, **artifact):
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


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def stack(file="Main.template.json", **properties):
    return {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": "Main",
            "properties": {"templateFile": file, **properties}}  # fmt: skip


def manifest(folder, artifacts, **extra):
    write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts, **extra})


def template(**resources):
    return {"Resources": resources}


BUCKET = {"Type": "AWS::S3::Bucket"}


def nested_resource(**options):
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://x/", "a" * 64, ".json"]]}},
        **options,
    }
