"""cfn-lint as a rule source, and cdkguard's rules inside cfn-lint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdkguard.check import cfnlint
from cdkguard.cli import main as cli
from cdkguard.errors import ConfigError, InputError
from cdkguard.model import Source, Stack
from cdkguard.system import processes
from tests.support.assemblies import assembly_with

BUCKET = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"BucketName": {"a": 1}},
    "Metadata": {"aws:cdk:path": "Main/Data/Resource"},
}


def write(folder, template, name="t.template.json"):
    path = folder / name
    path.write_text(json.dumps(template, indent=1))
    return str(path)


def stack_of(path, region=None):
    template = json.loads(Path(path).read_text(encoding="utf-8"))
    return Stack(
        "Main",
        template,
        path,
        construct_path="Main",
        region=region,
        construct_paths={"Bucket": "Main/Data/Resource"},
        source_of=lambda logical_id: Source("app.py", 7),
    )


# -- without cfn-lint, or with a broken one


def answering(monkeypatch, out="", err="", status=0):
    monkeypatch.setattr(cfnlint, "find_spec", lambda name: object())
    monkeypatch.setattr(cfnlint.processes, "run", lambda *a, **k: processes.Completed(status, out, err))


def test_a_missing_cfn_lint_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(cfnlint, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"cdkguard\[lint\]"):
        cfnlint.run_cfnlint([])


@pytest.mark.parametrize(
    "out, err, status, said",
    [
        ("", "Traceback\nValueError: boom", 1, "boom"),
        ("[]", "boom", 1, "boom"),
        ("{}", "", 0, r"\{\}"),
        ("", "", -9, "ended by signal 9"),
    ],
)
def test_its_crash_is_no_pass(tmp_path, monkeypatch, out, err, status, said):
    answering(monkeypatch, out, err, status)
    with pytest.raises(InputError, match=said):
        cfnlint.run_cfnlint([stack_of(write(tmp_path, {"Resources": {}}))])


def match(rule, name="x.json", path=None):
    place = {"Path": path, "Start": {"LineNumber": 3}}
    shown = {"Id": rule, "ShortDescription": "short", "Description": "long", "Source": "https://example.com"}
    return {"Filename": name, "Rule": shown, "Message": "went\nwrong", "Location": place}


@pytest.mark.parametrize("rule", ["E0001", "E0002", "E0003"])
def test_what_it_says_of_itself_is_no_finding(tmp_path, monkeypatch, rule):
    answering(monkeypatch, json.dumps([match(rule)]), status=2)
    with pytest.raises(InputError, match="went wrong"):
        cfnlint.run_cfnlint([stack_of(write(tmp_path, {"Resources": {}}))])


def test_a_template_shared_by_two_stacks_has_findings_in_both(tmp_path, monkeypatch):
    path = write(tmp_path, {"Resources": {"Bucket": BUCKET}})
    answering(
        monkeypatch, json.dumps([match("E3012", path, ["Resources", "Bucket", "Properties", "Tags", 0])]), status=2
    )
    found = cfnlint.run_cfnlint([stack_of(path), stack_of(path)])
    assert [f.property_paths for f in found.findings] == [("Properties.Tags[0]",)] * 2
    assert [rule.id for rule in found.rules] == ["cfn-lint-E3012"]


def test_each_region_is_linted_for_itself(tmp_path, monkeypatch):
    commands = []

    def run(command, **options):
        commands.append(command)
        return processes.Completed(0, "[]", "")

    monkeypatch.setattr(cfnlint, "find_spec", lambda name: object())
    monkeypatch.setattr(cfnlint.processes, "run", run)
    paths = [write(tmp_path, {"Resources": {}}, name) for name in ("a.json", "[b].json")]
    cfnlint.run_cfnlint(
        [stack_of(paths[0], "eu-west-1"), stack_of(paths[1], "us-east-1"), stack_of(paths[0], "us-east-1")]
    )
    regions = [command[command.index("--regions") + 1] for command in commands]
    assert regions == ["eu-west-1", "us-east-1"]
    assert commands[1][-2:] == [str(tmp_path / "[[]b].json"), paths[0]]  # cfn-lint reads names as globs


# -- with it


def run(capsys, *arguments):
    status = cli.main(["check", "--rules", "dynamodb-pitr", "--format", "json", *arguments])
    out = capsys.readouterr()
    return status, json.loads(out.out) if out.out else out.err


def test_its_errors_are_findings_with_their_place(tmp_path, monkeypatch, capsys):
    pytest.importorskip("cfnlint")
    monkeypatch.chdir(tmp_path)
    assembly_with(tmp_path / "cdk.out", {"Bucket": BUCKET})
    assert run(capsys, "cdk.out")[0] == 0  # off by default
    status, found = run(capsys, "cdk.out", "--lint")
    (one,) = found["findings"]
    assert status == 1
    assert (one["ruleId"], one["severity"], one["logicalId"]) == ("cfn-lint-E3012", "high", "Bucket")
    assert (one["constructPath"], one["resourceType"]) == ("Main/Data/Resource", "AWS::S3::Bucket")
    assert one["propertyPaths"] == ["Properties.BucketName"] and one["templateLine"] == 1
    assert "cfn-lint-E3012" in [rule["id"] for rule in found["rules"]]
    (tmp_path / "cdkguard.yaml").write_text(
        "lint: true\nsuppressions: [{rule: cfn-lint-E3012, construct: '*', reason: a test}, "
        "{rule: cfn-lint-E3002, construct: '*', reason: a test}]\n"
    )
    status, found = run(capsys, "cdk.out", "--config", "cdkguard.yaml")
    assert (status, found["findings"][0]["outcome"]) == (0, "suppressed")
    told = [n["message"] for n in found["notices"] if n["kind"] == "unused-suppression"]
    assert len(told) == 1 and "'cfn-lint-E3002' on '*' covers no finding" in told[0]


def test_the_users_cfnlintrc_counts(tmp_path, monkeypatch):
    pytest.importorskip("cfnlint")
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, {"Resources": {"Bucket": BUCKET}})
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E3012]\n")
    assert cfnlint.run_cfnlint([stack_of(path)]).findings == []


def test_the_users_own_line_is_named(tmp_path):
    pytest.importorskip("cfnlint")
    path = write(tmp_path, {"Resources": {"Bucket": BUCKET}})
    (one,) = cfnlint.run_cfnlint([stack_of(path)]).findings
    assert one.source == Source("app.py", 7)
    assert "BucketName" in Path(path).read_text(encoding="utf-8").split("\n")[one.template_line - 1]


def test_cfn_lint_runs_our_rules(tmp_path):
    pytest.importorskip("cfnlint")
    database = {"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Delete", "Properties": {"PubliclyAccessible": True}}
    write(tmp_path, {"Resources": {"Db": database}})
    code = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = ["--format", "json", "-a", "cdkguard.cfnlint_rules", "-i", "E3", "W", "--", "t.template.json"]
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=tmp_path, capture_output=True, text=True)
    found = {m["Message"].split(":")[0]: m for m in json.loads(done.stdout) if m["Rule"]["Id"] == cfnlint.OWN_RULE}
    assert "data-retention" in found and "rds-public-access" in found
    assert found["rds-public-access"]["Location"]["Path"] == ["Resources", "Db", "Properties", "PubliclyAccessible"]
