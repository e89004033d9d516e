"""What is judged runs nothing, and is read within its own folder: files of an attacker's that wait to be obeyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cdkguard.cli import main as cli
from cdkguard.system import cache as cache_module
from tests.support.assemblies import assembly_with
from tests.support.paths import ROOT

TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def here(tmp_path, monkeypatch):
    home = tmp_path / "repository"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.hooksPath=/dev/null"]
    return subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def run(capsys, *argv) -> tuple[int, str, str]:
    status = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    return status, out, err


def traps(folder: Path, marker: Path) -> None:
    """Every file that could run something, in the folder of an app; each leaves its mark."""
    touch = f"touch {marker}"
    code = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    (folder / "cdk.json").write_text(json.dumps({"app": touch, "build": touch}))
    (folder / "cdkguard.yaml").write_text(
        yaml.safe_dump({"app": touch, "python": ["evil"], "packs": ["./guards"], "lint": True})
    )
    (folder / "guards").mkdir(exist_ok=True)
    (folder / "guards" / "evil-rule.yaml").write_text(
        "id: evil-rule\ntitle: t\nseverity: high\ntypes: [AWS::SNS::Topic]\nwhy: w\nrequire: {python: 'evil:rule'}\n"
        "remedy: {text: t}\nexamples: {pass: [{}], fail: [{}]}\n"
    )
    for name in ("evil", "yaml", "json", "cfnlint", "sitecustomize", "usercustomize", "rich", "jsonschema", "argparse"):
        (folder / f"{name}.py").write_text(code)
    (folder / "evilrules").mkdir(exist_ok=True)
    (folder / "evilrules" / "evil.py").write_text(code)
    (folder / ".cfnlintrc").write_text(f"append_rules: [{folder / 'evilrules'}]\n")


def program(*argv: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": "", **variables}
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


SCRIPT = Path(sys.executable).with_name("cdkguard")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("start", [(str(SCRIPT),), (sys.executable, "-m", "cdkguard")], ids=["script", "module"])
@pytest.mark.parametrize("argv", [("check", "cdk.out"), ("check", "--pre-built"), ("diff", "cdk.out", "cdk.out"), ("plan", "cdk.out", "--against", "cdk.out"), ("snapshot", "cdk.out")], ids=" ".join)  # fmt: skip
def test_nothing_beside_an_assembly_runs(here, tmp_path, start, argv):
    marker = tmp_path / "owned"
    traps(here, marker)
    assembly_with(here / "cdk.out", {"Table": TABLE})
    traps(here / "cdk.out", marker)
    done = program(*start, *argv, "--skip", "evil-rule", cwd=here)
    assert done.returncode == (1 if argv[0] in ("check", "plan") else 0), done.stderr
    assert not marker.exists()


def test_the_traps_work(here, tmp_path):
    """Without which the test above would say nothing."""
    marker = tmp_path / "owned"
    traps(here, marker)
    program(str(SCRIPT), "check", cwd=here)
    assert marker.exists()
    marker.unlink()
    program(sys.executable, "-c", "import yaml", cwd=here)
    assert marker.exists()


@pytest.mark.parametrize("start", [(str(SCRIPT),), (sys.executable, "-m", "cdkguard")], ids=["script", "module"])
def test_the_module_works_where_its_package_lies(start):
    """`python -m` puts the current folder first; only that folder is taken off the path."""
    assert program(*start, "--version", cwd=ROOT).stdout.startswith("cdkguard ")


def test_cfn_lint_obeys_no_settings_beside_an_assembly(here, tmp_path):
    pytest.importorskip("cfnlint")
    marker = tmp_path / "owned"
    (here / "evilrules").mkdir()
    (here / "evilrules" / "evil.py").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n")
    (here / ".cfnlintrc").write_text("append_rules: [evilrules]\n")
    assembly_with(here / "cdk.out", {"Table": TABLE})
    template = here / "cdk.out" / "Main.template.json"
    body = json.loads(template.read_text())
    template.write_text(
        json.dumps(
            {
                **body,
                "Metadata": {"cfn-lint": {"config": {"append_rules": ["evilrules"], "override_spec": "evilrules"}}},
            }
        )
    )
    assert program(str(SCRIPT), "check", "cdk.out", "--lint", cwd=here).returncode == 1
    assert not marker.exists()
    (here / "cdk.json").write_text('{"app": "cdk.out"}')  # an app of one's own has them
    program(str(SCRIPT), "check", "--lint", cwd=here)
    assert marker.exists()


def test_the_static_hook_runs_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {h["id"]: h["entry"] for h in hooks} == {
        "cdkguard": "cdkguard check --pre-built",
        "cdkguard-synth": "cdkguard check",
    }


# -- whose settings count


def test_the_settings_of_the_repository_count_for_its_assembly(capsys, here):
    assembly_with(here / "infra" / "cdk.out", {"Table": TABLE})
    (here / ".git").mkdir()
    (here / "infra" / "cdk.json").write_text('{"app": "false"}')
    for place in (here / "cdkguard.yaml", here / "infra" / "cdkguard.yaml"):  # a monorepo's root, then the app's own
        place.write_text("rules: [data-retention]\nenvironments: {dev: {stacks: ['*']}}\n")
        for path in ("infra/cdk.out", "infra/cdk.out/", str(here / "infra" / "cdk.out")):
            status, out, _err = run(capsys, "check", path, "--output", "json")
            report = json.loads(out)
            assert status == 0 and "data-retention" in {r["id"] for r in report["rules"]} and len(report["rules"]) < 10
            assert report["stacks"][0]["environment"] == "dev"
        place.unlink()


def test_settings_inside_an_assembly_do_not_count(capsys, here):
    assembly_with(here / "cdk.out" / "assembly-Stage", {"Table": TABLE})
    assembly_with(here / "cdk.out", {"Table": TABLE})
    for folder in (here / "cdk.out", here / "cdk.out" / "assembly-Stage"):
        (folder / "cdkguard.yaml").write_text("fail_on: never\n")
        (folder / "pyproject.toml").write_text("[tool.cdkguard]\nfail_on = 'never'\n")
        assert run(capsys, "check", folder)[0] == 1
    (here / "cdkguard.yaml").write_text("fail_on: never\n")
    assert run(capsys, "check", here / "cdk.out" / "assembly-Stage")[0] == 0


def test_the_static_hook_takes_a_folder(capsys, here):
    (here / "infra").mkdir()
    (here / "infra" / "cdk.json").write_text('{"app": "false", "output": "built"}')
    assembly_with(here / "infra" / "built", {"Table": TABLE})
    (here / "cdkguard.yaml").write_text("paths: [infra]\n")
    assert run(capsys, "check", "--pre-built", "infra")[0] == 1
    assert run(capsys, "check")[0] == 3  # runs the app


def test_pre_built_and_an_app_contradict_each_other(capsys, here):
    status, _out, err = run(capsys, "check", "--pre-built", "--app", "true")
    assert status == 2 and "--pre-built never runs an app" in err


# -- where a run may write


@pytest.mark.parametrize(
    "target", ["../out.txt", "/tmp/cdkguard-owned.txt", ".git/hooks/pre-commit", ".GIT/hooks/x", "link/x", "link"]
)
@pytest.mark.parametrize("key", ["outputs", "approvals"])
def test_a_configuration_names_files_in_its_repository_only(capsys, here, tmp_path, key, target):
    (here / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (here / "link").symlink_to(tmp_path / "elsewhere")
    assembly_with(here / "cdk.out", {"Table": TABLE})
    value = f"text={target}" if key == "outputs" else target
    (here / "cdkguard.yaml").write_text(yaml.safe_dump({key: value}))
    status, _out, err = run(capsys, "check", "cdk.out")
    assert status == 2 and "cdkguard.yaml:1: " in err and "leads out of the repository" in err
    assert not (tmp_path / "out.txt").exists() and not list((tmp_path / "elsewhere").iterdir())


def test_a_configuration_names_files_anywhere_in_a_monorepo(capsys, here):
    (here / ".git").mkdir()
    (here / "infra").mkdir()
    assembly_with(here / "infra" / "cdk.out", {"Table": TABLE})
    (here / "infra" / "cdkguard.yaml").write_text("outputs: [text, json=../reports.json]\n")
    assert run(capsys, "check", "infra/cdk.out")[0] == 1
    assert json.loads((here / "reports.json").read_text())["findings"]


# -- baselines


def test_a_configured_git_baseline_runs_no_app_for_an_assembly(capsys, here):
    assembly_with(here / "cdk.out", {"Table": TABLE})
    (here / "cdkguard.yaml").write_text("against: git\n")
    status, _out, err = run(capsys, "check", "cdk.out")
    assert status == 2 and "say it on the command line: --against git" in err


@needs_git
def test_a_git_baseline_is_the_base_with_its_own_app(capsys, here, tmp_path):
    """A pull request's cdk.json, configuration, hooks and attributes have no say in how the base is synthesized."""
    marker = tmp_path / "owned"
    git(here, "init", "-q", "-b", "main")
    assembly_with(here / "out", {"Table": TABLE})
    (here / "cdk.json").write_text('{"app": "out"}')
    (here / "cdkguard.yaml").write_text("rules: [data-retention]\n")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "base")
    hook = here / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    traps(here, marker)
    (here / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (here / ".gitmodules").write_text(
        f'[submodule "x"]\n path = x\n url = ext::sh -c "touch {marker}"\n update = !touch {marker}\n'
    )
    git(here, "add", "-A")
    git(here, "commit", "-qm", "evil")
    assembly_with(here / "judged" / "cdk.out", {"Topic": {"Type": "AWS::SNS::Topic"}})
    status, out, err = run(capsys, "check", "judged/cdk.out", "--against", "git:HEAD~1", "--config", os.devnull)
    assert status == 1 and "Table" in out and "destroy" in out, out + err
    assert not marker.exists()


@needs_git
@pytest.mark.parametrize("kind", ["nested", "bare"])
def test_no_git_repository_inside_what_is_judged_is_obeyed(capsys, here, tmp_path, kind):
    """An artifact can bring a repository, whose settings name commands."""
    marker = tmp_path / "owned"
    git(here, "init", "-q", "-b", "main")
    git(here, "commit", "-q", "--allow-empty", "-m", "x")
    artifact = here / "artifact"
    artifact.mkdir()
    (artifact / "cdk.json").write_text('{"app": "cdk.out"}')
    (artifact / ".gitattributes").write_text("* filter=evil\n")
    assembly_with(artifact / "cdk.out", {"Table": TABLE})
    git(artifact, "init", "-q", "-b", "main")
    git(artifact, "add", "-A")
    git(artifact, "commit", "-qm", "x")
    settings = [
        "core.fsmonitor",
        "filter.evil.smudge",
        "filter.evil.clean",
        "core.sshCommand",
        "core.alternateRefsCommand",
    ]
    for name in settings:
        git(artifact, "config", name, f"touch {marker}; cat")
    if kind == "bare":
        inner = artifact / ".git"
        git(artifact, "config", "core.worktree", str(artifact))
        for entry in inner.iterdir():
            entry.rename(artifact / entry.name)
        inner.rmdir()
    status, _out, err = run(capsys, "check", "artifact/cdk.out", "--against", "git:HEAD")
    assert status == 3 and not marker.exists(), err


# -- links, pipes and devices


def outside(tmp_path: Path) -> Path:
    secret = tmp_path / "outside"
    secret.mkdir(exist_ok=True)
    (secret / "t.json").write_text(json.dumps({"Resources": {"Stolen": TABLE}}))
    (secret / "app.py").write_text("THE_SECRET = 1\n")
    (secret / "rule.yaml").write_text("THE_SECRET: 1\n")
    return secret


NAMES = (
    "../../outside/t.json",
    "/etc/passwd",
    "link.json",
    "folder/t.json",
    "pipe",
    "/dev/zero",
    "zero",
    "..",
    ".",
    "",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["template", "metadata", "stage", "nested", "nested-metadata", "assets"])
def test_an_assembly_leads_nowhere_else(capsys, here, tmp_path, place, name):
    out = here / "cdk.out"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {}}
    hash_ = "a" * 64
    if place in ("nested", "nested-metadata"):
        nested["Properties"] = {"TemplateURL": f"https://s3.amazonaws.com/assets/{hash_}.json"}
    if place == "nested":
        nested["Metadata"] = {"aws:asset:path": name}
    elif place == "assets":
        nested["Properties"] = {"TemplateURL": f"https://s3/{hash_}.json"}
    assembly_with(out, {"Nest": nested} if place in ("nested", "assets", "nested-metadata") else {"T": TABLE})
    secret = outside(tmp_path)
    (out / "link.json").symlink_to(secret / "t.json")
    (out / "folder").symlink_to(secret)
    (out / "zero").symlink_to("/dev/zero")
    os.mkfifo(out / "pipe")
    manifest = json.loads((out / "manifest.json").read_text())
    main = manifest["artifacts"]["Main"]
    if place == "template":
        main["properties"]["templateFile"] = name
    elif place == "metadata":
        main["additionalMetadataFile"] = name
    elif place == "stage":
        manifest["artifacts"]["Stage"] = {"type": "cdk:cloud-assembly", "properties": {"directoryName": name}}
    elif place == "nested-metadata":
        main["metadata"] = {
            "/Main/Nest": [
                {"type": "aws:cdk:templateFile", "data": name},
                {"type": "aws:cdk:logicalId", "data": "Nest"},
            ]
        }
    elif place == "assets":
        (out / "x.assets.json").write_text(json.dumps({"files": {hash_: {"source": {"path": name}}}}))
    (out / "manifest.json").write_text(json.dumps(manifest))
    status, text, err = run(capsys, "check", "cdk.out", "--rules", "all")
    assert "Stolen" not in text and "root:" not in text + err
    assert status == 3 or (place == "metadata" and name in ("..", "."))  # folders: said to be no file


def test_links_of_the_files_that_are_always_read(capsys, here, tmp_path):
    out = assembly_with(here / "cdk.out", {"T": TABLE}) or here / "cdk.out"
    manifest = (out / "manifest.json").read_text()
    (out / "manifest.json").unlink()
    (tmp_path / "manifest.json").write_text(manifest)
    (out / "manifest.json").symlink_to(tmp_path / "manifest.json")
    status, _text, err = run(capsys, "check", "cdk.out")
    assert status == 3 and "outside the cloud assembly" in err


def test_pipes_and_devices_in_a_folder_of_templates(capsys, here):
    (here / "templates").mkdir()
    (here / "templates" / "ok.json").write_text(json.dumps({"Resources": {"T": TABLE}}))
    os.mkfifo(here / "templates" / "pipe.json")
    (here / "templates" / "zero.yaml").symlink_to("/dev/zero")
    status, out, _err = run(capsys, "check", "templates")
    assert status == 3 and out.count("is a pipe or device") == 2


@pytest.mark.parametrize("file", ["../outside/app.py", "/etc/passwd", "link.py", "notes.txt", ".env", "pipe.py"])
def test_a_source_line_is_code_of_the_repository(capsys, here, tmp_path, file):
    secret = outside(tmp_path)
    (here / "link.py").symlink_to(secret / "app.py")
    for name in ("notes.txt", ".env"):
        (here / name).write_text("THE_SECRET = 1\n")
    os.mkfifo(here / "pipe.py")
    path = file if file.startswith("/") else f"{here}/{file}"
    trace = {"metadata": {"/Main/T": [{"type": "aws:cdk:logicalId", "data": "T", "trace": [f"at x ({path}:1:1)"]}]}}
    assembly_with(here / "cdk.out", {"T": TABLE}, **trace)
    status, out, _err = run(capsys, "check", "cdk.out")
    assert status == 1 and "THE_SECRET" not in out and "root:" not in out
    assert os.path.basename(file) + ":1" in out  # the place itself is told


def test_a_source_line_of_the_repository_is_shown(capsys, here):
    (here / "app.py").write_text('table = Table(self, "T")\n')
    trace = {
        "metadata": {"/Main/T": [{"type": "aws:cdk:logicalId", "data": "T", "trace": [f"at x ({here}/app.py:1:1)"]}]}
    }
    assembly_with(here / "cdk.out", {"T": TABLE}, **trace)
    assert 'table = Table(self, "T")' in run(capsys, "check", "cdk.out")[1]


def test_a_snapshot_leads_nowhere_else(capsys, here, tmp_path):
    assembly_with(here / "cdk.out", {"T": TABLE})
    assert run(capsys, "snapshot", "cdk.out")[0] == 0
    index = here / "cdkguard.snapshot" / "stacks.json"
    whole = json.loads(index.read_text())
    for name in ("../../outside/t.json", "/etc/passwd", "../t.template.json", "a/../b.template.json"):
        whole["stacks"][0]["template"] = name
        index.write_text(json.dumps(whole))
        status, _out, err = run(capsys, "check", "cdk.out", "--against", "cdkguard.snapshot")
        assert status == 3 and "a file of this folder" in err


# -- rule packs are data


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch owned']",
        "a: !!python/name:os.system x",
        "id: &a [*a, *a]",
        "{{ 7*7 }}",
        "THE_SECRET: 1",
    ],
)
def test_a_pack_is_data(capsys, here, text):
    (here / "guards").mkdir()
    (here / "guards" / "x.yaml").write_text(text)
    status, out, err = run(capsys, "rules", "list", "--packs", "guards")
    assert status == 2 and not (here / "owned").exists() and "guards/x.yaml:1" in err


def test_pipes_devices_and_links_in_a_pack(capsys, here, tmp_path):
    (here / "guards").mkdir()
    for place in ("pipe.yaml", "zero.yaml", "gone.yaml"):
        path = here / "guards" / place
        os.mkfifo(path) if place == "pipe.yaml" else path.symlink_to(
            "/dev/zero" if place == "zero.yaml" else "/nowhere"
        )
        status, _out, err = run(capsys, "rules", "list", "--packs", "guards")
        assert status == 2 and place in err
        path.unlink()
    (here / "guards" / "loop").symlink_to(here / "guards")
    assert run(capsys, "rules", "list", "--packs", "guards")[0] == 2  # no rule file


def test_code_of_a_rule_runs_where_it_is_named_on_the_command_line_alone(capsys, here, tmp_path, monkeypatch):
    marker = tmp_path / "owned"
    traps(here, marker)
    monkeypatch.syspath_prepend(str(here))
    assembly_with(here / "cdk.out", {"T": {"Type": "AWS::SNS::Topic"}})
    status, _out, err = run(capsys, "check", "cdk.out", "--rules", "evil-rule")
    assert status == 2 and "allow it by `--python evil`" in err and not marker.exists()
    for command in (
        ("rules", "list"),
        ("rules", "test", "guards"),
        ("explain", "evil-rule"),
        ("rules", "show", "evil-rule"),
    ):
        run(capsys, *command, "--packs", "guards")
        assert not marker.exists()


# -- the cache


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_cache_that_others_can_write_to_is_not_used(here, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(cache))
    folder = cache_module.cache_folder("packs")
    assert folder is not None
    cache_module.make_cache_folder(folder)
    for place in (Path(folder), Path(folder).parent):
        assert place.stat().st_mode & 0o077 == 0
        place.chmod(0o777)
        assert cache_module.cache_folder("packs") is None
        place.chmod(0o700)
    assert cache_module.cache_folder("packs") == folder
    monkeypatch.setattr(os, "geteuid", lambda: 12345)  # somebody else's
    assert cache_module.cache_folder("packs") is None


def test_what_a_cache_holds_is_data(capsys, here, tmp_path, monkeypatch):
    monkeypatch.setenv("CDKGUARD_CACHE_DIR", str(tmp_path / "cache"))
    (here / "guards").mkdir()
    text = (ROOT / "rules" / "core" / "data-retention.yaml").read_text()
    text = re.sub(
        r"^equivalents:(\n  .*)+\n",
        "",
        re.sub(r"^id: .*", "id: my-own-rule", text, flags=re.MULTILINE),
        flags=re.MULTILINE,
    )
    (here / "guards" / "my-own-rule.yaml").write_text(text)
    before = run(capsys, "rules", "list", "--packs", "guards")
    assert before[0] == 0 and "my-own-rule" in before[1]
    entries = [p for p in (tmp_path / "cache").rglob("*.json")]
    assert entries
    for damage in (b"", b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.", b"[]\n", entries[0].read_bytes()[:-3]):
        for entry in entries:
            entry.write_bytes(damage)
        assert run(capsys, "rules", "list", "--packs", "guards")[:2] == before[:2]
    assert not (here / "owned").exists()


# -- docs/security.md


def workflows() -> list[dict]:
    text = (ROOT / "docs" / "security.md").read_text()
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_workflows_of_the_docs_keep_code_and_rights_apart():
    untrusted, trusted = workflows()
    assert untrusted[True] == "pull_request" and untrusted["permissions"] == {"contents": "read"}
    assert "secrets" not in str(untrusted) and trusted[True]["workflow_run"]["workflows"] == [untrusted["name"]]
    steps = trusted["jobs"]["guard"]["steps"]
    assert "ref" not in steps[0]["with"]  # the main branch
    upload = untrusted["jobs"]["synth"]["steps"][-1]["with"]
    assert {k: steps[1]["with"][k] for k in ("name", "path")} == upload
    for step in steps:  # text of others reaches a shell only by the environment
        assert "${{" not in step.get("run", "")


ARTIFACTS = {
    "good": ({"Bucket": {"Type": "AWS::SNS::Topic"}}, 0),
    "bad": ({"Table": TABLE}, 1),
    "traps": ({"Table": TABLE}, 1),
    "no manifest": (None, 3),
    "a template alone": (None, 3),
}


@pytest.mark.parametrize("kind", ARTIFACTS)
def test_the_guard_of_the_docs(here, tmp_path, kind):
    """The command of the trusted job, on the main branch's checkout, with an artifact of an attacker's."""
    marker, (resources, expected) = tmp_path / "owned", ARTIFACTS[kind]
    (here / "cdk.json").write_text(json.dumps({"app": f"touch {marker}"}))  # not even the main branch's app is run
    (here / "cdkguard.yaml").write_text("rules: [data-retention]\n")
    if resources is not None:
        assembly_with(here / "cdk.out", resources)
    if kind != "good" and kind != "bad":
        (here / "cdk.out").mkdir(exist_ok=True)
        traps(here / "cdk.out", marker)
        (here / "cdk.out" / "cdkguard.yaml").write_text("fail_on: never\n")
    if kind == "a template alone":
        (here / "cdk.out" / "t.json").write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    command = workflows()[1]["jobs"]["guard"]["steps"][2]["run"].removeprefix("pipx run ").split()
    done = program(str(SCRIPT), *command[1:], cwd=here)
    assert done.returncode == expected, done.stdout + done.stderr
    assert not marker.exists()


def test_every_command_in_the_docs_is_one(capsys):
    from cdkguard.cli.parser import parse_command

    text = (ROOT / "docs" / "security.md").read_text()
    found = re.findall(r"cdkguard ((?:check|diff|snapshot)(?: -[-\w]+(?: [\w.]+)?)*)", text)
    assert len(found) >= 4
    for command in found:
        words = command.split()
        parse_command(words)


@needs_git
def test_the_static_hook_takes_a_folder_with_a_git_baseline(capsys, here):
    """The baseline's folder has no cdk.out; what is judged was found before."""
    (here / "infra").mkdir()
    (here / "infra" / "cdk.json").write_text('{"app": "cp -R made/. $CDK_OUTDIR"}')
    (here / "cdkguard.yaml").write_text("paths: [infra]\n")
    assembly_with(here / "infra" / "made", {"Table": TABLE})
    git(here, "init", "-q", "-b", "main")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "x")
    assembly_with(here / "infra" / "cdk.out", {"Topic": {"Type": "AWS::SNS::Topic"}})
    status, out, err = run(capsys, "check", "--pre-built", "infra", "--against", "git:HEAD")
    assert status == 1 and "Table" in out, err
