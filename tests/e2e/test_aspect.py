"""The Aspect and the plugin: the findings of `cdkguard check`, on the constructs, and no synthesis that passes by accident."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdkguard.check.run import check, check_assembly
from cdkguard.config.load import load_config
from cdkguard.errors import ConfigError, TemplateError
from cdkguard.inputs import assembly_stacks
from cdkguard.inputs.assembly import read_assembly
from tests.support import sampling
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("aws_cdk") is None, reason="pip install 'cdkguard[cdk]'"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]

FIXTURE = ROOT / "tests" / "fixtures" / "aspect" / "app.py"
ENVIRONMENT = {
    "CDK_VALIDATION": "false",  # CDK's own validation takes seconds
    "JSII_HOST_STACK_TRACES": "1",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
}


@pytest.fixture(scope="module", autouse=True)
def jsii():
    """Node starts once, with this environment: nothing may import jsii before."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        import aws_cdk  # noqa: F401

        yield


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """No configuration file but the test's own."""
    monkeypatch.chdir(tmp_path)


def table(scope, name="Table", **properties):
    import aws_cdk as cdk
    from aws_cdk import aws_dynamodb

    key = aws_dynamodb.Attribute(name="id", type=aws_dynamodb.AttributeType.STRING)
    return aws_dynamodb.Table(
        scope, name, partition_key=key, removal_policy=cdk.RemovalPolicy.DESTROY, point_in_time_recovery=True,
        **{"deletion_protection": True, **properties},
    )  # fmt: skip


def stack_of(scope, name):
    import aws_cdk as cdk

    return cdk.Stack(scope, name, termination_protection=True)


def new_app(tmp_path, **settings):
    import aws_cdk as cdk

    return cdk.App(outdir=str(tmp_path / "cdk.out"), **settings)


def guard(scope, **settings):
    import aws_cdk as cdk

    from cdkguard.aspect import CdkGuard

    cdk.Aspects.of(scope).add(CdkGuard(**settings))


def violations(tmp_path):
    """(rule, construct path) of CDK's own report, one for each, so that nothing told twice is lost."""
    report = json.loads((tmp_path / "cdk.out" / "validation-report.json").read_text())
    return [
        (violation["ruleName"], construct["constructPath"], violation["ruleMetadata"]["outcome"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


def failed(app):
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    return str(caught.value)


def fails_on(tmp_path, app):
    failed(app)
    return {(rule, path) for rule, path, _ in violations(tmp_path)}


LOST = "data-retention"
REPLACED = "data-retention-on-replacement"


def lost(*paths):
    return {(rule, path) for rule in (LOST, REPLACED) for path in paths}


# -- the same verdicts as the command line


def checked(tmp_path):
    """What `cdkguard check` finds in the same assembly."""
    report = check_assembly(load_config(".", None), read_assembly(str(tmp_path / "cdk.out")))
    return sorted((f.rule_id, f.construct_path or f.stack_path, f.outcome.value) for f in report.active)


def test_everything_that_per_node_aspects_miss(tmp_path):
    import aws_cdk as cdk
    import jsii
    from aws_cdk import aws_ec2, aws_s3

    @jsii.implements(cdk.IAspect)
    class Destroyer:
        def visit(self, node):
            if isinstance(node, aws_s3.CfnBucket):
                node.apply_removal_policy(cdk.RemovalPolicy.DESTROY)

    app = new_app(tmp_path)
    main, other = stack_of(app, "Main"), stack_of(app, "Other")
    bucket = aws_s3.Bucket(main, "Mutated")
    overridden = aws_s3.Bucket(main, "Overridden")
    overridden.node.default_child.add_override("DeletionPolicy", "Delete")
    nested = cdk.NestedStack(main, "Nest")
    aws_s3.Bucket(cdk.NestedStack(nested, "Deep"), "Files")
    cdk.CfnResource(nested, "Raw", type="AWS::DynamoDB::Table", properties={"TableName": "raw"})
    cdk.CfnOutput(other, "Import", value=bucket.bucket_arn)
    parameter = cdk.CfnParameter(other, "Port", type="Number")
    aws_ec2.CfnSecurityGroup(
        other, "Group", group_description="-",
        security_group_ingress=[{"ipProtocol": "tcp", "cidrIp": "0.0.0.0/0", "fromPort": parameter.value_as_number, "toPort": 22}],
    )  # fmt: skip
    table(stack_of(cdk.Stage(app, "Prod"), "Svc"))
    cdk.Tags.of(app).add("environment", "prod")
    guard(app)
    cdk.Aspects.of(app).add(Destroyer(), priority=900)
    told = failed(app)
    found = sorted(violations(tmp_path))
    assert found == checked(tmp_path)
    paths = {path for rule, path, _ in found if rule == LOST}
    assert paths == {
        "Main/Mutated/Resource", "Main/Overridden/Resource", "Main/Nest/Deep/Files/Resource", "Main/Nest/Raw", "Prod/Svc/Table/Resource",
    }  # fmt: skip
    assert "unknown" in {outcome for *_, outcome in found}, "undecided findings count, too"
    assert f"{Path(__file__).name}:" in told and "Acknowledge with 'cdkguard::data-retention'" in told
    assert "Suggested fix" in told and "aws-cdk-lib.aws_s3.CfnBucket" in told


# -- where it is added


def two_stages(tmp_path):
    import aws_cdk as cdk

    app = new_app(tmp_path)
    stages = [cdk.Stage(app, name) for name in ("Prod", "Prod2")]
    for stage in stages:
        table(stack_of(stage, "Svc"))
    main = stack_of(app, "Main")
    table(main)
    return app, stages, main


def test_on_a_stage_only_that_stage_is_judged(tmp_path):
    app, (stage, _), _ = two_stages(tmp_path)
    guard(stage)
    assert fails_on(tmp_path, app) == lost("Prod/Svc/Table/Resource")


def test_on_a_stack_only_that_stack_is_judged(tmp_path):
    app, _, main = two_stages(tmp_path)
    guard(main.node.find_child("Table"))  # the stack that it is in
    assert fails_on(tmp_path, app) == lost("Main/Table/Resource")


def test_one_aspect_added_to_two_stages_judges_both(tmp_path):
    import aws_cdk as cdk

    from cdkguard.aspect import CdkGuard

    app, stages, _ = two_stages(tmp_path)
    both = CdkGuard()
    for stage in stages:
        cdk.Aspects.of(stage).add(both)
    assert fails_on(tmp_path, app) == lost("Prod/Svc/Table/Resource", "Prod2/Svc/Table/Resource")


def test_several_aspects_tell_nothing_twice(tmp_path):
    app, (stage, _), main = two_stages(tmp_path)
    for place in (app, app, stage, main):
        guard(place, record=place is not main)
    failed(app)
    assert sorted(violations(tmp_path)) == checked(tmp_path)


def test_one_aspect_in_two_apps_judges_each(tmp_path):
    import aws_cdk as cdk

    from cdkguard.aspect import CdkGuard

    one = CdkGuard()
    for name in ("a", "b"):
        app = new_app(tmp_path / name)
        table(stack_of(app, name))
        cdk.Aspects.of(app).add(one)
        assert fails_on(tmp_path / name, app) == lost(f"{name}/Table/Resource")


@pytest.mark.parametrize("record", [True, False])
def test_it_judges_again_when_the_app_is_synthesized_again(tmp_path, record):
    import aws_cdk as cdk

    app = new_app(tmp_path)
    main = stack_of(app, "Main")
    cdk.CfnResource(main, "Topic", type="AWS::SNS::Topic")
    guard(app, record=record)
    app.synth()
    table(main)
    with pytest.raises(RuntimeError, match=LOST):
        app.synth(force=True)
    assert {(rule, path) for rule, path, _ in violations(tmp_path)} == lost("Main/Table/Resource")


def test_python_hears_of_the_first_construct_only(tmp_path, monkeypatch):
    from cdkguard.aspect import CdkGuard

    heard = []
    monkeypatch.setattr(CdkGuard, "_entered", lambda self, node: heard.append(node.node.path))
    app, (stage, _), _ = two_stages(tmp_path)
    guard(app)
    app.synth()
    assert heard == [""], "a visit that crosses to Python for each construct costs as much as the synthesis"


@pytest.mark.parametrize("way", ["beta1", "add_plugins"])
def test_the_plugin_without_an_aspect(tmp_path, way):
    import aws_cdk as cdk

    from cdkguard.aspect import CdkGuardPlugin

    app = new_app(tmp_path, **({"policy_validation_beta1": [CdkGuardPlugin()]} if way == "beta1" else {}))
    table(stack_of(cdk.Stage(app, "Prod"), "Svc"))
    if way == "add_plugins":
        cdk.Validations.of(app).add_plugins(CdkGuardPlugin())
    assert fails_on(tmp_path, app) == lost("Prod/Svc/Table/Resource")


def test_the_plugin_on_a_stage_judges_that_stage(tmp_path):
    import aws_cdk as cdk

    from cdkguard.aspect import CdkGuardPlugin

    app, (stage, _), _ = two_stages(tmp_path)
    cdk.Validations.of(stage).add_plugins(CdkGuardPlugin())
    assert fails_on(tmp_path, app) == lost("Prod/Svc/Table/Resource")


# -- settings


def test_warnings_do_not_fail(tmp_path, capfd):
    app = new_app(tmp_path)
    table(stack_of(app, "Main"))
    guard(app, mode="warn")
    app.synth()
    report = json.loads((tmp_path / "cdk.out" / "validation-report.json").read_text())
    assert {v["severity"] for v in report["pluginReports"][0]["violations"]} == {"warning"}
    assert report["pluginReports"][0]["conclusion"] == "success"


def test_fail_on_environment_and_packs(tmp_path):
    app = new_app(tmp_path)
    table(stack_of(app, "Main"))
    guard(app, environment="dev")
    app.synth()
    assert not violations(tmp_path)

    pack = tmp_path / "pack" / "team"
    pack.mkdir(parents=True)
    (pack / "no-tables.yaml").write_text(
        "id: no-tables\ntitle: No tables\nseverity: low\ntypes: [AWS::DynamoDB::Table]\n"
        "require: {path: $.Properties.Nothing, exists: true}\nwhy: Tests.\nremedy: None.\n"
        "examples: {pass: [{Nothing: 1}], fail: [{}]}\n"
    )
    for number, (fail_on, fails) in enumerate([("medium", False), ("low", True), ("never", False)]):
        app = new_app(tmp_path / str(number))
        table(stack_of(app, "Main"))
        guard(app, environment="dev", packs=["pack"], fail_on=fail_on)
        if fails:
            failed(app)
        else:
            app.synth()
        assert ("no-tables", "Main/Table/Resource", "fail") in violations(tmp_path / str(number))


def test_the_configuration_file_counts(tmp_path):
    for number, (name, text) in enumerate(
        [
            ("cdkguard.yaml", "skip: [data-retention*]"),
            ("other.yaml", "suppressions: [{rule: data-*, construct: Main/Table, reason: tests}]"),
            ("third.yaml", "environments: {dev: {context: {kind: small}}}"),
        ]
    ):
        (tmp_path / name).write_text(text)
        app = new_app(tmp_path / str(number), context={"kind": "small"})
        table(stack_of(app, "Main"))
        guard(app, config=name if number else None)
        app.synth()
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("name", "context", "is_prod"),
    [
        ("Main", {}, True), ("DataStage", {}, True), ("shop-dev", {}, False), ("Main", {"env": "dev"}, False),
        ("shop-dev", {"env": "prod"}, True), ("Main", {"acme:Environment": "Test"}, False),
    ],
)  # fmt: skip
def test_environments_are_guessed_as_outside_of_the_app(tmp_path, name, context, is_prod):
    app = new_app(tmp_path / "out", context=context)
    table(stack_of(app, name))
    guard(app)
    if is_prod:
        failed(app)
    else:
        app.synth()
    from cdkguard.check.run import check
    from cdkguard.config.settings import Config

    (stack,) = check(Config(paths=(str(tmp_path / "out"),), app_context=context, context=context)).stacks
    assert (stack.environment == "prod") is is_prod


@pytest.mark.parametrize("wrong", [{"mode": "off"}, {"fail_on": "hihg"}, {"packs": "folder"}])
def test_wrong_arguments(wrong):
    from cdkguard.aspect import CdkGuard, CdkGuardPlugin

    for kind in (CdkGuard, CdkGuardPlugin):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            kind(**wrong)


# -- suppressions


def suppressible(tmp_path):
    app = new_app(tmp_path)
    main = stack_of(app, "Main")
    tables = [table(main, "Table"), table(main, "Table2")]
    guard(app)
    return app, main, tables


def suppress(construct, rule, reason="test data", **settings):
    from cdkguard.aspect import CdkGuard

    CdkGuard.suppress(construct, rule, reason, **settings)


def test_suppress_holds_on_that_construct_and_nowhere_else(tmp_path):
    app, main, (first, _) = suppressible(tmp_path)
    suppress(first, LOST, expires="2999-12-31", owner="orders")
    assert fails_on(tmp_path, app) == {(REPLACED, "Main/Table/Resource"), *lost("Main/Table2/Resource")}
    assert len(checked(tmp_path)) == 3, "it holds on the command line, too"
    noted = (tmp_path / "cdk.out" / "Main.metadata.json").read_text()
    assert "test data (owner orders, until 2999-12-31)" in noted


def test_suppress_on_a_stack_holds_in_all_of_it(tmp_path):
    app, main, _ = suppressible(tmp_path)
    suppress(main, LOST)
    suppress(main, REPLACED)
    app.synth()
    assert checked(tmp_path) == []


def test_an_expired_suppression_does_not_hold(tmp_path, capsys):
    app, main, _ = suppressible(tmp_path)
    suppress(main, LOST, expires="2020-01-01")
    suppress(main, REPLACED)
    assert fails_on(tmp_path, app) == {(LOST, "Main/Table/Resource"), (LOST, "Main/Table2/Resource")}
    assert "Main: the suppression of 'data-retention' expired on 2020-01-01" in capsys.readouterr().err


def test_suppress_refuses_what_would_not_hold(tmp_path):
    app, main, _ = suppressible(tmp_path)
    for construct, rule, reason, expires in (
        (app, LOST, "no assembly would hold it", None),
        (main, "data-*", "a glob", None),
        (main, LOST, " ", None),
        (main, LOST, "soon", "next week"),
    ):
        with pytest.raises(ConfigError, match="suppress"):
            suppress(construct, rule, reason, expires=expires)


def test_cdks_own_acknowledgement(tmp_path):
    import aws_cdk as cdk

    app, main, (first, second) = suppressible(tmp_path)
    for rule in (LOST, REPLACED):
        cdk.Validations.of(first).acknowledge(cdk.Acknowledgment(id=f"cdkguard::{rule}", reason="test data"))
    assert fails_on(tmp_path, app) == lost("Main/Table2/Resource")


@pytest.mark.parametrize("place", ["App", "no reason"])
def test_an_acknowledgement_that_the_command_line_would_not_see_counts_nowhere(tmp_path, place):
    import aws_cdk as cdk

    app, main, _ = suppressible(tmp_path)
    scope, reason = (app, "all of it") if place == "App" else (main, " ")
    for rule in (LOST, REPLACED):
        cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"cdkguard::{rule}", reason=reason))
    assert fails_on(tmp_path, app) == lost("Main/Table/Resource", "Main/Table2/Resource")
    assert sorted(violations(tmp_path)) == checked(tmp_path)


def test_what_does_not_count_is_told(tmp_path, capsys):
    app, main, _ = suppressible(tmp_path)
    suppress(main, "rds-backup-retention")
    failed(app)
    assert "the suppression of 'rds-backup-retention' on 'Main' covers no finding" in capsys.readouterr().err


# -- changes


def saved_baseline(tmp_path):
    """A snapshot of an app with a table in each of two stacks, and the configuration that names it."""
    from cdkguard.baselines import snapshot

    app = new_app(tmp_path)
    for name in ("Main", "Other"):
        table(stack_of(app, name), deletion_protection=False)
    app.synth()
    snapshot.write_snapshot(read_assembly(str(tmp_path / "cdk.out")), str(tmp_path / "saved"))
    (tmp_path / "cdkguard.yaml").write_text("against: saved\nrules: [changes]\n")


def test_a_change_against_a_saved_baseline_is_judged(tmp_path):
    saved_baseline(tmp_path)
    app = new_app(tmp_path)
    stack_of(app, "Main"), table(stack_of(app, "Other"))
    guard(app)
    assert "data-destroyed" in failed(app)


def test_only_the_changes_of_the_stack_with_the_aspect_are_judged(tmp_path):
    saved_baseline(tmp_path)
    app = new_app(tmp_path)
    stack_of(app, "Main"), guard(other := stack_of(app, "Other"))
    table(other)
    app.synth()


def test_no_network_and_no_app_run_inside_a_synthesis(tmp_path, monkeypatch):
    from cdkguard.baselines import open as baseline

    monkeypatch.setattr(baseline, "open_baseline", lambda *_: 1 / 0)
    (tmp_path / "cdkguard.yaml").write_text("against: deployed\n")
    app = new_app(tmp_path)
    stack_of(app, "Main")
    guard(app)
    app.synth()


# -- fails closed


@pytest.mark.parametrize("mode", ["error", "warn"])
def test_a_nested_template_that_cannot_be_read_fails(tmp_path, monkeypatch, mode):
    import aws_cdk as cdk

    read = assembly_stacks.read_template

    def broken(path, shown, may_be_empty=False):
        if "Nest" in path:
            raise TemplateError(f"{shown}: gone")
        return read(path, shown, may_be_empty)

    monkeypatch.setattr(assembly_stacks, "read_template", broken)
    app = new_app(tmp_path)
    cdk.CfnResource(cdk.NestedStack(stack_of(app, "Main"), "Nest"), "R", type="AWS::SNS::Topic")
    guard(app, mode=mode)
    assert "was not judged" in failed(app)


@pytest.mark.parametrize("mode", ["error", "warn"])
def test_a_defect_in_cdkguard_fails(tmp_path, monkeypatch, mode):
    import cdkguard.check.run

    monkeypatch.setattr(cdkguard.check.run, "check_assembly", lambda *_: 1 / 0)
    app = new_app(tmp_path)
    stack_of(app, "Main")
    guard(app, mode=mode)
    assert "a bug in cdkguard" in failed(app)
    report = json.loads((tmp_path / "cdk.out" / "validation-report.json").read_text())
    assert report["pluginReports"][0]["conclusion"] == "failure"


def test_a_wrong_configuration_file_fails(tmp_path):
    (tmp_path / "cdkguard.yaml").write_text("skp: []")
    app = new_app(tmp_path)
    stack_of(app, "Main")
    guard(app, mode="warn")
    assert "cdkguard.yaml:1: no key 'skp' (did you mean 'skip'?)" in failed(app)


def test_no_report_of_an_earlier_synthesis_outlives_a_crash(tmp_path, monkeypatch):
    from cdkguard.aspect import CdkGuard

    monkeypatch.setattr(CdkGuard, "_register", lambda *_: 1 / 0)
    stale = tmp_path / "cdk.out" / "validation-report.json"
    stale.parent.mkdir()
    stale.write_text('{"pluginReports": []}')
    app = new_app(tmp_path)
    stack_of(app, "Main")
    guard(app)
    assert "division by zero" in failed(app)
    assert not stale.exists()


def test_outside_of_an_app_it_refuses(tmp_path):
    import aws_cdk as cdk
    import constructs

    stage = cdk.Stage(constructs.RootConstruct(), "Alone", outdir=str(tmp_path / "cdk.out"))
    stack_of(stage, "Main")
    guard(stage)
    with pytest.raises(RuntimeError, match="in no App"):
        stage.synth()


# -- the templates


def written(tmp_path, name, **settings):
    import aws_cdk as cdk

    app = new_app(tmp_path / name, analytics_reporting=True)
    table(stack_of(app, "Main"))
    table(cdk.NestedStack(stack_of(cdk.Stage(app, "Prod"), "Svc"), "Nest"))
    if settings:
        guard(app, mode="warn", **settings)
    app.synth()
    return {
        path.relative_to(tmp_path / name): path.read_bytes()
        for path in (tmp_path / name).rglob("*.json")
        if path.name != "validation-report.json" and "metadata" not in path.name  # which hold stack traces
    }


def test_the_templates_stay_as_they_are(tmp_path):
    bare = written(tmp_path, "bare")
    assert written(tmp_path, "unrecorded", record=False) == bare
    recorded = written(tmp_path, "recorded", record=True)
    changed = [path for path, text in recorded.items() if text != bare[path] and path.name.endswith(".template.json")]
    assert recorded.keys() == bare.keys() and changed
    for path in changed:
        templates = [json.loads(files[path]) for files in (bare, recorded)]
        for template in templates:
            del template["Resources"]["CDKMetadata"]["Properties"]["Analytics"]
        assert templates[0] == templates[1], "CDK records the plugin's name in its usage data, and nothing else"


# -- assert_guarded


def test_assert_guarded(tmp_path):
    import aws_cdk as cdk
    from aws_cdk.assertions import Template

    from cdkguard.testing import assert_guarded

    app, (stage, _), main = two_stages(tmp_path)
    cdk.CfnResource(stack_of(app, "Clean"), "Topic", type="AWS::SNS::Topic")
    with pytest.raises(AssertionError) as caught:
        assert_guarded(main)
    told = str(caught.value)
    for part in (
        "Main/Table/Resource",
        LOST,
        "DeletionPolicy is Delete",
        f"{Path(__file__).name}:",
        "aws_dynamodb.Table(",
        "fix:",
    ):
        assert part in told
    assert "Prod" not in told
    with pytest.raises(AssertionError, match="Prod/Svc/Table/Resource"):
        assert_guarded(stage)
    with pytest.raises(AssertionError, match="Prod2/Svc/Table/Resource"):
        assert_guarded(app)
    assert_guarded(app.node.find_child("Clean"))
    assert_guarded(main, environment="dev")
    assert_guarded(main, fail_on="never")
    assert_guarded(main, ignore=[LOST, f"{REPLACED}@Main/*"])
    Template.from_stack(main).resource_count_is("AWS::DynamoDB::Table", 1)


def test_an_ignore_that_matches_nothing_fails(tmp_path):
    from cdkguard.testing import assert_guarded

    _, _, main = two_stages(tmp_path)
    with pytest.raises(AssertionError, match="match no finding: data-retention@Other/\\*, no-such-rule"):
        assert_guarded(main, ignore=["data-*", "data-retention@Other/*", "no-such-rule"])


@pytest.mark.parametrize("by_the_cli", [True, False])
def test_the_cdk_cli_can_look_up_what_is_missing(tmp_path, monkeypatch, capfd, by_the_cli):
    """It does so after the app has run, and only where that did not fail; then it runs the app again."""
    import aws_cdk as cdk

    monkeypatch.delenv("CDK_CLI_ASM_VERSION", raising=False)
    if by_the_cli:
        monkeypatch.setenv("CDK_CLI_ASM_VERSION", "55.0.0")
    app = new_app(tmp_path)
    stack = cdk.Stack(
        app, "Main", env=cdk.Environment(account="111111111111", region="eu-west-1"), termination_protection=True
    )
    cdk.aws_ssm.StringParameter.value_from_lookup(stack, "/my/parameter")
    table(stack)
    guard(app)
    if by_the_cli:
        app.synth()
        assert "only that run can fail" in capfd.readouterr().err
    else:
        failed(app)


def test_assert_guarded_does_not_hide_what_was_not_read(tmp_path, monkeypatch):
    from cdkguard.testing import assert_guarded

    _, _, main = two_stages(tmp_path)
    (tmp_path / "cdkguard.yaml").write_text("skp: []")
    with pytest.raises(ConfigError):
        assert_guarded(main)


# -- whole processes


def run(tmp_path, python=sys.executable, **settings):
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "CDK_OUTDIR": str(tmp_path / "cdk.out"),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    for name in ("PYTEST_CURRENT_TEST", "PYTEST_VERSION"):
        environment.pop(name, None)  # CDK tells a test from an app by them
    return subprocess.run(
        [python, str(FIXTURE)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


GUARDED = """
import runpy, sys
import aws_cdk as cdk
from cdkguard.aspect import CdkGuard
class Guarded(cdk.App):
    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        cdk.Aspects.of(self).add(CdkGuard())
cdk.App = Guarded
sys.path.insert(0, "")
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.mark.e2e
def test_the_orders_example_has_the_findings_of_a_check(tmp_path, monkeypatch):
    orders = ROOT / "examples" / "orders"
    monkeypatch.chdir(orders)
    context = {**json.loads((orders / "cdk.json").read_text())["context"], "aws:cdk:enable-path-metadata": True}
    environment = {**os.environ, **ENVIRONMENT, "CDK_OUTDIR": str(tmp_path / "cdk.out"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"CDK_CONTEXT_JSON": json.dumps(context), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", GUARDED], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "orders/data.py:" in done.stderr, done.stderr
    report = check(load_config(".", None)._replace(app=f'"{sys.executable}" app.py'))
    found = sorted((f.rule_id, f.construct_path or f.stack_path, f.outcome.value) for f in report.active)
    assert sorted(violations(tmp_path)) == found and len(found) > 30


STATUSES = [
    ({"GUARD": "none"}, 0, ""),
    ({}, 1, "Main/Nest/Files/Resource"),
    ({"GUARD": '{"mode": "warn"}'}, 0, "Main/Nest/Files/Resource"),
    ({"SUPPRESS": "2999-12-31"}, 0, ""),
    ({"SUPPRESS": "2020-01-01"}, 1, "expired on 2020-01-01"),
    ({"CRASH": "1"}, 1, "a bug in cdkguard"),
    ({"CRASH": "1", "GUARD": '{"mode": "warn"}'}, 1, "a bug in cdkguard"),
    ({"ON": "stage"}, 1, "Prod/Svc/Table/Resource"),
    ({"ON": "stack"}, 1, "Main/Table/Resource"),
]


@pytest.mark.e2e
@pytest.mark.sampled(2)
@pytest.mark.parametrize("settings, status, told", STATUSES, ids=str)
def test_exit_status_of_the_app(tmp_path, settings, status, told):
    done = run(tmp_path, **settings)
    assert done.returncode == status, done.stdout
    assert told in done.stdout and ("Prod/" in done.stdout) == (settings.get("ON") != "stack" and bool(told))


CDK = ROOT / "examples/task-api/node_modules/.bin/cdk"


@pytest.mark.e2e
@pytest.mark.skipif(not CDK.exists(), reason="`make examples` installs the pinned CDK CLI")
@pytest.mark.sampled(3)
@pytest.mark.parametrize("settings, status, told", STATUSES[:7], ids=str)
def test_exit_status_of_cdk_synth(tmp_path, settings, status, told):
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **settings}
    command = [str(CDK), "synth", "--quiet", "--no-notices", "--app", f"{sys.executable} {FIXTURE}"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert told in done.stdout + done.stderr


@pytest.mark.e2e
@pytest.mark.skipif(not CDK.exists(), reason="`make examples` installs the pinned CDK CLI")
def test_cdk_synth_of_a_stage(tmp_path):
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "ON": "stage"}
    command = [str(CDK), "synth", "--quiet", "--no-notices", "--app", f"{sys.executable} {FIXTURE}", "Prod/*"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "Prod/Svc/Table/Resource" in done.stdout + done.stderr


@pytest.mark.e2e
def test_an_import_loads_no_engine():
    code = "import cdkguard.aspect, sys; print([m for m in sys.modules if m.startswith('cdkguard.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {
        "cdkguard.aspect",
        "cdkguard.inapp",
        "cdkguard.inapp.visitor",
        "cdkguard.inapp.judge",
        "cdkguard.errors",
        "cdkguard.model",
        "cdkguard._typing",
    }
    assert set(json.loads(done.stdout.replace("'", '"'))) == loaded


def test_judging_leaves_the_collector_as_it_was(tmp_path):
    import gc

    from cdkguard.errors import CdkguardError
    from cdkguard.inapp.judge import AppSettings, Judge

    for turn in (gc.disable, gc.enable):
        turn()
        expected = gc.isenabled()
        with pytest.raises(CdkguardError):
            Judge(AppSettings()).report(str(tmp_path))
        assert gc.isenabled() is expected


@pytest.mark.e2e
@pytest.mark.skipif(
    "CDKGUARD_TEST_OLDEST" not in os.environ, reason="CDKGUARD_TEST_OLDEST names a version of aws-cdk-lib"
)
def test_the_oldest_library(tmp_path):
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    packages = [f"aws-cdk-lib=={os.environ['CDKGUARD_TEST_OLDEST']}", "jsonpath-ng", "pyyaml", "rich"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *packages], check=True)
    for settings, status, told in sampling.share(STATUSES, 2):
        done = run(tmp_path, python, **settings)
        assert done.returncode == status and told in done.stdout, f"{settings}\n{done.stdout}"
