"""Decisions about whole requests, on repositories whose apps lie there as cloud assemblies."""

from __future__ import annotations

import json
import os
import time

import pytest

from cdkguard.agents.judge import decide as decide_module
from cdkguard.agents.nouns import Action
from tests.support.agent_projects import QUEUE, TABLE, action, ask, repository, write_stacks
from tests.support.git_projects import git, isolate


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path):
    return repository(tmp_path / "repo")


RENAMED = {"Sales": TABLE, "Topic": QUEUE}
ADDED = {"Orders": TABLE, "Topic": QUEUE, "More": QUEUE}


def deploy(folder, line="cdk deploy", **fields):
    return action("deploy", line, folder, **fields)


def test_a_clean_change_to_a_mild_environment_is_silent(folder):
    write_stacks(folder, **{"Shop-dev": ADDED})
    found = ask(deploy(folder))
    assert (found.answer, found.reason, found.environment) == ("silent", "", "dev")


def test_a_renamed_table_is_asked_about_and_named(folder):
    write_stacks(folder, **{"Shop-dev": RENAMED})
    found = ask(deploy(folder))
    assert found.answer == "ask" and "Shop/Orders/Resource (AWS::DynamoDB::Table) is deleted" in found.reason
    assert 'override_logical_id("Orders")' in found.reason and found.token


def test_under_production_nothing_destructive(folder):
    write_stacks(folder, **{"Shop-dev": RENAMED})
    assert ask(deploy(folder, variables={"NODE_ENV": "production"})).answer == "deny"
    assert ask(deploy(folder), APP_ENV="prod").answer == "deny"
    assert ask(deploy(folder, profile="acme-prod-admin")).answer == "deny"
    assert ask(deploy(folder, context={"env": "prod"})).answer == "deny"


def test_a_strict_environment_is_for_people(tmp_path):
    folder = repository(tmp_path / "repo", **{"Shop-prod": {"Orders": TABLE}})
    write_stacks(folder, **{"Shop-prod": ADDED})
    found = ask(deploy(folder, "npx cdk deploy Shop-prod"))
    assert found.answer == "deny" and 'A person runs "npx cdk deploy Shop-prod"' in found.reason


def test_git_does_not_clear_a_strict_environment(tmp_path):
    folder = repository(
        tmp_path / "repo", "against: git\nagents: {deploy: [prod]}\n", **{"Shop-prod": {"Orders": TABLE}}
    )
    for resources in (ADDED, {"Orders": TABLE}):
        write_stacks(folder, **{"Shop-prod": resources})
        found = ask(deploy(folder))
        assert found.answer == "ask" and "does not say what is deployed" in found.reason
    write_stacks(folder, **{"Shop-prod": RENAMED})
    assert ask(deploy(folder)).answer == "deny"


def test_a_stack_is_not_made_milder_by_an_edit(tmp_path):
    folder = repository(tmp_path / "repo", Shop=({"Orders": TABLE}, {"tags": {"env": "prod"}}, []))
    write_stacks(folder, Shop=(RENAMED, {"tags": {"env": "dev"}}, []))
    found = ask(deploy(folder))
    assert found.answer == "deny" and "take away data in prod" in found.reason, found


def test_only_the_stacks_that_are_named_and_what_they_need(tmp_path):
    stacks = {
        "A-dev": ({"Orders": TABLE}, {}, []),
        "B-dev": ({"Topic": QUEUE}, {}, ["A-dev"]),
        "C-prod": {"Topic": QUEUE},
    }
    folder = repository(tmp_path / "repo", **stacks)
    assert ask(deploy(folder, stacks=("B-dev",))).answer == "silent"
    assert ask(deploy(folder)).environment == "prod"
    assert "the app has no stack" in ask(deploy(folder, stacks=("Nope",))).reason
    write_stacks(folder, **{**stacks, "A-dev": {"Sales": TABLE}})
    assert ask(deploy(folder, stacks=("B-dev",))).answer == "ask"
    assert ask(deploy(folder, "cdk deploy B-dev --exclusively", stacks=("B-dev",))).answer == "silent"


def test_a_command_of_the_line_is_not_run(folder, tmp_path):
    mark = tmp_path / "ran"
    found = ask(deploy(folder, app=f"touch {mark}"))
    assert found.answer == "ask" and "runs no command of a line" in found.reason and not mark.exists()


def test_a_folder_of_the_line_is_judged_and_said(folder, tmp_path):
    os.rename(folder / "cdk.out", folder / "other.out")
    write_stacks(folder, **{"Shop-dev": {"Topic": QUEUE}})
    found = ask(deploy(folder, app="other.out", flags=("--app other.out",)))
    assert found.answer == "silent"
    found = ask(deploy(folder, app="cdk.out", flags=("--app cdk.out",)))
    assert found.answer == "ask" and '"--app cdk.out" was built before' in found.reason


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "GIT_DIR", "CDKGUARD_CACHE_DIR", "HOME", "GITHUB_BASE_REF"])
def test_a_line_does_not_lead_the_judge_elsewhere(folder, name):
    found = ask(deploy(folder, variables={name: "x"}))
    assert found.answer == "ask" and "would be led elsewhere" in found.reason


def test_without_a_baseline_nothing_is_cleared(tmp_path):
    folder = repository(tmp_path / "repo", "fail_on: high\n")
    found = ask(deploy(folder))
    assert found.answer == "ask" and "no baseline is configured" in found.reason and found.environment == "dev"


def test_without_an_app_nothing_is_cleared(tmp_path):
    found = ask(deploy(tmp_path))
    assert found.answer == "ask" and "there is no cdk.json" in found.reason


def test_an_app_that_fails_is_asked_about(folder):
    (folder / "cdk.json").write_text(json.dumps({"app": "exit 7"}))
    found = ask(deploy(folder))
    assert found.answer == "ask" and "exit status 7" in found.reason


def test_what_is_written_on_the_topic_does_not_count(folder):
    write_stacks(folder, **{"Shop-dev": RENAMED})
    (folder / "cdkguard.yaml").write_text(
        "against: git\nfail_on: never\nskip: ['*']\nrules: [core]\nagents: {deploy: [prod]}\n"
        "suppressions: [{rule: '*', construct: '*', reason: x}]\n"
    )
    token = ask(deploy(folder)).token
    assert token
    (folder / "cdkguard.approvals.yaml").write_text(approval(token, "WILL_DESTROY", "Orders"))
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "y")
    assert ask(deploy(folder)).token == token


def approval(token, impact, logical_id, stack="Shop-dev"):
    return (
        f"approvals:\n- {{stack: {stack}, logical_id: {logical_id}, impact: {impact}, change: {token}, reason: r, owner: o, "
        "expires: '2999-01-01'}\n"
    )


def test_an_approval_on_the_main_branch_counts(folder):
    write_stacks(folder, **{"Shop-dev": RENAMED})
    tokens = ask(deploy(folder)).token.split(",")
    git(folder, "stash", "--quiet")
    git(folder, "switch", "--quiet", "main")
    (folder / "cdkguard.approvals.yaml").write_text(
        "".join(approval(token, "WILL_DESTROY", "Orders") for token in tokens)
    )
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "approved")
    git(folder, "switch", "--quiet", "topic")
    git(folder, "stash", "pop", "--quiet")
    assert ask(deploy(folder)).answer == "silent"


def test_a_suppression_in_code_counts_from_the_main_branch_only(folder):
    held = {**TABLE, "Metadata": {**TABLE["Metadata"], "cdkguard": {"suppress": [{"rule": "*", "reason": "r"}]}}}
    write_stacks(folder, **{"Shop-dev": {"Orders": {**held, "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {"TableName": "other"}}}})  # fmt: skip
    assert ask(deploy(folder)).answer == "ask"


def test_without_a_repository_no_exemption_counts(tmp_path):
    folder = repository(tmp_path / "repo", "against: old.out\n")
    os.rename(folder / ".git", tmp_path / "gone")
    os.rename(folder / "cdk.out", folder / "old.out")
    write_stacks(folder, **{"Shop-dev": RENAMED})
    token = ask(deploy(folder)).token.split(",")[0]
    (folder / "cdkguard.approvals.yaml").write_text(approval(token, "WILL_DESTROY", "Orders"))
    (folder / "cdkguard.yaml").write_text("against: old.out\nsuppressions: [{rule: '*', construct: '*', reason: x}]\n")
    assert ask(deploy(folder)).token
    write_stacks(folder, **{"Shop-dev": ADDED})
    assert ask(deploy(folder)).answer == "silent"


def test_settings_that_are_not_on_the_main_branch_do_not_count(tmp_path):
    folder = repository(tmp_path / "repo", "")
    (folder / "cdkguard.yaml").write_text("against: git\n")
    found = ask(deploy(folder))
    assert found.answer == "ask" and "do not count until they are on main" in found.reason


def test_the_app_is_not_run_where_the_settings_say_so(tmp_path):
    folder = repository(tmp_path / "repo", "against: old.out\nagents: {synthesize: false}\n")
    mark = tmp_path / "ran"
    (folder / "cdk.json").write_text(json.dumps({"app": f"touch {mark}"}))
    past = time.time() - 1000
    for name in ("cdk.json", "cdkguard.yaml"):
        os.utime(folder / name, (past, past))
    os.rename(folder / "cdk.out", folder / "old.out")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "y")
    git(folder, "branch", "--quiet", "-f", "main", "HEAD")
    write_stacks(folder, **{"Shop-dev": ADDED})
    assert ask(deploy(folder)).answer == "silent"
    (folder / "app.ts").write_text("x")
    later = time.time() + 1000
    os.utime(folder / "app.ts", (later, later))
    found = ask(deploy(folder))
    assert found.answer == "ask" and "is newer than the cloud assembly" in found.reason and not mark.exists()


# -- destroy, and what else touches stacks


def test_a_destroy_of_data_is_refused(folder):
    found = ask(action("destroy", "cdk destroy --force", folder))
    assert (
        found.answer == "deny"
        and "Shop/Orders/Resource (AWS::DynamoDB::Table)" in found.reason
        and found.environment == "dev"
    )


def test_a_destroy_without_data_is_a_persons(tmp_path):
    folder = repository(tmp_path / "repo", **{"Shop-dev": {"Topic": QUEUE}, "Shop-prod": {"Topic": QUEUE}})
    assert ask(action("destroy", "cdk destroy", folder, stacks=("Shop-dev",))).answer == "ask"
    assert ask(action("destroy", "cdk destroy", folder, stacks=("Shop-prod",))).answer == "deny"
    assert ask(action("destroy", "cdk destroy", folder)).answer == "deny"


def test_a_stack_that_nobody_knows_is_asked_about(folder):
    line = "aws cloudformation delete-stack --stack-name"
    assert ask(action("destroy", f"{line} Other", folder, stacks=("Other",))).answer == "ask"
    assert ask(action("destroy", f"{line} other-prod", folder, stacks=("other-prod",))).answer == "deny"
    assert ask(action("destroy", f"{line} Shop-dev", folder, stacks=("Shop-dev",))).answer == "deny"


@pytest.mark.parametrize("verb", ["gc", "rollback", "orphan", "import", "refactor", "bootstrap", "something-new"])
def test_maintenance_is_a_persons(folder, tmp_path, verb):
    found = ask(action("maintain", f"cdk {verb}", folder))
    assert found.answer == "ask" and f'"cdk {verb}"' in found.reason
    assert ask(action("maintain", f"cdk {verb}", folder, profile="acme-prod")).answer == "deny"


def test_a_change_set_is_never_cleared(folder):
    line = "aws execute-change-set --change-set-name x --stack-name Shop-dev"
    found = ask(action("deploy", line, folder, stacks=("Shop-dev",), change_set="x"))
    assert found.answer == "ask" and "was not read" in found.reason
    assert ask(action("deploy", line, folder, stacks=("Shop-prod",), change_set="x")).answer == "deny"


def test_frameworks_are_not_judged(folder):
    found = ask(action("deploy", "sst deploy", folder))
    assert found.answer == "ask" and "does not see what SST would deploy" in found.reason


# -- pull requests


def test_a_pull_request_is_confirmed(folder):
    pull = action("pull-request", "gh pr create", folder)
    write_stacks(folder, **{"Shop-dev": ADDED})
    assert ask(pull).answer == "ask" and ask(pull, may_ask=False).answer == "silent"
    write_stacks(folder, **{"Shop-dev": RENAMED})
    assert "is deleted" in ask(pull).reason and ask(pull, may_ask=False).answer == "ask"


def test_a_push_to_a_protected_branch_is_confirmed(folder):
    write_stacks(folder, **{"Shop-dev": ADDED})
    for branch, answer in (
        ("main", "ask"),
        ("refs/heads/main", "ask"),
        ("", "ask"),
        ("topic", "silent"),
        ("mainly", "silent"),
    ):
        assert ask(action("pull-request", "git push", folder, branch=branch), may_ask=False).answer == answer, branch


def test_pull_requests_can_be_left_to_the_review(tmp_path):
    folder = repository(tmp_path / "repo", "against: git\nagents: {pull_request: off}\n")
    write_stacks(folder, **{"Shop-dev": RENAMED})
    assert ask(action("pull-request", "gh pr create", folder)).answer == "silent"


def test_a_repository_without_an_app_is_none_of_ours(tmp_path):
    folder = repository(tmp_path / "repo")
    os.remove(folder / "cdk.json")
    assert ask(action("pull-request", "gh pr create", folder)).answer == "silent"


# -- several at once, and failing closed


def test_the_strictest_of_a_line_counts(folder):
    found = ask(
        deploy(folder),
        action("destroy", "cdk destroy", folder),
        Action("hidden", "cdk", "", ("$x", "deploy"), str(folder)),
    )
    assert found.answer == "deny" and "deletes" in found.reason or "delete data" in found.reason
    assert found.reason.index("cdk destroy") < found.reason.index("$x deploy")


def test_what_was_not_read_of_a_line_is_asked_about(folder):
    assert ask(deploy(folder, unread="its script is too long")).answer == "ask"
    assert ask(problems=("a heredoc without an end",)).answer == "ask"
    assert ask().answer == "silent"


@pytest.mark.parametrize(
    "problem", [RuntimeError("x\n\x1b[2J"), OSError("gone"), MemoryError(), RecursionError(), ImportError("boto3")]
)
def test_whatever_fails_lets_nothing_through(folder, monkeypatch, problem):
    def crash(*_):
        raise problem

    monkeypatch.setattr(decide_module, "judge_action", crash)
    found = ask(deploy(folder))
    assert found.answer == ("deny" if type(problem) is RuntimeError else "ask")
    assert "could not be judged" in found.reason and "\x1b" not in found.reason


def test_what_takes_too_long_is_asked_about(folder):
    (folder / "cdk.json").write_text(json.dumps({"app": "sleep 60"}))
    began = time.monotonic()
    found = ask(deploy(folder), seconds=4.0)
    assert found.answer == "ask" and time.monotonic() - began < 15
