"""The checklist on both examples: all of it done, and each row failing in turn."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from cdkguard.baselines import aws_session
from cdkguard.cli.main import main
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.preflight.record_environment import record_environment
from cdkguard.preflight.run import run_preflight
from tests.support.aws_stub import Stub
from tests.support.git_projects import commit, git, isolate, project
from tests.support.paths import ROOT

pytest.importorskip("boto3")
pytest.importorskip("tree_sitter_typescript")
TASK_API, ORDERS = ROOT / "examples/task-api", ROOT / "examples/orders"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not (TASK_API / "node_modules").is_dir(), reason="`make examples` installs what it needs"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]
TODAY = "2030-01-01"
ALARM = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "errors"}}
ENVIRONMENTS = {"prod": {"strict": True, "tags": {"env": "prod"}}, "dev": {"tags": {"env": "dev"}}}
# The API's access log goes with the stack, and nobody signs up by himself: nothing that a row asks about.
SETTINGS = {
    "environments": ENVIRONMENTS,
    "preflight": {
        "staging": "dev", "pairs": {"TaskApi-prod": "TaskApi-dev"}, "test": f'"{sys.executable}" -c "print(\'1 passed\')"',
        "nets": ["termination-protection", "alarms", "rollback"],
    },
}  # fmt: skip


def synthesize(app, out, *context):
    from cdkguard.inputs import synth
    from cdkguard.inputs.app import find_app

    pairs = dict(one.split("=") for one in context)
    synth.synthesize(find_app(str(app), None, pairs), str(out), full=False, timeout=None, progress=None)
    return out


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory):
    """task-api, guarded, for prod and dev."""
    folder = tmp_path_factory.mktemp("assemblies")
    for name in ("prod", "dev"):
        out = synthesize(TASK_API, folder / name, f"env={name}", "variant=guarded")
        edit(out, lambda template: template["Resources"].update(Alarm=ALARM))
    return folder


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    isolate(tmp_path, monkeypatch)
    monkeypatch.setattr(aws_session, "RETRIES", "standard")
    for name, value in {
        "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


@pytest.fixture
def stub(monkeypatch):
    with Stub() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def template_of(out):
    (path,) = [p for p in Path(out).glob("*.template.json") if "nested" not in p.name]
    return path


def edit(out, change):
    path = template_of(out)
    template = json.loads(path.read_text())
    change(template)
    path.write_text(json.dumps(template))


class World:
    """A repository with the app's code, its assemblies, and what is deployed of them."""

    def __init__(self, folder, assemblies, stub):
        self.folder, self.stub = folder, stub
        shutil.copytree(TASK_API, folder, ignore=shutil.ignore_patterns("node_modules", "cdk.out", "cdkguard.yaml"))
        (folder / "cdk.out").mkdir()
        for name in ("prod", "dev"):
            shutil.copytree(assemblies / name, folder / "cdk.out" / name)
        shutil.copytree(folder / "cdk.out" / "prod", folder / "baseline")
        (folder / ".gitignore").write_text("cdk.out/\nnode_modules/\nbaseline/\n")
        self.settings = yaml.safe_load(yaml.safe_dump(SETTINGS))
        self.write_settings()
        git(folder, "init", "--quiet")
        commit(folder)
        record_environment(self.config(), "dev", "ana", "2030-12-31", "smoke test")
        commit(folder)
        self.deploy("dev")
        self.deploy("prod", protected=True, rollback=["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors"])

    def write_settings(self):
        (self.folder / "cdkguard.yaml").write_text(yaml.safe_dump(self.settings))

    def deploy(self, name, **about):
        body = template_of(self.folder / "cdk.out" / name).read_text()
        self.stub.stack(f"TaskApi-{name}", body, **about)

    def config(self):
        loaded = load_config(str(self.folder), None)
        paths = tuple(str(self.folder / "cdk.out" / name) for name in ("prod", "dev"))
        return loaded._replace(paths=paths, against=str(self.folder / "baseline"), honour=())

    def ask(self, *rows, **options):
        return run_preflight(self.config(), rows or None, today=TODAY, **options)

    def row(self, name):
        return next(row for row in self.ask(name).rows)


@pytest.fixture
def world(tmp_path, assemblies, stub, monkeypatch):
    made = World(tmp_path / "app", assemblies, stub)
    monkeypatch.chdir(made.folder)
    return made


def said(row):
    return " | ".join(f"{seen.text} {seen.place}" for seen in row.evidence)


def test_all_of_it_is_done(world):
    found = world.ask()
    assert {row.id: (row.state, said(row)) for row in found.rows if row.state != "done"} == {}
    assert found.is_done and found.exit_status == 0 and len(found.rows) == 8 and not found.left_out
    assert found.verdict == "nothing stops the deployment to prod: 8 rows done"
    assert "verified by ana" in said(next(row for row in found.rows if row.id == "staging"))


def change_prod(world, change):
    edit(world.folder / "cdk.out" / "prod", change)


def lose_retention(world):
    change_prod(
        world,
        lambda t: [
            body.pop("DeletionPolicy", None)
            for body in t["Resources"].values()
            if body["Type"] == "AWS::DynamoDB::Table"
        ],
    )


def spell_out_an_arn(world):
    def change(template):
        role = next(body for body in template["Resources"].values() if body["Type"] == "AWS::IAM::Policy")
        role["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = (
            "arn:aws:dynamodb:eu-west-1:604512398871:table/tasks"
        )

    change_prod(world, change)


def open_a_port(world):
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    group = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "x", "VpcId": "vpc-1", "SecurityGroupIngress": [rule]},
    }
    change_prod(world, lambda t: t["Resources"].update(Group=group))


def delete_the_table(world):
    def change(template):
        name = next(i for i, body in template["Resources"].items() if body["Type"] == "AWS::DynamoDB::Table")
        template["Resources"][f"{name}Renamed"] = template["Resources"].pop(name)

    change_prod(world, change)


def read_one_more_variable(world):
    path = world.folder / "bin/task-api.ts"
    path.write_text(path.read_text() + "\nconsole.log(process.env.SUPPORT_EMAIL);\n")


def fail_the_tests(world):
    world.settings["preflight"]["test"] = "echo '1 failed'; exit 1"
    world.write_settings()


def roll_staging_back(world):
    world.deploy("dev", status="UPDATE_ROLLBACK_COMPLETE")


def take_the_protection_away(world):
    world.deploy("prod", protected=False, rollback=["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors"])


BREAKS = {
    "data-retained": (lose_retention, "DeletionPolicy"),
    "no-hard-coded": (spell_out_an_arn, "hardcoded-foreign-account"),
    "no-open-ingress": (open_a_port, "sg-ingress-open-sensitive-ports"),
    "no-unexpected-deletion": (delete_the_table, "data-renamed"),
    "env-example": (read_one_more_variable, "SUPPORT_EMAIL is read, and not in .env.example, which is not there"),
    "unit-tests": (fail_the_tests, "exit status 1"),
    "staging": (roll_staging_back, "TaskApi-dev is UPDATE_ROLLBACK_COMPLETE"),
    "safety-nets": (take_the_protection_away, "TaskApi-prod runs without termination protection"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_row_fails_in_turn(world, name):
    break_it, words = BREAKS[name]
    break_it(world)
    row = world.row(name)
    assert row.state == "failed", said(row)
    assert words in said(row) and row.advice
    found = world.ask(name)
    assert found.exit_status == 1 and found.verdict.startswith("stop the deployment to prod: 1 row failed")
    assert len(found.left_out) == 7


# -- staging


def test_staging_that_runs_older_code(world):
    edit(world.folder / "cdk.out" / "dev", lambda t: t["Resources"].update(Queue={"Type": "AWS::SQS::Queue"}))
    row = world.row("staging")
    assert row.state == "failed" and "TaskApi-dev runs another template than this code makes: Queue" in said(row)


def test_staging_without_what_production_gets(world):
    change_prod(world, lambda t: t["Resources"].update(Queue={"Type": "AWS::SQS::Queue"}))
    assert "TaskApi-prod has what the template of TaskApi-dev has not: Queue" in said(world.row("staging"))
    world.settings["preflight"]["without_staging"] = ["TaskApi-prod/Queue"]
    world.write_settings()
    commit(world.folder)
    assert "has what the template" not in said(world.row("staging"))


def test_other_asset_hashes_are_the_same_template(world):
    body = template_of(world.folder / "cdk.out" / "dev").read_text()
    key = next(
        v["Properties"]["Code"]["S3Key"]
        for v in json.loads(body)["Resources"].values()
        if "Code" in v.get("Properties", {})
    )
    world.stub.stack("TaskApi-dev", body.replace(key, "0" * 64 + ".zip"))
    assert world.row("staging").state == "done"


def test_staging_that_is_not_deployed_or_is_being_changed(world):
    world.deploy("dev", status="UPDATE_IN_PROGRESS")
    assert world.row("staging").state == "unknown"
    world.stub.stacks.clear()
    assert "TaskApi-dev is not deployed" in said(world.row("staging"))


def test_a_stack_without_a_partner_is_not_known(world):
    world.settings["preflight"]["pairs"] = {"TaskApi-prod": "Other"}
    world.write_settings()
    row = world.row("staging")
    assert row.state == "unknown" and "`pairs` names Other, which staging does not have" in said(row)


def test_without_pairs_names_are_enough(world):
    del world.settings["preflight"]["pairs"]
    world.write_settings()
    assert "TaskApi-prod as TaskApi-dev" in said(world.row("staging"))


def test_a_record_counts_from_the_main_branch_for_its_commit_until_its_day(world):
    assert world.row("staging").state == "done"
    assert "has expired" in said(run_preflight(world.config(), ("staging",), today="2031-01-01").rows[0])

    path = world.folder / "lambda/http.js"
    path.write_text(path.read_text() + "// changed\n")
    row = world.row("staging")
    assert row.state == "unknown" and "files are others since" in said(row) and "lambda/http.js" in said(row)
    git(world.folder, "checkout", "--quiet", "lambda/http.js")

    git(world.folder, "rm", "--quiet", "cdkguard.preflight.yaml")
    commit(world.folder)
    git(world.folder, "checkout", "--quiet", "-b", "change")
    record_environment(world.config(), "dev", "the agent", "2030-12-31", "")
    commit(world.folder)
    row = world.row("staging")
    assert row.state == "unknown" and "the record of the agent has not landed on the main branch" in said(row)
    git(world.folder, "checkout", "--quiet", "main")
    git(world.folder, "merge", "--quiet", "change")
    assert world.row("staging").state == "done"


def test_a_record_is_of_its_templates(world):
    edit(world.folder / "cdk.out" / "dev", lambda t: t["Resources"].update(Queue={"Type": "AWS::SQS::Queue"}))
    world.deploy("dev")
    assert "the templates are others since" in said(world.row("staging"))


def test_verified_by_a_command_and_by_addresses(world, stub):
    world.settings["preflight"]["verify"] = {"run": "true", "urls": [{"url": stub.url + "/x", "status": 501}]}
    world.write_settings()
    row = world.row("staging")
    assert row.state == "done" and "/x: status 501" in said(row) and "verified by" not in said(row)
    world.settings["preflight"]["verify"] = {"run": "echo no; false", "urls": [stub.url + "/x"]}
    world.write_settings()
    row = world.row("staging")
    assert row.state == "failed" and "status 501 instead of 200" in said(row) and row.output == ("no",)


# -- safety nets, and what cannot be read


def test_without_alarms_or_a_way_back(world):
    change_prod(world, lambda t: t["Resources"].pop("Alarm"))
    world.deploy("prod", protected=True)
    row = world.row("safety-nets")
    assert row.state == "failed" and "no alarm in the templates of prod" in said(row)
    assert "no rollback trigger, CodeDeploy or ECS rollback takes back a deployment of TaskApi-prod" in said(row)


def test_a_stack_that_is_not_deployed_yet(world):
    world.stub.stacks.clear()
    assert "created with termination protection: TaskApi-prod" in said(world.row("safety-nets"))


def test_what_aws_does_not_say_is_not_known(world, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    found = world.ask("staging", "safety-nets", "unit-tests")
    assert {row.id: row.state for row in found.rows} == {
        "unit-tests": "done",
        "staging": "unknown",
        "safety-nets": "unknown",
    }
    assert found.exit_status == 3 and "no AWS credentials" in said(found.rows[1])


def test_without_a_baseline_deletions_are_not_known(world):
    found = run_preflight(
        world.config()._replace(against=None), ("no-unexpected-deletion", "data-retained"), today=TODAY
    )
    assert [row.state for row in found.rows] == ["done", "unknown"] and found.exit_status == 1
    found = run_preflight(world.config()._replace(against="none.json"), ("no-unexpected-deletion",), today=TODAY)
    assert "the baseline could not be read" in said(found.rows[0]) and found.exit_status == 3


def test_nothing_runs_where_a_path_names_what_exists(world, tmp_path):
    mark = tmp_path / "mark"
    world.settings["preflight"] |= {
        "test": f"touch {mark}",
        "verify": f"touch {mark}",
        "commands": [{"id": "own", "run": f"touch {mark}"}],
    }
    world.write_settings()
    found = run_preflight(world.config()._replace(runs_no_code=True), ("unit-tests", "staging", "own"), today=TODAY)
    assert {row.state for row in found.rows} == {"unknown"} and not mark.exists()
    assert run_preflight(world.config(), ("own",), today=TODAY).exit_status == 0 and mark.exists()


# -- the command line, and the other example


def test_the_command_line_runs_the_app(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(TASK_API)
    page = tmp_path / "page.html"
    argv = [
        "preflight",
        "-c",
        "env=prod",
        "--only",
        "data-retained,env-example,unit-tests",
        "--output",
        "text",
        "--output",
        f"html={page}",
        "--output",
        f"json={tmp_path / 'a.json'}",
    ]
    assert main(argv) == 1
    shown = capsys.readouterr().out
    assert "failed     data is retained on prod" in shown and "lib/task-api-stack.ts:71" in shown
    assert "stop the deployment to prod: 1 row failed, 1 row is not known (exit status 1)" in shown
    assert "stop the deployment" in page.read_text()
    assert json.loads((tmp_path / "a.json").read_text())["exitStatus"] == 1


def test_an_app_that_does_not_synthesize(tmp_path, capsys, monkeypatch):
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "exit 7"}))
    monkeypatch.chdir(tmp_path)
    assert main(["preflight", "--only", "data-retained,unit-tests"]) == 3
    shown = capsys.readouterr().out
    assert "the app could not be read" in shown and "2 rows are not known (exit status 3)" in shown


def test_orders(tmp_path, stub, monkeypatch):
    """The other example: its rows fail by the seeded defects; staging is deployed stack by stack, nested ones included."""
    out = synthesize(ORDERS, tmp_path / "orders.out")
    monkeypatch.chdir(ORDERS)
    from cdkguard.preflight.subject import open_subject

    config = Config(directory=".", paths=(str(out),), environments=load_config(".", None).environments)
    with open_subject(config, needs_app=True, needs_rules=False) as subject:
        deploy_stacks(stub, subject.stacks)
    found = run_preflight(config, today=TODAY)
    states = {row.id: row.state for row in found.rows}
    assert states == {
        "data-retained": "failed", "no-hard-coded": "failed", "no-open-ingress": "failed", "no-unexpected-deletion": "unknown",
        "env-example": "done", "unit-tests": "unknown", "staging": "unknown", "safety-nets": "failed",
    }  # fmt: skip
    rows = {row.id: row for row in found.rows}
    assert "4 stacks in pairs" in said(rows["staging"]) and "5 stacks deployed and complete" in said(rows["staging"])
    assert "values made otherwise for staging: prod/Data/Orders/" in said(rows["staging"])
    assert "prod-Agents runs without termination protection" in said(rows["safety-nets"])
    assert "prod/Network/Bastion" in said(rows["no-open-ingress"]) and "staging" not in said(rows["no-open-ingress"])
    assert any("of rules that are of no row" in notice for notice in found.notices)


def deploy_stacks(stub, stacks):
    for stack in stacks:
        nested = [(inner.parent_logical_id, inner.name) for inner in stacks if inner.parent is stack]
        account = stack.root.account
        stub.roles.add(f"arn:aws:iam::{account}:role/cdk-hnb659fds-lookup-role-{account}-{stack.root.region}")
        stub.stack(
            stack.name, stack.template, region=stack.root.region, account=account, stack_id=stack.name, resources=nested,
            protected=bool(stack.root.termination_protection),
        )  # fmt: skip


# -- moto's CloudFormation, over HTTP


@pytest.fixture(scope="module")
def moto():
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def two_stages(folder, **more):
    """A cloud assembly of two stages with one stack each, for any account."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}
    artifacts = {}
    folder.mkdir()
    for stage in ("prod", "staging"):
        resources = {
            "Queue": {**queue, "Metadata": {"aws:cdk:path": f"{stage}/Data/Queue/Resource"}},
        }
        (folder / f"{stage}.template.json").write_text(
            json.dumps({"Resources": {**resources, **(more if stage == "prod" else {})}})
        )
        properties = {
            "templateFile": f"{stage}.template.json",
            "stackName": f"{stage}-Data",
            "terminationProtection": True,
        }
        artifacts[stage] = {
            "type": "aws:cloudformation:stack", "displayName": f"{stage}/Data", "environment": "aws://unknown-account/unknown-region",
            "properties": properties,
        }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"version": "38.0.0", "artifacts": artifacts}))
    return str(folder)


def test_what_moto_says_is_deployed(tmp_path, moto, monkeypatch):
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    out = two_stages(tmp_path / "out")
    (tmp_path / "cdkguard.yaml").write_text(
        "environments: {prod: {strict: true, stages: [prod]}, staging: {stages: [staging]}}\n"
        "preflight: {verify: 'true', nets: [termination-protection]}\naws: {region: eu-west-1}\n"
    )
    config = load_config(str(tmp_path), None)._replace(paths=(out,))
    formation = boto3.client("cloudformation", region_name="eu-west-1", endpoint_url=moto)

    def states():
        found = run_preflight(config, ("staging", "safety-nets"), today=TODAY)
        return {row.id: (row.state, said(row)) for row in found.rows}

    assert "staging/Data is not deployed" in states()["staging"][1]
    for stage, protected in (("staging", False), ("prod", False)):
        body = (tmp_path / "out" / f"{stage}.template.json").read_text()
        formation.create_stack(StackName=f"{stage}-Data", TemplateBody=body, EnableTerminationProtection=protected)
    seen = states()
    assert seen["staging"][0] == "done" and "prod/Data as staging/Data" in seen["staging"][1]
    assert (
        seen["safety-nets"][0] == "failed" and "prod-Data runs without termination protection" in seen["safety-nets"][1]
    )
    formation.delete_stack(StackName="prod-Data")
    formation.create_stack(StackName="prod-Data", TemplateBody=body, EnableTerminationProtection=True)
    assert states()["safety-nets"][0] == "done"

    older = json.loads((tmp_path / "out/staging.template.json").read_text())
    older["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = 30
    formation.update_stack(StackName="staging-Data", TemplateBody=json.dumps(older))
    assert (
        "staging/Data runs another template than this code makes: staging/Data/Queue/Resource" in states()["staging"][1]
    )


# -- git


def test_against_git_with_approvals_and_no_command_of_the_baseline(tmp_path, monkeypatch, capsys):
    """The table that goes is found; the baseline's configuration names commands, and none of them is run."""
    folder, mark = project(tmp_path / "app"), tmp_path / "mark"
    git(folder, "init", "--quiet")
    monkeypatch.chdir(folder)
    (folder / "cdkguard.yaml").write_text(
        f"preflight: {{test: 'touch {mark}', verify: 'touch {mark}', commands: [{{id: own, run: 'touch {mark}'}}]}}\n"
    )
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {}}
    commit(folder, resources={"T": table})
    (folder / "cdkguard.yaml").write_text("preflight: {test: 'true'}\n")
    commit(folder, resources={})
    argv = ["preflight", "--against", "git", "--only", "no-unexpected-deletion,unit-tests"]

    assert main(argv) == 1
    shown = capsys.readouterr().out
    assert (
        "failed     the diff holds no unexpected deletion" in shown and "data-destroyed" in shown and not mark.exists()
    )
    assert "done       unit tests pass" in shown

    assert main(["approve", "--against", "git", "--change", "T", "--reason", "moved away", "--owner", "ana"]) == 0
    capsys.readouterr()
    main([*argv, "--output", "json"])
    (row, *_rest) = json.loads(capsys.readouterr().out)["rows"]
    assert "approved: " in str(row["evidence"]) and "moved away" in str(row["evidence"])
    assert not [
        seen for seen in row["evidence"] if "data-destroyed" in seen["text"] and not seen["text"].startswith("approved")
    ]
