"""What an input leaves out, mistypes or turns into something else never makes a run pass without saying so.

Each case is a small assembly, or its configuration, in which one thing is wrong. A database without any protection is in it:
a run that still judges it ends in 1, and one that cannot ends in 2 or 3 and says why.
"""

import json

import pytest

from cdkguard.cli import main as cli

DATABASE = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}
BARE = {"Resources": {"D": DATABASE}}
NEVER = {"N": {"Fn::Equals": ["a", "b"]}}


def database(**changed):
    return {"Resources": {"D": {**DATABASE, **changed}}}


TEMPLATES = {  # name -> (template, the rules that must speak of D; None: the run must end in 3 with these words)
    "nothing wrong": (BARE, ["rds-instance-deletion-protection", "data-retention-on-replacement"]),
    "a deletion policy that is a parameter": (database(DeletionPolicy={"Ref": "P"}), ["data-retention"]),
    "a deletion policy that is a choice": (
        {**database(DeletionPolicy={"Fn::If": ["N", "Retain", "Delete"]}), "Conditions": NEVER}, ["data-retention"]),
    "a deletion policy in small letters": (database(DeletionPolicy="retain"), ["data-retention"]),
    "a deletion policy that is a list": (database(DeletionPolicy=["Retain"]), ["data-retention"]),
    "properties that are a choice": (database(Properties={"Fn::If": ["N", {}, {}]}), ["rds-instance-deletion-protection"]),
    "properties that a macro makes": (database(Properties={"Fn::Transform": {"Name": "M"}}), ["rds-public-access"]),
    "a condition that is not there": (database(Condition="Gone"), ["rds-instance-deletion-protection"]),
    "a condition that is a list": (database(Condition=["N"]), ["rds-instance-deletion-protection"]),
    "a condition that is written in place": (database(Condition={"Fn::Equals": ["a", "b"]}), ["rds-instance-deletion-protection"]),
    "a condition that is nothing": ({**database(Condition="N"), "Conditions": {"N": None}}, ["rds-instance-deletion-protection"]),
    "metadata that is a list": ({**BARE, "Metadata": [1]}, ["rds-instance-deletion-protection"]),
    "rules that are a text": ({**BARE, "Rules": "x"}, ["rds-instance-deletion-protection"]),
    "a suppression that is a text": (database(Metadata={"cdkguard": "x"}), ["rds-instance-deletion-protection"]),
    "a suppression without a reason": (
        database(Metadata={"cdkguard": {"suppress": [{"rule": "*"}]}}), ["rds-instance-deletion-protection"]),
    "a suppression with an empty reason": (
        database(Metadata={"cdkguard": {"suppress": [{"rule": "*", "reason": " "}]}}), ["rds-instance-deletion-protection"]),
}  # fmt: skip
UNREADABLE = {
    "a type that is a number": (database(Type=3), "resource 'D' has no Type"),
    "a type that is a function": (database(Type={"Ref": "P"}), "resource 'D' has no Type"),
    "a resource that is nothing": ({"Resources": {"D": None}}, "resource 'D' has no Type"),
    "properties that are a list": (database(Properties=[1]), "Properties of resource 'D' is a list"),
    "resources that are a list": ({"Resources": [1]}, "Resources is a list"),
    "resources that are nothing": ({"Resources": None}, "Resources is null"),
    "resources in small letters": ({"resources": {"D": DATABASE}}, "no Resources"),
    "no resources, and something else": ({"Description": "x", "Stuff": {}}, "no Resources"),
    "conditions that are a list": ({**BARE, "Conditions": [1]}, "Conditions is a list"),
    "parameters that are a list": ({**BARE, "Parameters": [1]}, "Parameters is a list"),
    "mappings that are a text": ({**BARE, "Mappings": "x"}, "Mappings is a string"),
    "nothing at all": ("", "empty"),
    "null": (None, "a template is a mapping, not null"),
}  # fmt: skip


def stack(**changed):
    return {
        "type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": "S",
        "properties": {"templateFile": "S.json"}, **changed,
    }  # fmt: skip


def stacked(**properties):
    return stack(properties={"templateFile": "S.json", **properties})


MANIFESTS = {  # name -> (what the manifest says, exit status, words)
    "a stack without a file": ({"artifacts": {"S": stack(properties={})}}, 3, "a file name is missing"),
    "a stack without properties": ({"artifacts": {"S": stack(properties=None)}}, 3, "a file name is missing"),
    "properties that are a list": ({"artifacts": {"S": stack(properties=["S.json"])}}, 3, "properties is not a mapping"),
    "tags that are a list": ({"artifacts": {"S": stacked(tags=["prod"])}}, 3, "tags is not a mapping"),
    "parameters that are a text": ({"artifacts": {"S": stacked(parameters="x")}}, 3, "parameters is not a mapping"),
    "topics that are a text": ({"artifacts": {"S": stacked(notificationArns="arn:x")}}, 3, "notificationArns is not a list"),
    "a stack of another kind": (
        {"artifacts": {"S": stack(), "T": stack(type="aws:cloudformation:stackset")}}, 3,
        "artifact 'T' (aws:cloudformation:stackset) has a template that was not judged"),
    "no stack": ({"artifacts": {"T": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}, 3, "has no stack"),
    "artifacts that are a list": ({"artifacts": []}, 3, "artifacts is not a mapping"),
    "no artifact": ({"artifacts": {}}, 3, "has no stack"),
    "artifacts that are nothing": ({"artifacts": None}, 3, "artifacts is not a mapping"),
    "an artifact that is nothing": ({"artifacts": {"S": stack(), "T": None}}, 3, "artifact 'T' is not a mapping"),
    "a stage that is not there": (
        {"artifacts": {"S": stack(), "T": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "t"}}}}, 3, "not found"),
    "a stage without a folder": ({"artifacts": {"S": stack(), "T": {"type": "cdk:cloud-assembly"}}}, 3, "a file name is missing"),
    "missing context that is a text": ({"artifacts": {"S": stack()}, "missing": "vpc"}, 3, "missing is not a list"),
    "missing context that is a mapping": ({"artifacts": {"S": stack()}, "missing": {"key": "vpc"}}, 3, "missing is not a list"),
    "missing context of nothing": ({"artifacts": {"S": stack()}, "missing": [None]}, 3, "missing[0] is not a mapping"),
    "missing context": ({"artifacts": {"S": stack()}, "missing": [{"key": "vpc", "provider": "vpc-provider"}]}, 1, "context-missing"),
    "nothing missing": ({"artifacts": {"S": stack()}, "missing": None}, 1, "rds-instance-deletion-protection"),
    "no environment": ({"artifacts": {"S": stack(environment=None)}}, 1, "rds-instance-deletion-protection"),
    "an environment that is a number": ({"artifacts": {"S": stack(environment=3)}}, 1, "rds-instance-deletion-protection"),
    "a protection that is a text": ({"artifacts": {"S": stacked(terminationProtection="true")}}, 1, "stack-termination-protection"),
    "a protection that is a number": ({"artifacts": {"S": stacked(terminationProtection=1)}}, 1, "stack-termination-protection"),
    "no version": ({"version": None, "artifacts": {"S": stack()}}, 1, "rds-instance-deletion-protection"),
}  # fmt: skip
CONFIGURATIONS = {  # text -> (exit status, words)
    "": (1, "rds-instance-deletion-protection"),
    "rules:\n": (1, "rds-instance-deletion-protection"),
    "rulez: [all]\n": (2, "no key 'rulez' (did you mean 'rules'?)"),
    "- rules\n": (2, "mapping"),
    "rules: []\n": (2, "rules is empty"),
    "rules: [no-such-rule]\n": (2, "no-such-rule"),
    "rules: [all]\nrules: [iam]\n": (2, "there twice"),
    "fail_on: 3\n": (2, "fail_on is one of"),
    "fail-on: high\n": (2, "did you mean 'fail_on'?"),
    "severity: {rds-*: none}\n": (2, "none"),
    "suppressions:\n- rule: '*'\n": (2, "a suppression needs `construct`"),
    "suppressions:\n- {rule: '*', construct: '*', reason: ''}\n": (2, "reason"),
    "suppressions:\n- {rule: '*', construct: '*', reason: x, expires: soon}\n": (2, "expires"),
    "suppressions:\n-\n": (2, "suppressions"),
    "environments:\n  prod: {stacks: [Nothing*]}\n": (1, "rds-instance-deletion-protection"),
    "environments:\n  dev:\n": (1, "rds-instance-deletion-protection"),
    "environments:\n  dev: {stack: [S]}\n": (2, "stack"),
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The exit status of a check, all that it says, and the rules that found something about D."""
    monkeypatch.chdir(tmp_path)

    def check(template, manifest, config=None):
        (tmp_path / "cdk.out").mkdir()
        (tmp_path / "cdk.out/manifest.json").write_text(json.dumps({"version": "55.0.0", **manifest}))
        (tmp_path / "cdk.out/S.json").write_text(template if isinstance(template, str) else json.dumps(template))
        if config is not None:
            (tmp_path / "cdkguard.yaml").write_text(config)
        status = cli.main(["check", "cdk.out", "--format", "json"])
        out, err = capsys.readouterr()
        report = json.loads(out) if out else {"findings": []}
        return (
            status,
            out + err,
            {f["ruleId"] for f in report["findings"] if f["logicalId"] == "D" and f["outcome"] != "suppressed"},
        )

    return check


@pytest.mark.parametrize(("template", "rules"), TEMPLATES.values(), ids=TEMPLATES)
def test_templates_that_are_judged(run, template, rules):
    status, _said, found = run(template, {"artifacts": {"S": stack()}})
    assert status == 1 and found >= set(rules)


@pytest.mark.parametrize(("template", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_templates_that_are_none(run, template, words):
    status, said, _found = run(template, {"artifacts": {"S": stack()}})
    assert status == 3 and words in said


def test_an_include_among_the_resources_is_found(run):
    """What an include brings in is no resource without a Type any longer, but what nobody has judged."""
    status, said, _found = run(
        {"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}, {"artifacts": {"S": stack()}}
    )
    assert status == 1 and '"template-macro"' in said and "by AWS::Include" in said


@pytest.mark.parametrize(("manifest", "expected", "words"), MANIFESTS.values(), ids=MANIFESTS)
def test_manifests(run, manifest, expected, words):
    status, said, _found = run(BARE, manifest)
    assert status == expected and words in said


@pytest.mark.parametrize(("config", "expected"), CONFIGURATIONS.items(), ids=[repr(c) for c in CONFIGURATIONS])
def test_configurations(run, config, expected):
    status, said, _found = run(BARE, {"artifacts": {"S": stack()}}, config)
    assert status == expected[0] and expected[1] in said


def test_an_empty_stack_of_cdk_is_no_mistake(run):
    bootstrap = {"Parameters": {"BootstrapVersion": {"Type": "String"}}, "Rules": {"CheckBootstrapVersion": {}}}
    assert run(bootstrap, {"artifacts": {"S": stacked(terminationProtection=True)}})[0] == 0


OPTIONS = [
    *[[name, ""] for name in ("--against", "--environment", "--rules", "--skip", "--stack", "--packs", "--config", "--honour",
                              "--framework", "--accepted", "--baseline", "--fail-on", "--app", "--output", "--parameter", "-c")],
    ["--rules", " , "], ["--against="], ["--environment= "], ["--output", "json="], ["--timeout", "0"], ["--timeout", "-1"],
    ["--timeout", "nan"], ["--timeout", "inf"], ["--timeout", "soon"], ["--jobs", "0"], ["--output", "yaml"], ["--fail-on", "HIGH"],
    ["--environment", "prodd"], ["--rules", "rds-*,no-such"], ["--stack", "Nothing*"], ["--parameter", "Name"], ["-c", "name"],
    ["--honour", "nobody"], ["--framework", "nobody"], ["--packs", "nowhere"], ["--config", "nowhere.yaml"],
]  # fmt: skip


@pytest.mark.parametrize("words", OPTIONS, ids=" ".join)
def test_an_option_without_a_usable_value_is_a_mistake(run, words, capsys):
    """As of a variable that is not set in CI: `--against "$BASELINE"` must not judge less, in silence."""
    assert run(BARE, {"artifacts": {"S": stack()}})[0] == 1
    assert cli.main(["check", "cdk.out", *words]) == 2
    err = capsys.readouterr().err
    told = words[0].partition("=")[0] if len(words) == 1 or words[0] in err else words[1].rpartition(",")[2]
    assert told and told in err


@pytest.mark.parametrize(
    "words", [["-c", "key="], ["-ckey="], ["--context=key="], ["--parameter", "Name="]], ids=" ".join
)
def test_a_value_may_be_empty_where_a_name_is_given(run, words):
    assert run(BARE, {"artifacts": {"S": stack()}})[0] == 1
    assert cli.main(["check", "cdk.out", *words]) == 1


@pytest.mark.parametrize("key", ["environment", "against", "app", "rules", "accepted", "baseline", "fail_on", "packs"])
def test_an_empty_text_in_the_configuration_is_a_mistake(run, key):
    status, said, _found = run(BARE, {"artifacts": {"S": stack()}}, f'{key}: ""\n')
    assert status == 2 and "cdkguard.yaml:1" in said and key in said
