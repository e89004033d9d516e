"""Secrets in templates, and in the source lines that findings point at, are printed in no format."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdkguard.check import examples as ruletest
from cdkguard.check.run import check, check_assembly
from cdkguard.cli import main as cli
from cdkguard.config.settings import Config
from cdkguard.engine import finding_words
from cdkguard.model import Assembly, Stack
from cdkguard.outputs.render import FORMATS as FORMAT_RECORDS
from cdkguard.outputs.render import Options, format_names, render
from cdkguard.packs import folders
from cdkguard.packs import load as packs
from cdkguard.template import rendering

FORMATS = format_names()
TOKEN = "ghp_" + "Ab1" * 12  # of the shape of a credential, wherever it stands
KEY = "AKIA" + "Q2W3" * 4
NAMED = "correct-horse-battery-9"  # a secret by the name of what holds it
OTHER = "incorrect-donkey-pile-77"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(secret: str, more: str) -> dict[str, Any]:
    """Resources with a secret in each place where its name gives it away, and one that differs harmlessly."""
    variables = {"DB_PASSWORD": secret, "ApiKey": secret, "LEVEL": f"info{more}"}
    pairs = [{"Name": name, "Value": value} for name, value in variables.items()]
    return {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Environment": {"Variables": variables}, "Handler": f"x{more}", "Runtime": "nodejs22.x",
            "Code": {"ZipFile": f"exports.handler = () => connect('{TOKEN}')"}}},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "ContainerDefinitions": [{"Name": "a", "Image": f"a:{more}", "Environment": pairs}]}},
        "Build": {"Type": "AWS::CodeBuild::Project", "Properties": {
            "Name": f"b{more}", "Environment": {"EnvironmentVariables": pairs[1:] if more else pairs}, "Source": {"Type": "GITHUB", "Auth": {"Type": "OAUTH", "Resource": TOKEN}}}},
        "Database": {"Type": "AWS::RDS::DBInstance", "Properties": {
            "MasterUserPassword": secret, "MasterUsername": "admin", "DBName": f"d{more}", "PubliclyAccessible": True}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": secret, "Name": f"s{more}"}},
        "User": {"Type": "AWS::IAM::User", "Properties": {"LoginProfile": {"Password": secret}, "UserName": f"u{more}"}},
        "Mine": {"Type": "Custom::Mine", "Properties": {"ServiceToken": "x", "Password": secret, "Deep": [{"clientSecret": secret}], "X": more}},
    }  # fmt: skip


def shaped(more: str) -> dict[str, Any]:
    """Resources with a credential in texts of every kind."""
    url = f"postgres://app:{NAMED}@db.internal/orders"
    statement = {"Sid": f"S{more}", "Effect": "Allow", "Action": "*", "Resource": ["*", f"arn:aws:s3:::{TOKEN}/*"],
                 "Principal": "*", "Condition": {"StringEquals": {"aws:UserAgent": TOKEN}}}  # fmt: skip
    return {
        "Instance": {"Type": "AWS::EC2::Instance", "Properties": {"UserData": {"Fn::Base64": f"export T={TOKEN}\nurl={url}\n{more}"}, "ImageId": TOKEN}},
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
            "GroupDescription": f"{TOKEN}{more}",
            "SecurityGroupIngress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1", "Description": f"{KEY} {more}"}]}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": TOKEN, "Properties": {"BucketName": f"{KEY}-{more}", "Tags": [{"Key": "t", "Value": TOKEN}], "AccessControl": TOKEN}},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [statement]}}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": f"{TOKEN}{more}", "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{TOKEN}"], "AssumeRolePolicyDocument": {"Statement": [{**statement, "Principal": {"AWS": ["*", TOKEN]}}]}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": f"{TOKEN}-${{AWS::Region}}{more}"}, "KmsMasterKeyId": {"Fn::If": ["IsProd", TOKEN, {"Ref": "AWS::NoValue"}]}}},
        "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"TableName": f"{TOKEN}{more}"}},
    }  # fmt: skip


def assembly(folder: Path, more: str = "") -> Path:
    folder.mkdir()
    template = {
        "Description": TOKEN,
        "Parameters": {"P": {"Type": "String", "Default": TOKEN}, "DbPassword": {"Type": "String", "Default": NAMED}},
        "Mappings": {"M": {"a": {"b": TOKEN}}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "P"}, TOKEN]}},
        "Outputs": {"O": {"Value": TOKEN, "Description": TOKEN}, "Password": {"Value": NAMED}},
        "Resources": {**named(OTHER if more else NAMED, more), **shaped(more)},
    }
    (folder / "main.json").write_text(json.dumps(template))
    properties = {
        "templateFile": "main.json",
        "tags": {"token": TOKEN},
        "parameters": {"P": TOKEN, "DbPassword": NAMED},
    }
    trace = [f"at x ({folder.parent}/app.ts:1:2)"]
    stack = {
        "type": "aws:cloudformation:stack", "displayName": "Main", "properties": properties, "environment": "aws://111122223333/eu-west-1",
        "metadata": {"/Main/F": [{"type": "aws:cdk:logicalId", "data": "Function", "trace": trace}], "/Main": [{"type": "aws:cdk:creationStack", "data": trace}]},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": {"Main": stack}}))
    return folder


def silent(text: str) -> None:
    for secret in (TOKEN, KEY, NAMED, OTHER):
        at = text.find(secret)
        assert at < 0, text[max(0, at - 300) : at + 60]


def run(capsys, *argv: Any) -> tuple[int, str]:
    status = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    assert status in (0, 1), err[-2000:]
    silent(out)
    silent(err)
    return status, out


@pytest.mark.parametrize("name", FORMATS)
def test_check(capsys, here, name):
    assembly(here / "out")
    status, out = run(capsys, "check", "out", "--rules", "all", "--output", name, "--timings")
    assert status == 1 and ("secret-in-lambda-env" in out or name == "github")


@pytest.mark.parametrize("name", FORMATS)
def test_check_of_a_change(capsys, here, name):
    assembly(here / "old"), assembly(here / "new", "2")
    assert run(capsys, "check", "new", "--against", "old", "--rules", "all", "--output", name)[0] == 1


@pytest.mark.parametrize("against", [None, "old"])
def test_a_finding_that_hides_a_secret_says_so(here, against):
    """By that, and not by its words, the literals of its source line are hidden as well."""
    assembly(here / "old"), assembly(here / "new", "2")
    findings = check(Config(paths=("new",), rules=("all",), against=against)).findings
    hiding = [f for f in findings if f.hides_secret]
    assert hiding == [f for f in findings if "(hidden, " in f"{f.found} {f.message}"] and len(hiding) > 5
    assert bool(against) == any(f.impact for f in hiding)


@pytest.mark.parametrize("name", format_names("difference"))
@pytest.mark.parametrize("new", ["new", "none"])
def test_diff_and_destroy(capsys, here, name, new):
    assembly(here / "old"), assembly(here / "new", "2")
    (here / "none").mkdir()
    manifest = (here / "old" / "manifest.json").read_text()
    (here / "none" / "manifest.json").write_text(manifest)
    (here / "none" / "main.json").write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    for sides in (("old", new), (new, "old")):
        assert "Main" in run(capsys, "diff", *sides, "--format", name)[1]
    run(capsys, "destroy", "--plan", "old", "--format", name)
    run(capsys, "plan", "--destroy", "old", "--output", name)
    run(capsys, "plan", "old", new, "--output", name)


def test_plan_approve_and_baseline(capsys, here):
    assembly(here / "old"), assembly(here / "new", "2")
    run(capsys, "plan", "new", "--against", "old")
    run(capsys, "approve", "new", "--against", "old", "--change", "*", "--reason", "r", "--owner", "o")
    run(capsys, "baseline", "new")
    for file in ("cdkguard.approvals.yaml", ".cdkguard-baseline.json"):
        silent((here / file).read_text())


def test_a_snapshot_says_that_it_holds_a_credential(capsys, here):
    assembly(here / "out")
    assert cli.main(["snapshot", "out"]) == 0
    out, err = capsys.readouterr()
    silent(out + err)
    assert (
        "Main.template.json: holds a credential in plain text (" in err and err.count("\n") == 2
    )  # and the index: tags
    (here / "out" / "main.json").write_text(json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}))
    manifest = (here / "out" / "manifest.json").read_text().replace(TOKEN, "x")
    (here / "out" / "manifest.json").write_text(manifest)
    assert cli.main(["snapshot", "out"]) == 0 and capsys.readouterr().err == ""


def test_cfn_lint(capsys, here):
    pytest.importorskip("cfnlint")
    assembly(here / "out")
    assert "cfn-lint-E" in run(capsys, "check", "out", "--lint", "--output", "json")[1]


def test_a_value_that_cfn_lint_quotes():
    from cdkguard.check import cfnlint

    template = {"Resources": {"Db": {"Type": "X", "Properties": {"Passwords": [{"Password": NAMED}], "Name": "n-1"}}}}
    stack = Stack("Main", template, "main.json")
    rule = {"Id": "E3031", "ShortDescription": "s", "Description": "d", "Source": ""}
    for path, quoted in ((["Passwords", 0, "Password"], NAMED), (["Name"], "n-1"), (["Gone", 3], "x")):
        place = {"Path": ["Resources", "Db", "Properties", *path], "Start": {"LineNumber": 1}}
        match = {
            "Filename": "main.json",
            "Message": f"'{quoted}' does not match '^x$'",
            "Rule": rule,
            "Location": place,
        }
        found = next(cfnlint._findings(match, cfnlint._rule(match), {"main.json": [stack]}))
        assert found.hides_secret == (quoted == NAMED)
        assert found.message == f"'{quoted}' does not match '^x$'".replace(NAMED, f"(hidden, {len(NAMED)} characters)")


LINES = [
    f'const db = new DatabaseInstance(this, "Db", {{ masterUserPassword: "{NAMED}" }});',
    f"new Function(this, 'F', {{ environment: {{ DB_PASSWORD: '{NAMED}', LEVEL: 'info' }} }});",
    f'fn = Function(self, "F", environment={{"API_KEY": "{NAMED}"}}, password="{NAMED}")',
    f'fn = Function(self, "F", environment={{"URL": "https://x/?t={TOKEN}", "K": "{KEY}"}})',
    f"const s = SecretValue.unsafePlainText(`{NAMED}`);",
    f'fn.addEnvironment("DB_PASSWORD", "{NAMED}");',
    f'login("{NAMED}")  # a finding about a secret points here',
]


@pytest.mark.parametrize("line", LINES)
def test_the_source_line_of_a_finding(capsys, here, line):
    assembly(here / "out")
    (here / "app.ts").write_text(line + "\n")
    out = run(capsys, "check", "out", "--rules", "all", "--verbose")[1]
    assert "app.ts:1" in out and "| " in out  # the line is shown, without its texts


def test_a_line_that_never_ends(capsys, here):
    """Code that a program wrote can be one line, and a search in it must not take the square of its length."""
    assembly(here / "out")
    (here / "out" / "main.json").write_text(json.dumps({"Resources": {"T": {"Type": "AWS::DynamoDB::Table"}}}))
    (here / "app.ts").write_text("token" * 700_000 + "\n")
    began = time.perf_counter()
    assert "tokentoken" in run(capsys, "check", "out")[1]
    assert time.perf_counter() - began < 5


def test_a_line_without_a_secret_is_shown_as_it_is(capsys, here):
    line = 'new Table(this, "Orders", { removalPolicy: RemovalPolicy.DESTROY, tableName: "orders" });'
    (here / "app.ts").write_text(line + "\n")
    assembly(here / "out")
    template = {"Resources": {"T": {"Type": "AWS::DynamoDB::Table"}}}
    (here / "out" / "main.json").write_text(json.dumps(template))
    assert line[:60] in run(capsys, "check", "out")[1]


# -- every rule, by its own examples


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from leaves(inner, (*path, key))


def with_token(value: Any, path: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = f"-{TOKEN}"  # not in the middle of a word, where it has no shape
    return changed


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """(rule id, a resource that it fails on) of all rules on resources that have such examples."""
    loaded = packs.load_packs([])
    for rule in loaded.rules:
        if rule.scope not in ("change", "stack"):
            rule = rule._replace(file=folders.source_file(rule))
            for case in ruletest._read_examples(rule).get("fail", []):
                stack, _settings, _subject = ruletest.build_stack(rule, case, loaded.sets)
                for body in (stack.template.get("Resources") or {}).values():
                    if isinstance(body, dict) and isinstance(body.get("Type"), str):
                        yield rule.id, body


def report_on(resources: dict[str, Any]) -> Any:
    stack = Stack("Main", {"Resources": resources}, "main.json", construct_path="Main", environment="prod")
    return check_assembly(Config(rules=("all",)), Assembly((stack,)))


def test_no_rule_shows_a_credential_wherever_it_stands():
    found = list(examples())
    assert len(found) > 300
    resources = {}
    for number, (_rule, body) in enumerate(found):
        for place, path in enumerate(leaves(body.get("Properties") or {}, ("Properties",))):
            resources[f"R{number}x{place}"] = with_token(body, path)
    every = list(resources.items())  # 400 at a time, as many as a stack has
    reports = [report_on(dict(every[start : start + 400])) for start in range(0, len(every), 400)]
    assert sum(len(report.findings) for report in reports) > len(found)
    for report in reports:
        for finding in report.findings:
            for text in (finding.message, finding.found, finding.branch, *finding.property_paths):
                assert TOKEN not in (text or ""), (finding.rule_id, text)
        silent(render("json", report))


def test_what_a_rule_calls_a_secret_is_shown_by_no_other_rule(monkeypatch):
    """The values that rules on secrets were about to show, in the report of all rules on the same resources."""
    texts: set[str] = set()
    shown = rendering.render_value

    def recording(value: Any, secret: bool) -> str:
        if secret and isinstance(value, str):
            texts.add(value)
        return shown(value, secret)

    monkeypatch.setattr(finding_words, "render_value", recording)
    report = report_on({f"R{n}": body for n, (_rule, body) in enumerate(examples())})
    secrets = {text for text in texts if len(text) >= 6 and " " not in text}
    assert len(secrets) >= 8
    for name in (record.name for record in FORMAT_RECORDS if record.report):
        shown_text = render(name, report, Options(os.getcwd()))
        leaked = {
            s
            for s in secrets
            if f"{s}" in shown_text and not any(s in r.title or s in r.why or s in str(r.remedy) for r in report.rules)
        }
        assert not leaked, name
