"""What the tests of changes build: stacks, assemblies on disk, and a run of `check` against a baseline."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cdkguard.check import comparison
from cdkguard.check.run import check
from cdkguard.config.settings import Config
from cdkguard.diff.compare import compare_stacks
from cdkguard.diff.sides import Sides
from cdkguard.model import Change, Report, Stack, severity_rank
from cdkguard.packs.load import load_packs
from cdkguard.template.stack_scopes import StackScopes

Json = Any

SETS = load_packs(()).sets
TABLES = comparison.type_facts(SETS)


def stack(
    resources: Json,
    name: str = "Shop",
    *,
    parent: Stack | None = None,
    at: str | None = None,
    path: str | None = None,
    paths: dict[str, str] | None = None,
    **sections: Json,
) -> Stack:
    """A stack of a cloud assembly; `at` is the logical id in `parent`, `paths` logical id -> construct path."""
    known = {"account", "region", "termination_protection", "environment", "parameters", "missing"}
    about = {k: v for k, v in sections.items() if k in known}
    rest = {k: v for k, v in sections.items() if k not in known}
    return Stack(
        name, {"Resources": resources, **rest}, f"{name}.template.json", construct_path=path or name,
        parent=parent, parent_logical_id=at, construct_paths=paths or {}, from_assembly=True, **about,
    )  # fmt: skip


def compare(before: Json, after: Json) -> tuple[Change, ...]:
    """The changes between two lists of stacks, or two resource mappings of one stack."""
    old, new = ([stack(side)] if isinstance(side, dict) else list(side) for side in (before, after))
    return compare_stacks(old, new, TABLES, Sides(StackScopes(), StackScopes()))


def find_change(changes: Iterable[Change]) -> Change:
    """The only change that is no noise."""
    (found,) = [c for c in changes if not c.noise]
    return found


def impacts(changes: Iterable[Change]) -> dict[str, str]:
    """{logical id or stack name: impact}, noise left out."""
    return {c.logical_id or c.stack.name: c.impact for c in changes if not c.noise}


def write_template(path: Path, resources: Json, **sections: Json) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Resources": resources, **sections}))
    return str(path)


def write_assembly(folder: Path, **stacks: Json) -> str:
    """A cdk.out with a stack for each keyword: its resources, or {template: ..., artifact: ..., nested: {id: resources}}."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {}
    for name, given in stacks.items():
        spec = given if "template" in given else {"template": {"Resources": given}}
        template = json.loads(json.dumps(spec["template"]))
        for logical_id, nested in spec.get("nested", {}).items():
            file = f"{name}{logical_id}.nested.template.json"
            body = nested if "Resources" in nested else {"Resources": nested}
            (folder / file).write_text(json.dumps(body))
            resource = template["Resources"].setdefault(logical_id, {"Type": "AWS::CloudFormation::Stack"})
            resource.setdefault("Properties", {}).setdefault(
                "TemplateURL", f"https://s3.amazonaws.com/assets/{'0' * 64}.json"
            )
            resource.setdefault("Metadata", {}).update({"aws:asset:path": file, "aws:asset:property": "TemplateURL"})
        (folder / f"{name}.template.json").write_text(json.dumps(template))
        properties = {"templateFile": f"{name}.template.json", **spec.get("properties", {})}
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111111111111/eu-west-1",
            "displayName": name,
            **spec.get("artifact", {}),
            "properties": properties,
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    return str(folder)


def judged(
    tmp_path: Path,
    before: Json,
    after: Json,
    environment: str | None = "prod",
    rules: tuple[str, ...] = ("changes",),
    **config: Any,
) -> Report:
    """`check` of two templates (resources or whole), or of two paths that are there already."""
    paths = []
    for name, side in (("old", before), ("new", after)):
        if isinstance(side, dict):
            whole = side if "Resources" in side else {"Resources": side}
            side = write_template(tmp_path / name / "Shop.template.json", whole["Resources"],
                                  **{k: v for k, v in whole.items() if k != "Resources"})  # fmt: skip
        paths.append(str(side))
    report = check(Config(paths=(paths[1],), against=paths[0], environment=environment, rules=rules, **config))
    assert not report.errors, report.errors
    return report


def fired(report: Report, at_least: str = "high") -> set[str]:
    """The ids of the rules with an active finding on a change at or above that severity."""
    limit = severity_rank(at_least)
    return {f.rule_id for f in report.active if severity_rank(f.severity) >= limit and f.impact}
