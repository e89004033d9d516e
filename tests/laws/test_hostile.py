"""Text of an attacker's in every place that a run reads, through every command and format."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cdkguard.cli import main as cli
from cdkguard.cli import output as cli_output
from cdkguard.outputs.render import format_names
from tests.support import sampling
from tests.support.output_laws import parses

TERMINAL = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\b\x7f"
CI = "\n::error::owned\n  ::add-mask::e\n\r\n::stop-commands::x\n##[add-mask]e ##vso[task.setvariable variable=x]y ##teamcity[x]\n%0A::set-output name=a,b:c"
MARKUP = "[bold red]x[/] [link=https://evil.example]x[/link] <script>alert(1)</script><img src=x onerror=y> ]]>--><!-- ]]&gt; &lt;"
MARKDOWN = "|a|b|\n|---|\n# h1\n```\n~~~\n[x](javascript:x) ![x](https://evil.example) @all #1 /approve `x`\n"
HIDDEN = "\u202eabc\u2066\u200b\u2060\ufeff\u2028\u00ad\U000e0041\0\ud800 \udfff \ufffe"
EVERYTHING = TERMINAL + CI + MARKUP + MARKDOWN + HIDDEN
LONG = "x" * (10_000_000 if sampling.WHOLE else 4_000_000)

FORMATS = format_names()
# Controls but the end of a line, marks that reverse or hide text, and what two CI services obey anywhere in a line.
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]|##\\w*\\["
)
COMMAND = re.compile(r"^\s*::[a-z]", re.MULTILINE)


def harmless(text: str, commands: bool = False) -> None:
    """No terminal and no CI service obeys the text; `commands`: it may be made of GitHub's own commands."""
    found = UNSAFE.search(text)
    assert found is None, repr(text[max(0, found.start() - 80) : found.end() + 20])
    if not commands:
        found = COMMAND.search(text)
        assert found is None, repr(text[found.start() : found.end() + 60])


def table(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": properties}


def assembly(folder: Path, text: str, other: bool = False) -> Path:
    """A cloud assembly with `text` wherever an assembly can hold text; `other`: one that differs everywhere."""
    folder.mkdir(parents=True)
    more = "2" if other else ""
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Ref": f"AssetParameters{'0' * 64}S3Bucket01234567"}},
        "Metadata": {"aws:asset:path": "nested.json"},
    }
    template = {
        "Description": text,
        "Parameters": {text: {"Type": "String", "Default": text}, "P": {"Type": text}},
        "Mappings": {text: {text: {text: text}}},
        "Conditions": {text: {"Fn::Equals": [{"Ref": text}, text]}},
        "Outputs": {text: {"Value": text, "Export": {"Name": text}}},
        "Resources": {
            f"{text}{more}": table(TableName=text),
            "Known": {
                **table(TableName=f"{text}{more}"),
                "Condition": text,
                "Metadata": {"aws:cdk:path": text, text: text, "checkov": {"skip": [{"id": text, "comment": text}]}},
            },
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{text}{more}", text: text}},
            "Open": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {
                    "GroupDescription": text,
                    "SecurityGroupIngress": [
                        {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Description": text},
                        {"CidrIpv6": "::/0", "IpProtocol": text, "Description": text},
                    ],
                },
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": text,
                    "AssumeRolePolicyDocument": {
                        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*", text]}, "Action": [text, "sts:*"]}]
                    },
                    "Policies": [
                        {
                            "PolicyName": text,
                            "PolicyDocument": {
                                "Statement": [{"Sid": text, "Effect": "Allow", "Action": ["*", text], "Resource": "*"}]
                            },
                        }
                    ],
                },
            },
            "Odd": {"Type": text, "Properties": {text: text}, "DependsOn": text, "DeletionPolicy": text},
            "Reference": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::GetAtt": [text, text]}}},
            "Substituted": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": f"${{{text}}}"}}},
            "Nest": nested,
            "NestGone": {**nested, "Metadata": {"aws:asset:path": text}},
        },
    }
    if other:
        del template["Resources"]["Open"], template["Resources"]["Odd"]
    (folder / "main.json").write_text(json.dumps(template))
    (folder / "nested.json").write_text(json.dumps({"Resources": {f"{text}n{more}": table(TableName=text)}}))
    trace = [
        f"at {text} ({text}:1:2)",
        f"at x (/home/dev/{text}.ts:3:4)",
        f"at x (/home/dev/{text.split(chr(10))[0]}.py:3)",
    ]
    metadata = {
        f"/{text}/Known": [{"type": "aws:cdk:logicalId", "data": "Known", "trace": trace}],
        f"/{text}/Odd": [
            {"type": "aws:cdk:logicalId", "data": f"{text}{more}", "trace": trace},
            {"type": "aws:cdk:creationStack", "data": trace},
            {"type": "aws:cdk:acknowledge-info", "data": {f"cdkguard::{text}": text}},
            {"type": text, "data": text},
        ],
    }
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{text}/{text}",
        "displayName": text,
        "metadata": metadata,
        "properties": {
            "templateFile": "main.json",
            "stackName": f"{text}{more}",
            "tags": {text: text},
            "parameters": {text: text},
        },
    }
    gone = {"type": "aws:cloudformation:stack", "displayName": text, "properties": {"templateFile": f"{text}.json"}}
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": text}}
    artifacts = {text: stack} if other else {text: stack, f"{text}gone": gone, f"{text}stage": stage}
    missing = [{"key": text, "provider": text, "props": {text: text}}]
    (folder / "manifest.json").write_text(json.dumps({"version": "99.0", "artifacts": artifacts, "missing": missing}))
    return folder


def whole(folder: Path, text: str, other: bool = False) -> Path:
    """The same, without what makes it unreadable in part."""
    assembly(folder, text, other)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"] = {text: manifest["artifacts"][text]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    template = json.loads((folder / "main.json").read_text())
    del template["Resources"]["NestGone"]
    (folder / "main.json").write_text(json.dumps(template))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    """`old` and `new`, which can be read, and `broken`, which cannot in part."""
    home = tmp_path_factory.mktemp("hostile")
    whole(home / "old", EVERYTHING)
    whole(home / "new", EVERYTHING, other=True)
    assembly(home / "broken", EVERYTHING)
    return home


def run(capsys, *argv) -> tuple[int, str]:
    """The exit status and standard output; whatever it is, nothing is obeyed and nothing crashed."""
    status = cli.main([str(word) for word in argv])
    out, err = capsys.readouterr()
    assert status in (0, 1, 2, 3), err[-2000:]
    harmless(err)
    return status, out


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("input_", ["new", "broken"])
def test_check(capsys, hostile, name, input_):
    status, out = run(capsys, "check", hostile / input_, "--rules", "all", "--output", name, "--honour", "checkov")
    assert status == (1 if input_ == "new" else 3)
    harmless(out, commands=name == "github")
    parses(name, out)


@pytest.mark.parametrize("name", FORMATS)
def test_check_of_a_change(capsys, hostile, name):
    argv = ("check", hostile / "new", "--against", hostile / "old", "--rules", "all", "--output", name)
    status, out = run(capsys, *argv)
    assert status == 1
    harmless(out, commands=name == "github")
    parses(name, out)


@pytest.mark.parametrize("name", format_names("difference"))
@pytest.mark.parametrize("command", [("diff",), ("destroy", "--plan")], ids=lambda words: words[0])
def test_diff_and_destroy(capsys, hostile, command, name):
    status, out = run(capsys, *command, hostile / "new", "--against", hostile / "old", "--format", name)
    assert status == 0 and len(out) > 1000
    harmless(out)
    parses(name, out, schema=False)


def test_plan(capsys, hostile):
    status, out = run(capsys, "plan", hostile / "new", "--against", hostile / "old", "--output", "json")
    harmless(out)
    assert status == 1 and json.loads(out)["changes"]


@pytest.mark.parametrize("name", format_names("plan"))
@pytest.mark.parametrize("destroy", [(), ("--destroy",)], ids=["deploy", "destroy"])
def test_plan_in_each_format(capsys, hostile, destroy, name):
    status, out = run(capsys, "plan", *destroy, hostile / "new", "--against", hostile / "old", "--format", name)
    assert status == 1 and len(out) > 1000
    harmless(out)
    parses(name, out, schema=False)


def test_approve_writes_a_file_that_is_read_again(capsys, here):
    text = EVERYTHING.replace("\ud800 \udfff", "")
    whole(here / "old", text)
    whole(here / "new", text, other=True)
    argv = ["approve", "new", "--against", "old"]
    status, out = run(capsys, *argv)
    harmless(out)
    assert status == 1
    status, out = run(capsys, *argv, "--change", "*", "--reason", text, "--owner", "me")
    harmless(out)
    assert status == 0
    written = (here / "cdkguard.approvals.yaml").read_text()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written)
    status, out = run(capsys, "check", "new", "--against", "old", "--verbose")
    harmless(out)
    assert status == 1 and "suppressed" in out and "cdkguard.approvals.yaml" in out


def test_snapshot_is_read_again_and_is_safe_to_look_at(capsys, hostile, here):
    status, out = run(capsys, "snapshot", hostile / "new")
    harmless(out)
    assert status == 0
    for file in (here / "cdkguard.snapshot").iterdir():
        assert re.fullmatch(r"[\w.-]+", file.name, re.ASCII)
        harmless(file.read_text().replace("##", ""))
    status, out = run(capsys, "diff", hostile / "new", "--against", "cdkguard.snapshot")
    assert status == 0 and "no change" in out


def test_baseline_of_accepted_findings(capsys, hostile, here):
    status, out = run(capsys, "accept", hostile / "new", "--rules", "all", "--skip", "changes")
    harmless(out)
    assert status == 0
    harmless((here / ".cdkguard-baseline.json").read_text().replace("##", ""))
    status, out = run(capsys, "check", hostile / "new", "--rules", "all", "--accepted", ".cdkguard-baseline.json")
    assert status == 0
    harmless(out)


@pytest.mark.parametrize("command", ["check", "plan", "snapshot", "approve", "diff", "destroy"])
def test_names_on_the_command_line(capsys, hostile, command):
    """CI passes on what somebody else has named: branches, folders, stacks."""
    text = EVERYTHING.replace("\0", "").replace("\ud800 \udfff", "\udcff")
    plan = ["--plan"] if command == "destroy" else []
    for argv in (
        [text],
        [hostile / "new", "--against", text],
        [hostile / "new", "--against", f"git:{text}"],
        [hostile / "new", "--stack", text],
        [hostile / "new", "--packs", text],
        [hostile / "new", "--config", text],
        [hostile / "new", "--rules", text],
        [hostile / "new", "--environment", text],
        [hostile / "new", "--parameter", text],
    ):
        status, out = run(capsys, command, *plan, *argv)
        assert status in (0, 1, 2, 3)
        harmless(out)


def test_a_terminal_shows_our_own_colours_alone(capsys, hostile, monkeypatch):
    from cdkguard.cli.links import make_links
    from cdkguard.outputs.render import Options

    options = Options(os.getcwd(), color=True, link_of=make_links(os.getcwd()))
    monkeypatch.setattr(cli_output, "terminal_options", lambda *arguments: options)
    for argv in (("check", hostile / "new"), ("diff", hostile / "old", hostile / "new")):
        out = run(capsys, *argv)[1]
        assert "\x1b[1" in out
        assert ("\x1b]8" in out) is (argv[0] == "check")  # the ids of rules are links to their pages
        out = re.sub("\x1b\\]8;(id=[0-9-]+;(https|file)://[A-Za-z0-9._/%~-]+|;)\x1b\\\\", "", out)
        harmless(re.sub("\x1b\\[[0-9;]*m", "", out))


def test_very_long_texts(capsys, here):
    """Each is shown in part, and the run stays short."""
    template = {
        "Resources": {"T": table(TableName=LONG), "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": LONG}}}
    }
    (here / "t.json").write_text(json.dumps(template))
    for name in sampling.share(FORMATS, 3):
        status, out = run(capsys, "check", "t.json", "--rules", "all", "--output", name)
        assert status == 1 and len(out) < 3_000_000, name
        parses(name, out)
    template["Resources"]["T"]["Properties"]["TableName"] = "y" + LONG
    (here / "u.json").write_text(json.dumps(template))
    for name in sampling.share(("text", "json", "markdown"), 2):
        status, out = run(capsys, "diff", "t.json", "u.json", "--format", name)
        assert status == 0 and (name == "json" or len(out) < 100_000), name


# -- what the team itself, or a pull request to it, writes


# Less what YAML refuses wherever it stands, or JSON's escapes cannot say in it.
WRITTEN = EVERYTHING.replace("\0", "").replace("\ud800 \udfff \ufffe", "").replace("\U000e0041", "")


def test_configuration(capsys, hostile, here):
    config = {
        "environments": {WRITTEN: {"stacks": ["*"]}},
        "suppressions": [
            {"rule": "data-retention", "construct": "*", "reason": WRITTEN, "owner": WRITTEN, "expires": "2999-01-01"},
            {"rule": "s3-versioning", "construct": WRITTEN, "reason": WRITTEN},
        ],
    }
    (here / "cdkguard.yaml").write_text(json.dumps(config))
    for name in FORMATS:
        status, out = run(capsys, "check", hostile / "new", "--config", "cdkguard.yaml", "--output", name)
        assert status == 1
        harmless(out, commands=name == "github")
        parses(name, out)


@pytest.mark.parametrize(
    "config",
    [{WRITTEN: 1}, {"environment": WRITTEN}, {"rules": [WRITTEN]}, {"packs": [WRITTEN]}, {"with": {WRITTEN: {}}},
     {"severity": {WRITTEN: "low"}}, {"severity": {"s3-versioning": WRITTEN}}, {"outputs": [WRITTEN]}, {"against": WRITTEN},
     {"against": f"git:{WRITTEN}"}, {"stacks": [WRITTEN]}, {"accounts": {"allowed": [WRITTEN]}}, {"baseline": WRITTEN},
     {"honour": WRITTEN}, {"suppressions": [{"rule": WRITTEN, "construct": "*", "reason": "x"}]}],
    ids=lambda config: next(iter(config)) if next(iter(config)).isascii() else "key",
)  # fmt: skip
def test_mistakes_in_the_configuration(capsys, hostile, here, config):
    (here / "cdkguard.yaml").write_text(json.dumps(config))
    status, out = run(capsys, "check", hostile / "new", "--config", "cdkguard.yaml")
    assert status in (1, 2, 3)
    harmless(out)


def pack(folder: Path, **changed: Any) -> Path:
    rule = {
        "id": "evil-rule", "title": WRITTEN, "severity": "high", "types": ["AWS::DynamoDB::Table"], "why": WRITTEN,
        "require": {"path": "$.Properties.TableName", "equals": "fine"}, "message": WRITTEN,
        "remedy": {"text": WRITTEN, "python": WRITTEN, "typescript": WRITTEN}, "references": ["https://evil.example/" + WRITTEN],
        "examples": {"pass": [{"TableName": "fine"}], "fail": [{"TableName": WRITTEN}]}, **changed,
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "evil-rule.yaml").write_text(json.dumps({k: v for k, v in rule.items() if v is not None}))
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_a_pack_in_a_report(capsys, hostile, here, name):
    evil = pack(here / "evil")
    argv = ("check", hostile / "new", "--packs", evil, "--rules", "evil-rule", "--output", name)
    status, out = run(capsys, *argv)
    assert status == 1 and "evil-rule" in out
    harmless(out, commands=name == "github")
    parses(name, out)


@pytest.mark.parametrize(
    "command",
    [("rules", "list"), ("rules", "list", "--format", "json"), ("rules", "show", "evil-rule"), ("explain", "evil-rule"),
     ("explain", "evil-rule", "--output", "json"),
     ("rules", "test")],
    ids=" ".join,
)  # fmt: skip
def test_a_pack_in_the_commands_about_rules(capsys, here, command):
    pack(here / "evil")
    more = ("evil",) if command[-1] == "test" else ("--packs", "evil")
    status, out = run(capsys, *command, *more)
    assert out and status in (0, 1)
    harmless(out)


@pytest.mark.parametrize(
    "key", ["id", "title", "severity", "require", "types", "equivalents", "message", "profiles", WRITTEN]
)
def test_mistakes_in_a_pack(capsys, here, key):
    pack(here / "evil", **{key: WRITTEN})
    for argv in (("rules", "list", "--packs", "evil"), ("rules", "test", "evil")):
        status, out = run(capsys, *argv)
        assert status in (0, 1, 2)
        harmless(out)


# -- names on disk


@pytest.mark.parametrize(
    "name",
    ["\x1b[31m", "\n::error::x", "##vso[x]", "<script>", "a,b:c%0A", "\u202egnp.json", "\udcff\udcfe", "[red]", "`x`|"],
)
def test_file_names(capsys, here, name):
    folder = here / f"{name}.d"
    folder.mkdir()
    (folder / f"{name}.json").write_text(json.dumps({"Resources": {"T": table()}}))
    (folder / f"{name}broken.json").write_text("{")
    for output in FORMATS:
        status, out = run(capsys, "check", folder, "--output", output)
        assert status == 3
        harmless(out, commands=output == "github")
        parses(output, out)
    for command in ("diff", "snapshot", "plan"):
        harmless(run(capsys, command, folder, *(["--against", folder] if command != "snapshot" else []))[1])


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.hooksPath=/dev/null", *words],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def test_branch_names(capsys, hostile, here, monkeypatch):
    """CI tells the name of a branch; git itself allows in it what reverses and marks up text."""
    branch = "a\u202e<script>$(x)`x`|##"
    git(here, "init", "-q", "-b", "trunk")
    (here / "cdk.json").write_text('{"app": "out"}')
    whole(here / "out", "Old")
    git(here, "add", "-A")
    git(here, "commit", "-qm", "x")
    git(here, "branch", branch)
    for name in (branch, WRITTEN):
        monkeypatch.setenv("GITHUB_BASE_REF", name)
        for output in FORMATS:
            status, out = run(capsys, "check", "--against", "git", "--output", output)
            assert status in (1, 3)
            harmless(out, commands=output == "github")
        harmless(run(capsys, "diff", "--against", "git", "--format", "markdown")[1])


def test_the_summary_of_a_job(capsys, hostile, here, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "summary"))
    assert run(capsys, "check", hostile / "new", "--rules", "all", "--output", "github")[0] == 1
    text = (here / "summary").read_text()
    harmless(text)
    parses("github-summary", text)
