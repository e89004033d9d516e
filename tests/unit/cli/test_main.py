"""The command line: exit statuses, one-line errors, outputs and their files."""

import json
import os
import subprocess
import sys

import pytest

from cdkguard.cli import main as cli
from tests.support.assemblies import assembly_with

BAD = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"}}}
GOOD = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDK_OUTDIR", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "bad.json").write_text(json.dumps(BAD))
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    return tmp_path


def run(capsys, *argv):
    status = cli.main([str(a) for a in argv])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def report(capsys, *argv):
    status, out, _ = run(capsys, "check", *argv, "--format", "json")
    return status, json.loads(out)


def assembly(folder, template=BAD, **artifact):
    assembly_with(folder, template["Resources"], **artifact)


def test_findings_and_no_findings(capsys):
    assert run(capsys, "check", "bad.json")[0] == 1
    assert run(capsys, "check", "good.json")[0] == 0
    assert run(capsys, "check", "bad.json", "--fail-on", "never")[0] == 0
    assert run(capsys, "check", "bad.json", "--environment", "dev")[0] == 0


def test_json(capsys):
    status, found = report(capsys, "bad.json", "--environment", "prod")
    assert status == 1 and found["verdict"] == "BLOCK"
    finding = next(f for f in found["findings"] if f["ruleId"] == "data-retention")
    assert (finding["outcome"], finding["logicalId"], finding["templatePath"]) == ("fail", "Table", "bad.json")


@pytest.mark.parametrize(
    "argv, status, words",
    [
        (["check"], 3, "no cdk.json in"),
        (["check", "none.json"], 3, "none.json: no such file"),
        (["check", "good.json", "--rules", "no-such-rule"], 2, "no profile, pack or rule"),
        (["check", "good.json", "--skip", "no-such-rule"], 2, "no profile, pack or rule"),
        (["check", "good.json", "--stack", "Nothing*"], 2, "names no stack"),
        (["check", "good.json", "--output", "txt"], 2, "did you mean 'text'"),
        (["check", "good.json", "--output", "json=no/such/folder.json"], 2, "cannot be written"),
        (["check", "good.json", "-c", "novalue"], 2, "takes NAME=VALUE"),
        (["check", "good.json", "--packs", "nowhere"], 2, "no folder and no installed pack"),
        (["check", "good.json", "--config", "none.yaml"], 2, "none.yaml"),
        (["check", "good.json", "--baseline", "none.json"], 3, "none.json"),
        (["check", "good.json", "--environment", "elsewhere"], 2, "elsewhere"),
        (["check", "--pre-built"], 3, "there is no cloud assembly yet"),
        (["check", "good.json", "--nonsense"], 2, "--nonsense"),
        (["explain", "data-retentoin"], 2, "did you mean 'data-retention'"),
        (["chekc"], 2, "no command 'chekc' (did you mean 'check'?)"),
        (["rules", "lst"], 2, "no command 'lst' (did you mean 'list'?)"),
    ],
)
def test_errors_are_one_line_and_have_their_status(capsys, argv, status, words):
    got, out, err = run(capsys, *argv)
    assert (got, out) == (status, "")
    assert err.startswith("cdkguard") and words in err and err.count("\n") == 1
    assert "Traceback" not in err


def test_a_broken_template_does_not_hide_the_findings_of_the_others(capsys, here):
    (here / "broken.json").write_text("{")
    status, found = report(capsys, "broken.json", "bad.json", "--environment", "prod")
    assert status == 3 and found["errors"] and found["findings"] and found["verdict"] == "BLOCK"


def test_unknown_rule_ids_in_the_configuration_are_errors(capsys, here):
    for text in ("with: {data-retentoin: {x: 1}}", "severity: {data-retentoin: low}"):
        (here / "cdkguard.yaml").write_text(text)
        status, _, err = run(capsys, "check", "good.json")
        assert status == 2 and "did you mean 'data-retention'" in err


def test_several_outputs_at_once_each_written_whole(capsys, here):
    status, out, _ = run(
        capsys, "check", "bad.json", "--output", "sarif=out.sarif", "--output", "junit=out.xml", "--output", "text"
    )
    assert status == 1 and "data-retention" in out
    assert json.loads((here / "out.sarif").read_text())["version"] == "2.1.0"
    assert (here / "out.xml").read_text().startswith("<?xml")
    assert not [f for f in os.listdir(here) if f.endswith(".part")]


def test_the_configuration_file_is_found_and_overlaid(capsys, here):
    (here / "cdkguard.yaml").write_text("fail_on: never\n")
    assert run(capsys, "check", "bad.json")[0] == 0
    assert run(capsys, "check", "bad.json", "--fail-on", "high")[0] == 1


def test_suppressed_findings_stay_and_do_not_fail(capsys, here):
    body = BAD["Resources"]["Table"] | {
        "Metadata": {"cdkguard": {"suppress": [{"rule": "data-retention", "reason": "scratch"}]}}
    }
    (here / "one.json").write_text(json.dumps({"Resources": {"Table": body}}))
    status, found = report(capsys, "one.json", "--rules", "data-retention")
    assert status == 0 and found["findings"][0]["outcome"] == "suppressed"


@pytest.mark.parametrize("argv", [[], ["rules"]], ids=["cdkguard", "cdkguard rules"])
def test_no_command_shows_the_help(capsys, argv):
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")  # a script whose variable is empty must not take the help for a report
    assert err == run(capsys, *argv, "--help")[1] and "usage: cdkguard" in err


@pytest.mark.parametrize("command", ["accept", "baseline"])
@pytest.mark.parametrize("option", ["--accepted", "--baseline"])
@pytest.mark.parametrize("key", ["accepted", "baseline"])
def test_accepted_findings_do_not_fail_and_new_ones_do(capsys, here, command, option, key):
    """The older names of the command, the option and the key work the same."""
    assert run(capsys, command, "bad.json", option, "b.json")[0] == 0
    assert run(capsys, "check", "bad.json", option, "b.json")[0] == 0
    (here / "cdkguard.yaml").write_text(f"{key}: b.json\n")
    assert run(capsys, "check", "bad.json")[0] == 0
    more = {"Resources": BAD["Resources"] | {"Other": {"Type": "AWS::DynamoDB::Table"}}}
    (here / "bad.json").write_text(json.dumps(more))
    assert run(capsys, "check", "bad.json", option, "b.json")[0] == 1
    assert run(capsys, "check", "bad.json")[0] == 1


def test_accept_writes_the_file_that_it_always_wrote(capsys, here):
    _, out, _ = run(capsys, "accept", "bad.json")
    assert (here / ".cdkguard-baseline.json").exists()
    assert "`cdkguard check --accepted .cdkguard-baseline.json`" in out


def test_accept_writes_the_file_that_the_configuration_names(capsys, here):
    (here / "cdkguard.yaml").write_text("accepted: ours.json\n")
    status, out, _ = run(capsys, "accept", "bad.json")
    assert status == 0 and (here / "ours.json").exists() and not (here / ".cdkguard-baseline.json").exists()
    assert "`cdkguard check` fails on new ones only" in out
    assert run(capsys, "check", "bad.json")[0] == 0


def test_a_file_of_accepted_findings_that_nothing_names_is_told(capsys, here):
    run(capsys, "accept", "bad.json")
    words = ".cdkguard-baseline.json does not count, since nothing names it"
    status, found = report(capsys, "bad.json")
    assert status == 1 and any(words in n["message"] for n in found["notices"])
    _status, found = report(capsys, "bad.json", "--accepted", ".cdkguard-baseline.json")
    assert not any(words in n["message"] for n in found["notices"])


def test_both_names_of_the_key_are_a_mistake(capsys, here):
    (here / "cdkguard.yaml").write_text("accepted: a.json\nbaseline: b.json\n")
    status, _, err = run(capsys, "check", "good.json")
    assert status == 2 and "cdkguard.yaml:2: baseline is the older name of accepted" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["rules", "list"],
        ["rules", "map", "CKV_AWS_28"],
        ["explain", "data-retention"],
        ["diff", "bad.json", "good.json"],
    ],
    ids=lambda argv: argv[0] + argv[1],
)
def test_every_command_that_prints_takes_outputs(capsys, here, argv):
    text, found = run(capsys, *argv)[1], run(capsys, *argv, "--format", "json")[1]
    assert json.loads(found)
    assert run(capsys, *argv, "--output", "json=x.json", "--output", "text") == (0, text, "")
    assert json.loads((here / "x.json").read_text()) == json.loads(found)
    assert run(capsys, *argv, "--output", "sarif")[0] == 2


def test_an_assembly_with_its_stack_settings(capsys, here):
    assembly(here / "cdk.out", GOOD)
    status, found = report(capsys, "cdk.out", "--environment", "prod")
    assert status == 0 and [(f["ruleId"], f["severity"]) for f in found["findings"]] == [
        ("stack-termination-protection", "medium")
    ]


def test_pre_built_reads_cdk_out_and_says_when_it_is_old(capsys, here):
    assembly(here / "cdk.out")
    (here / "app.py").write_text("")
    os.utime(here / "cdk.out/manifest.json", (1, 1))
    status, _, err = run(capsys, "check", "--pre-built")
    assert status == 1 and "is older than" in err


def test_an_environment_for_every_stack_in_the_file_is_told(capsys, here):
    (here / "cdkguard.yaml").write_text("environment: dev\n")
    status, found = report(capsys, "bad.json")
    assert status == 0 and any("has every stack judged as dev" in n["message"] for n in found["notices"])
    _status, found = report(capsys, "bad.json", "--environment", "dev")
    assert not any("has every stack judged" in n["message"] for n in found["notices"])


def test_an_assembly_that_is_named_is_said_to_be_old_too(capsys, here):
    assembly(here / "infra/cdk.out")
    (here / "infra/app.py").write_text("")
    os.utime(here / "infra/cdk.out/manifest.json", (1, 1))
    assert "is older than" not in run(capsys, "check", "infra/cdk.out")[2]
    (here / "infra/cdk.json").write_text('{"app": "false"}')
    assert "infra/cdk.out is older than infra/" in run(capsys, "check", "infra/cdk.out")[2]


def test_chained_behind_the_app_it_reports_through_cdk(capsys, here, monkeypatch):
    assembly(here / "cdk.out")
    monkeypatch.setenv("CDK_OUTDIR", str(here / "cdk.out"))
    monkeypatch.setenv("CDK_CLI_ASM_VERSION", "55.0.0")
    status, _, _ = run(capsys, "check", "--fail-on", "never")
    written = json.loads((here / "cdk.out/validation-report.json").read_text())
    assert status == 0 and written["pluginReports"][0]["pluginName"] == "cdkguard"
    run(capsys, "check", "--fail-on", "never")
    again = json.loads((here / "cdk.out/validation-report.json").read_text())
    assert len(again["pluginReports"]) == 1


def test_chained_it_fails_by_itself_unless_the_cdk_cli_will(capsys, here, monkeypatch):
    assembly(here / "cdk.out")
    monkeypatch.setenv("CDK_OUTDIR", str(here / "cdk.out"))
    monkeypatch.setenv("CDK_CONTEXT_JSON", "{}")
    assert run(capsys, "check")[0] == 1
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"@aws-cdk/core:failSynthOnValidationErrors": false}')
    assert run(capsys, "check")[:2] == (0, "")
    written = json.loads((here / "cdk.out/validation-report.json").read_text())
    assert written["pluginReports"][0]["conclusion"] == "failure"


def test_chained_behind_an_app_that_wrote_nothing_it_does_not_run_the_app_again(capsys, here, monkeypatch):
    (here / "cdk.json").write_text(json.dumps({"app": f'touch ran && "{sys.executable}" -m cdkguard check'}))
    monkeypatch.setenv("CDK_OUTDIR", str(here / "empty"))
    monkeypatch.setenv("CDK_CONTEXT_JSON", "{}")
    status, _, err = run(capsys, "check")
    assert status == 3 and "manifest.json: not found" in err and not (here / "ran").exists()


def test_an_assembly_that_somebody_elses_cdk_outdir_names_is_not_judged(capsys, here, monkeypatch):
    assembly(here / "old", GOOD)
    assembly(here / "made")
    (here / "cdk.json").write_text(json.dumps({"app": f'cp {here}/made/* "$CDK_OUTDIR"'}))
    monkeypatch.setenv("CDK_OUTDIR", str(here / "old"))
    status, found = report(capsys)
    assert status == 1 and any("CDK_OUTDIR is set to" in n["message"] for n in found["notices"])
    (here / "cdk.json").unlink()
    assert run(capsys, "check")[0] == 3


def _app(folder):
    assembly(folder / "made")
    (folder / "cfn").mkdir()
    (folder / "cfn/topic.json").write_text(json.dumps(GOOD))
    (folder / "cdk.json").write_text(json.dumps({"app": "cp made/* $CDK_OUTDIR"}))


@pytest.mark.parametrize("paths", [("a", "b"), ("a", "a/cfn/topic.json"), ("bad.json", "b")])
def test_an_app_among_several_paths_is_refused(capsys, here, paths):
    _app(here / "a")
    _app(here / "b")
    status, _, err = run(capsys, "check", *paths)
    assert status == 2 and "an app is checked by itself: `cdkguard check" in err


def test_a_folder_with_apps_in_it_is_judged_by_what_they_wrote_only_where_asked(capsys, here):
    _app(here / "all/a")
    assembly(here / "all/a/cdk.out", GOOD)
    assembly(here / "all/a/made", GOOD)
    (here / "all/shared").mkdir()
    (here / "all/shared/cdk.json").write_text('{"context": {}}')
    status, found = report(capsys, "all")
    assert status == 3 and [e["path"] for e in found["errors"]] == ["all/a"]
    assert "an app (cdk.json) that was not run" in found["errors"][0]["message"]
    status, found = report(capsys, "all", "--pre-built")
    assert status == 0 and not found["errors"] and len(found["stacks"]) == 3
    (here / "all/a/cdk.json").write_text("{")
    assert run(capsys, "check", "all")[0] == 3


def test_a_folder_inside_an_app_is_said_to_be_no_app(capsys, here):
    _app(here / "a")
    status, found = report(capsys, "a/cfn")
    said = [n["message"] for n in found["notices"]]
    assert status == 0 and any(text.startswith("a/cfn lies in the app of a, which was not run") for text in said)
    (here / "a/cfn/.git").mkdir()
    _status, found = report(capsys, "a/cfn")
    assert not any("lies in the app" in n["message"] for n in found["notices"])


def test_the_folder_of_an_app_is_no_old_side(capsys, here):
    _app(here / "a")
    status, _, err = run(capsys, "diff", "a", "a/made")
    assert status == 3 and "an app (cdk.json), which is not run as a baseline" in err


def test_a_chained_app_is_judged_from_outside_too(capsys, here):
    assembly(here / "made")
    copy = f'cp {here}/made/* "$CDK_OUTDIR"'
    (here / "cdk.json").write_text(json.dumps({"app": f'{copy} && "{sys.executable}" -m cdkguard check'}))
    status, found = report(capsys, "--environment", "prod")
    assert status == 1 and "data-retention" in {f["ruleId"] for f in found["findings"]}
    places = {one["templatePath"].partition(":")[0] for one in (*found["findings"], *found["stacks"])}
    assert places == {"assembly"}  # and not a temporary folder that is gone


def test_what_the_input_cannot_hold_is_said(capsys, here):
    (here / "sam.json").write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", **GOOD}))
    status, found = report(capsys, "sam.json")
    said = " ".join(n["message"] for n in found["notices"])
    assert status == 0 and "termination protection" in said and "AWS::Serverless-2016-10-31" in said


def test_github_step_summary(capsys, here, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "summary.md"))
    _, out, _ = run(capsys, "check", "bad.json", "--format", "github")
    assert "::error" in out and (here / "summary.md").read_text()


def test_missing_context_is_unknown_and_each_key_is_named(capsys, here):
    (here / "g.json").write_text("{}")
    group = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "SecurityGroupIngress": [{"CidrIp": "10.9.9.9/32", "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}]
        },
    }
    assembly(here / "cdk.out", {"Resources": {"G": group}})
    manifest = json.loads((here / "cdk.out/manifest.json").read_text())
    manifest["missing"] = [{"key": "peer:range", "provider": "ssm", "props": {"dummyValue": "10.9.9.9/32"}}]
    (here / "cdk.out/manifest.json").write_text(json.dumps(manifest))
    status, found = report(capsys, "cdk.out", "--environment", "dev")
    outcomes = {(f["ruleId"] == "context-missing", f["outcome"]) for f in found["findings"]}
    assert status == 1 and outcomes == {(True, "fail"), (False, "unknown")}
    assert any("peer:range" in n["message"] for n in found["notices"])


@pytest.mark.parametrize("by_the_cli", [True, False])
def test_a_chained_app_fails_when_what_was_missing_has_been_looked_up(capsys, here, monkeypatch, by_the_cli):
    """The CDK CLI looks missing context up after the app has run, and only where that did not fail."""
    assembly(here / "cdk.out")
    manifest = json.loads((here / "cdk.out/manifest.json").read_text())
    (here / "cdk.out/manifest.json").write_text(
        json.dumps({**manifest, "missing": [{"key": "ami:x", "provider": "ami"}]})
    )
    monkeypatch.setenv("CDK_OUTDIR", str(here / "cdk.out"))
    monkeypatch.setenv("CDK_CONTEXT_JSON", "{}")
    if by_the_cli:
        monkeypatch.setenv("CDK_CLI_ASM_VERSION", "55.0.0")
    status, out, err = run(capsys, "check")
    assert "context-missing" in out and status == (0 if by_the_cli else 1)
    assert ("only that run can fail" in err) is by_the_cli
    (here / "cdk.out/manifest.json").write_text(json.dumps(manifest))
    assert run(capsys, "check")[0] == 1


def test_rules_can_be_listed_shown_and_explained(capsys):
    status, out, _ = run(capsys, "rules", "list", "--format", "json")
    assert status == 0 and {"id", "equivalents", "covers"} <= set(json.loads(out)[0])
    assert "data-retention" in run(capsys, "rules", "list")[1]
    assert run(capsys, "rules", "show", "data-retention")[1].startswith("id: data-retention")
    assert "RemovalPolicy.RETAIN" in run(capsys, "explain", "data-retention")[1]


def test_init_writes_a_configuration_that_loads(capsys, here):
    assembly(here / "cdk.out", environment="aws://222222222222/eu-west-1")
    (here / "cdk.json").write_text('{"app": "cdk.out"}')
    assert run(capsys, "init")[0] == 0
    assert '"222222222222"' in (here / "cdkguard.yaml").read_text()
    assert run(capsys, "check")[0] == 1
    assert run(capsys, "init")[0] == 2


def test_python_dash_m_works():
    done = subprocess.run([sys.executable, "-m", "cdkguard", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("cdkguard ")


def test_the_output_of_a_broken_app_is_shown_once(here):
    (here / "cdk.json").write_text(json.dumps({"app": "printf 'Trace%s\\n' back >&2; exit 3"}))
    done = subprocess.run([sys.executable, "-m", "cdkguard", "check"], capture_output=True, text=True)
    assert done.returncode == 3 and done.stderr.count("Traceback") == 1 and "  | " not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("cdkguard: the app ended with exit status 3: printf")


def test_the_output_of_a_broken_app_is_told_where_it_could_not_be_shown(here, monkeypatch):
    from cdkguard.errors import SynthError
    from cdkguard.inputs.app import App
    from cdkguard.inputs.synth import synthesize

    class Broken:
        def write(self, text):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Broken())
    with pytest.raises(SynthError) as stop:
        synthesize(App("echo why; exit 3", str(here), {}), str(here / "out"))
    assert stop.value.unshown.endswith("\n  | why")


def test_an_input_that_cannot_be_read_gets_no_notice_about_the_change(capsys, here):
    (here / "bad.yaml").write_text("Resources:\n  A: [\n")
    status, found = report(capsys, "bad.yaml")
    assert (
        status == 3
        and found["errors"]
        and not any("the change was not judged" in n["message"] for n in found["notices"])
    )
    _status, found = report(capsys, "good.json")
    assert any("the change was not judged" in n["message"] for n in found["notices"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{\n "app": \n', "cdk.json:3: not JSON: Expecting value"),
        (b'{"app": "\xff"}', "cdk.json: not UTF-8 text (byte 9)"),
        (b"[1]", "cdk.json: is not a JSON object"),
        (b"{}", "cdk.json: has no 'app' command; add one or use --app"),
    ],
)
def test_a_cdk_json_that_cannot_be_read_is_named_with_its_line(capsys, here, content, said):
    (here / "cdk.json").write_bytes(content)
    assert run(capsys, "check") == (3, "", f"cdkguard: {said}\n")


WRITES = """
import json, os, sys
out, mode = os.environ["CDK_OUTDIR"], sys.argv[1]
def write(name, value):
    open(os.path.join(out, name), "w").write(value)
write("S.json", "{" if mode == "template" else json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}))
file = {"gone": "gone.json", "outside": "../S.json"}.get(mode, "S.json")
stack = {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": file}}
write("manifest.json", "{" if mode == "manifest" else json.dumps({"version": "36.0.0", "artifacts": {} if mode == "empty" else {"S": stack}}))
"""


@pytest.mark.parametrize("mode", ["template", "manifest", "gone", "outside", "empty"])
def test_no_temporary_path_is_written(capsys, here, mode):
    (here / "app.py").write_text(WRITES)
    (here / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py {mode}'}))
    for argv in (["check"], ["check", "--format", "json"], ["plan", "--destroy"], ["snapshot"], ["init"]):
        if argv == ["init"] and mode == "empty":  # It writes a file for an app that has no stack yet.
            continue
        status, out, err = run(capsys, *argv)
        assert status == 3 and "cdkguard-" not in out + err, (argv, out + err)
        assert "assembly" in out + err


def test_timings_end_with_the_printing_and_the_whole(capsys):
    status, _, err = run(capsys, "check", "good.json", "--timings")
    phases = {line.split(" ms  ")[1]: float(line.split(" ms  ")[0]) for line in err.splitlines() if "rule " not in line}
    assert status == 0 and {"rules", "read", "printing", "in all"} <= set(phases)
    assert sum(ms for name, ms in phases.items() if name != "in all") <= phases["in all"] + 0.5


def test_a_bug_is_no_finding(capsys, monkeypatch):
    monkeypatch.setattr("cdkguard.check.run.check", lambda *a, **k: 1 / 0)
    status, _, err = run(capsys, "check", "bad.json")
    assert status == 4 and "bug in cdkguard" in err


def test_a_python_predicate_runs_only_when_its_package_is_named(capsys, here, monkeypatch):
    (here / "guards").mkdir()
    (here / "guards/mine.yaml").write_text(
        "id: mine\ntitle: T\nseverity: high\ntypes: [AWS::SNS::Topic]\nrequire: {python: 'my_guards:named'}\n"
        "why: W\nremedy: R\nexamples: {pass: [{}], fail: [{}]}\n"
    )
    (here / "my_guards.py").write_text(
        "def named(body, scope):\n    return 'TopicName' in body.get('Properties', {})\n"
    )
    monkeypatch.syspath_prepend(str(here))
    rules = ("--packs", "guards", "--rules", "mine")
    status, _, err = run(capsys, "check", "good.json", *rules)
    assert status == 2 and "is not run: allow it by `--python my_guards`" in err
    assert run(capsys, "check", "good.json", *rules, "--python", "my_guards")[0] == 1
    assembly_with(here / "out", {"T": {"Type": "AWS::SNS::Topic"}})
    (here / "cdk.json").write_text('{"app": "out"}')
    status, _, err = run(capsys, "check", *rules)
    assert status == 2 and "is not run: name 'my_guards' under `python` in cdkguard.yaml" in err
    (here / "cdkguard.yaml").write_text("python: [my_guards]\n")
    assert run(capsys, "check", *rules)[0] == 1


@pytest.mark.parametrize("argv", [["rules", "list"], ["rules", "map", "CKV_AWS_28"], ["explain", "data-retention"]])
def test_rules_are_shown_where_the_current_folder_is_gone(capsys, here, monkeypatch, argv):
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    assert run(capsys, *argv)[0] == 0


def test_a_finding_without_a_line_points_at_the_cdk_json_of_the_app_that_was_named(tmp_path, monkeypatch):
    """Services take paths from the root of the repository, where the app may lie in a folder."""
    from cdkguard.cli.output import _cdk_json

    for folder in ("infra", "other/deep"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "infra/cdk.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert _cdk_json("infra") == _cdk_json(str(tmp_path / "infra")) == "infra/cdk.json"
    assert _cdk_json(".") is None and _cdk_json("other/deep") is None
    monkeypatch.chdir(tmp_path / "infra")
    assert _cdk_json(".") == "cdk.json" == _cdk_json("../other/deep")
    monkeypatch.chdir(tmp_path / "other")
    assert _cdk_json("../infra") is None
