"""A pull request cannot exempt itself: what its own configuration and context say does not judge it alone."""

from __future__ import annotations

import json

import pytest

from cdkguard.cli import main as cli
from tests.support.changes import write_assembly
from tests.support.git_projects import commit, git, isolate, project


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch, own_cache):
    isolate(tmp_path, monkeypatch)


TABLE = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"KeySchema": []}}
OTHER = {"Type": "AWS::SNS::Topic"}
BY_CONTEXT = "environments:\n  prod: {context: {env: prod}}\n  dev: {context: {env: dev}}\n"


def proposed(tmp_path, monkeypatch, capsys, before, after, removes=True):
    """(exit status, rules) of a change from one {configuration, context} to another, which removes a table as well."""
    folder = project(tmp_path / "repo")
    git(folder, "init", "--quiet")
    for step, (settings, context) in enumerate((before, after)):
        (folder / "cdkguard.yaml").write_text(settings)
        cdk = json.loads((folder / "cdk.json").read_text())
        (folder / "cdk.json").write_text(json.dumps({**cdk, "context": context}))
        resources = {"Table": TABLE, "O": OTHER} if not step or not removes else {"O": OTHER}
        commit(folder, resources=resources)
        if not step:
            git(folder, "switch", "--quiet", "-c", "topic")
    monkeypatch.chdir(folder)
    return checked(capsys)


SILENCERS = [
    ("the environment", ("", {}), ("environment: dev\n", {}), "guardrail-weakened"),
    ("a context value in the configuration", (BY_CONTEXT + "context: {env: prod}\n", {}),
     (BY_CONTEXT + "context: {env: dev}\n", {}), "guardrail-weakened"),
    ("a context value of the app", (BY_CONTEXT, {"env": "prod"}), (BY_CONTEXT, {"env": "dev"}), "stack-leaves-production"),
    ("a context value that was not there", (BY_CONTEXT, {}), (BY_CONTEXT, {"env": "dev"}), "stack-leaves-production"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rule"), [c[1:] for c in SILENCERS], ids=[c[0] for c in SILENCERS])
@pytest.mark.parametrize("removes", [True, False])
def test_no_change_says_of_itself_that_it_is_not_prod(tmp_path, monkeypatch, capsys, before, after, rule, removes):
    status, found = proposed(tmp_path, monkeypatch, capsys, before, after, removes)
    assert status == 1
    assert set(found) == ({rule, "data-destroyed"} if removes else {rule})


@pytest.mark.parametrize(
    ("settings", "context"), [("environment: dev\n", {}), (BY_CONTEXT, {"env": "dev"}), ("", {"env": "dev"})]
)
def test_what_was_dev_before_is_judged_as_dev(tmp_path, monkeypatch, capsys, settings, context):
    assert proposed(tmp_path, monkeypatch, capsys, (settings, context), (settings, context)) == (0, {})


def checked(capsys):
    status = cli.main(["check", "--against", "git", "--output", "json", "--rules", "changes"])
    found = json.loads(capsys.readouterr().out)
    return status, {f["ruleId"]: f["message"] for f in found["findings"]}


def written(folder, settings, **stacks):
    """A repository with assemblies in the folders named, and cdk.out as the app; what follows is on a branch."""
    is_new = not folder.exists()
    for name, template in stacks.items():
        folder.joinpath(name).mkdir(parents=True, exist_ok=True)
        write_assembly(folder / name, Shop={"template": template})
    (folder / "cdk.json").write_text(json.dumps({"app": "out"}))
    (folder / "cdkguard.yaml").write_text(settings)
    if is_new:
        git(folder, "init", "--quiet")
    commit(folder)
    if is_new:
        git(folder, "switch", "--quiet", "-c", "topic")


def test_what_is_judged_is_not_swapped_unseen(tmp_path, monkeypatch, capsys):
    whole, rest = {"Resources": {"Table": TABLE, "O": OTHER}}, {"Resources": {"O": OTHER}}
    written(tmp_path / "repo", "", out=whole, copy=whole)
    written(tmp_path / "repo", "paths: [copy]\n", out=rest)
    monkeypatch.chdir(tmp_path / "repo")
    assert checked(capsys) == (1, {"guardrail-weakened": "what is judged is copy, and no longer the app of cdk.json"})


def test_values_of_parameters_are_those_of_their_own_side(tmp_path, monkeypatch, capsys):
    conditional = {
        "Parameters": {"Keep": {"Type": "String"}},
        "Conditions": {"Kept": {"Fn::Equals": [{"Ref": "Keep"}, "yes"]}},
        "Resources": {"Table": {**TABLE, "Condition": "Kept"}, "O": OTHER},
    }
    written(tmp_path / "repo", "parameters: {Keep: 'yes'}\n", out=conditional)
    written(tmp_path / "repo", "parameters: {Keep: 'no'}\n", out=conditional)
    monkeypatch.chdir(tmp_path / "repo")
    status, found = checked(capsys)
    assert (status, set(found)) == (1, {"data-destroyed", "exemption-added"})
    assert "parameter Keep" in found["exemption-added"]


def test_the_baseline_is_synthesized_with_its_own_context(tmp_path, monkeypatch, capsys):
    folder = project(tmp_path / "repo")
    git(folder, "init", "--quiet")
    (folder / "cdkguard.yaml").write_text("context: {lookup: old}\n")
    commit(folder, resources={"O": OTHER})
    git(folder, "switch", "--quiet", "-c", "topic")
    (folder / "cdkguard.yaml").write_text("context: {lookup: new}\n")
    commit(folder)
    monkeypatch.chdir(folder)
    cli.main(["diff", "--against", "git", "--format", "json"])
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert [(p["before"], p["after"]) for p in change["properties"]] == [("Test::Is::old", "Test::Is::new")]
