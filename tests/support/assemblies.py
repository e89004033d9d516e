"""What several test modules build."""

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
