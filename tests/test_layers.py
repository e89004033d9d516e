"""The layers of the house style, held by reading the imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cdkguard"
RANK = {
    "__init__": 0, "model": 0, "errors": 0, "typed": 0, "hashes": 0,
    "intrinsics": 1, "paths": 1, "operators": 1, "patterns": 1, "network": 1, "policies": 1, "arns": 1, "secrets": 1,
    "foreach": 1, "sam": 1, "requirements": 1, "replacement": 1, "assets": 1,
    "scopes": 2, "settle": 2, "engine": 2, "suppressions": 2, "environments": 2, "renames": 2, "stackpairs": 2, "parts": 2,
    "propagation": 2, "diff": 2, "peers": 2, "globs": 2, "actionnames": 2, "items": 2, "clauses": 2, "branches": 2, "statements": 2, "iam": 2, "views": 2, "attachments": 2,
    "gaps": 2, "principals": 2, "resourcepolicies": 2, "doors": 2, "workloads": 2, "widening": 2, "weakening": 2, "changerules": 2, "guardrails": 2, "honour": 2,
    "files": 3, "interrupts": 3, "processes": 3, "template": 3, "assembly": 3, "synth": 3, "packs": 3, "config": 3, "accepted": 3,
    "staleness": 3, "outputs": 3, "tables": 3, "deployed": 3, "awsaccess": 3, "worktree": 3, "installed": 3, "gitbase": 3, "snapshot": 3,
    "baseline": 3, "approvals": 3, "frameworks": 3, "cfnlint": 3,
    "changes": 4, "jobs": 4, "check": 4, "ruletest": 4, "starter": 4, "completion": 4,
    "cli_check": 5, "cli_config": 5, "cli_output": 5, "chained": 5, "cli_changes": 5, "cli_rules": 5, "cli": 5, "__main__": 5, "aspect": 5, "native": 5, "judge": 5, "testing": 5, "cfnlint_rules": 5,
}  # fmt: skip
PURE = [name for name, rank in RANK.items() if rank <= 2]
WORLD = {"os", "subprocess", "socket", "time", "sys", "shutil", "tempfile", "pathlib", "datetime", "random"}


def module_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "cdkguard":
                yield from (f"cdkguard.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=str)
def test_a_module_imports_only_from_its_own_or_lower_layers(path):
    for name in imports(path):
        if name.startswith("cdkguard."):
            imported = name.split(".")[1]
            if imported == "__version__":
                continue
            assert RANK[imported] <= RANK[module_of(path)], f"{path.name} imports {name}"


@pytest.mark.parametrize("name", PURE)
def test_layers_0_to_2_do_not_touch_the_world(name):
    assert not WORLD & set(imports(PACKAGE / f"{name}.py"))


def loaded_after(code, folder=None):
    done = subprocess.run(
        [sys.executable, "-c", code + "\nimport sys; print(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return set(done.stdout.split("\n")[-2].split())


HEAVY = {
    "rich",
    "yaml",
    "jsonpath_ng",
    "aws_cdk",
    "jsii",
    "boto3",
    "cfnlint",
    "dataclasses",
    "importlib.metadata",
    "logging",
    "typing",
}


def own(loaded):
    """Without what Python's own argparse loads: from 3.14 on that is dataclasses, for its colours."""
    return loaded - loaded_after("import argparse; argparse.ArgumentParser().format_help()")


def test_help_and_import_load_nothing_heavy():
    assert not HEAVY & loaded_after("import cdkguard, cdkguard.cli")
    code = "import cdkguard.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass"
    assert not HEAVY & own(loaded_after(code))


def test_a_plain_check_loads_nothing_heavy(tmp_path):
    template = tmp_path / "t.json"
    template.write_text('{"Resources": {"B": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}}')
    code = f"import cdkguard.cli as c; c.main(['check', {str(template)!r}, '--rules', 'data-retention'])"
    loaded_after(code, tmp_path)  # the first run may prepare the packs
    assert not HEAVY & own(loaded_after(code, tmp_path))
