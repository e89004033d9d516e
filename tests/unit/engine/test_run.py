"""The rule language and the engine, on small rules and templates."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.fingerprints import fingerprint
from cdkguard.engine.rules import EngineSettings, severity_of
from cdkguard.engine.run import evaluate_resources
from cdkguard.language.checking import RequirementError, prepare_requirement
from cdkguard.model import Missing, Outcome, Remedy, Rule, Source, Stack

SETS = {"things": frozenset({"A::B::C"})}


def rule(require=None, *, forbid=None, where=None, **options):
    node = {"not": forbid} if forbid is not None else require
    ready = prepare_requirement(node, (), options.get("parameters", {}), SETS) if node is not None else None
    concern = prepare_requirement(where, (), {}, SETS) if where is not None else None
    return Rule(**{"id": "r", "title": "It is right", "severity": "high", "pack": "p", "types": ("A::B::C",),
                   "require": ready, "where": concern, **options})  # fmt: skip


def stack(resources, **template):
    return Stack("S", {"Resources": resources, **template}, "s.json", construct_path="S", environment="prod")


def judge(one, resources, settings=None, **template):
    judged = evaluate_resources([stack(resources, **template)], [one], settings or EngineSettings(sets=SETS))
    assert not judged.problems
    return judged.findings


@pytest.mark.parametrize("value", ["hunter2", "ghp_" + "Ab1" * 12, {"Ref": "P"}])
@pytest.mark.parametrize("secret", [False, True])
def test_a_finding_says_whether_it_hides_a_secret(value, secret):
    (found,) = judge(rule(ON, secret=secret), {"X": {"Type": "A::B::C", "Properties": {"On": value}}})
    assert found.hides_secret == (secret or str(value).startswith("ghp_")) == ("(hidden, " in found.found)


def test_what_is_absent_hides_nothing():
    (found,) = judge(rule(ON, secret=True), {"X": {"Type": "A::B::C", "Properties": {}}})
    assert not found.hides_secret and found.found == "absent"


def outcome(one, properties, **template):
    found = judge(one, {"X": {"Type": "A::B::C", "Properties": properties}}, **template)
    return found[0].outcome if found else Outcome.PASS


PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
ON = {"path": "$.Properties.On", "equals": True}


@pytest.mark.parametrize(
    "require, properties, expected",
    [
        (ON, {"On": True}, PASS),
        (ON, {"On": "true"}, PASS),
        (ON, {"On": False}, FAIL),
        (ON, {}, FAIL),
        (ON, {"On": {"Ref": "P"}}, UNKNOWN),
        ({"all": [ON, {"path": "$.Properties.N", "at_least": 2}]}, {"On": True, "N": "2"}, PASS),
        ({"any": [ON, {"path": "$.Properties.N", "at_least": 2}]}, {"On": {"Ref": "P"}, "N": 3}, PASS),
        ({"any": [ON, {"path": "$.Properties.N", "at_least": 2}]}, {"On": {"Ref": "P"}, "N": 1}, UNKNOWN),
        ({"all": [ON, {"path": "$.Properties.N", "at_least": 2}]}, {"On": {"Ref": "P"}, "N": 1}, FAIL),
        ({"path": "$.Properties.L[*].K", "equals": "x"}, {"L": [{"K": "x"}, {"K": "y"}]}, FAIL),
        ({"path": "$.Properties.L[*].K", "equals": "x"}, {"L": []}, PASS),
        ({"not": {"path": "$.Properties.L[*].K", "equals": "x"}}, {"L": [{"K": "x"}, {"K": "y"}]}, FAIL),
        ({"not": {"path": "$.Properties.L[*].K", "equals": "x"}}, {"L": [{"K": "y"}]}, PASS),
        ({"path": "$.Properties.L[*]", "some": {"path": "$.K", "equals": "x"}}, {"L": [{"K": "x"}, {"K": "y"}]}, PASS),
        ({"path": "$.Properties.L[*]", "some": {"path": "$.K", "equals": "x"}}, {"L": []}, FAIL),
        ({"path": "$.Properties.L[*]", "every": {"path": "$.K", "equals": "x"}}, {"L": [{"K": "x"}, {"K": "y"}]}, FAIL),
        ({"path": "$.Properties.L[*]", "none": {"path": "$.K", "equals": "x"}}, {"L": [{"K": {"Ref": "P"}}]}, UNKNOWN),
        ({"path": "$.Properties.S", "starts_with": "arn:"}, {"S": {"Fn::Sub": "arn:${X.Arn}"}}, PASS),
        ({"path": "$.Properties.S", "starts_with": "arn:"}, {"S": {"Fn::Sub": "x:${X.Arn}"}}, FAIL),
        ({"path": "$.Properties.S", "matches": "^a+$"}, {"S": "aaa"}, PASS),
        ({"path": "$.Properties.S", "equals": "*"}, {"S": {"Fn::GetAtt": ["Role", "Arn"]}}, FAIL),
        ({"path": "$.Properties.S", "cidr_open": True}, {"S": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}, FAIL),
        ({"path": "$.Properties.S", "equals": "*"}, {"S": {"Fn::Sub": "states.${AWS::Region}.amazonaws.com"}}, FAIL),
        ({"path": "$.Properties.S", "equals": "a-b"}, {"S": {"Fn::Sub": "a${AWS::Region}b"}}, UNKNOWN),
        ({"path": "$.Properties.S", "not_in": ["x", "y"]}, {"S": {"Fn::Sub": "a${AWS::Region}b"}}, PASS),
        ({"path": "$.Properties.C", "in": "@things"}, {"C": "A::B::C"}, PASS),
        ({"path": "$.Properties.S", "exists": True}, {"S": {"Ref": "AWS::NoValue"}}, FAIL),
        ({"path": "$.Properties.S", "not_equals": "x"}, {}, PASS),
        ({"path": "$.Properties.S", "equals": "5.1"}, {"S": "5.10"}, FAIL),
        ({"path": "$.Properties.L", "contains": "a"}, {"L": ["b", {"Ref": "P"}]}, UNKNOWN),
        ({"path": "$.Properties.L", "empty": True}, {}, PASS),
        ({"path": "$.Properties.L", "empty": True}, {"L": [{"Ref": "AWS::NoValue"}]}, PASS),
        ({"path": "$.Properties.L", "length_at_least": 1}, {"L": [{"Ref": "AWS::NoValue"}]}, FAIL),
        ({"path": "$.Properties.L", "length_at_least": 1}, {"L": ["a", {"Ref": "AWS::NoValue"}]}, PASS),
    ],
)
def test_requirements(require, properties, expected):
    assert outcome(rule(require), properties) is expected


def test_where_decides_whether_a_rule_is_concerned():
    one = rule(ON, where={"path": "$.Properties.Kind", "equals": "x"})
    assert outcome(one, {"Kind": "y"}) is PASS
    assert outcome(one, {"Kind": "x"}) is FAIL
    assert outcome(one, {"Kind": {"Ref": "P"}}) is UNKNOWN
    assert outcome(one, {"Kind": {"Ref": "P"}, "On": True}) is PASS


def test_a_finding_names_the_branch_the_place_and_the_value():
    parameters = {"Env": {"Type": "String", "AllowedValues": ["prod", "dev"]}}
    conditions = {"IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}}
    body = {"X": {"Type": "A::B::C", "Properties": {"On": {"Fn::If": ["IsProd", True, False]}}}}
    (found,) = judge(rule(ON, message="{path} is {found}"), body, Parameters=parameters, Conditions=conditions)
    assert (found.outcome, found.branch, found.found) == (FAIL, "IsProd is false", "false")
    assert found.property_paths == ("Properties.On",)
    assert found.message == "Properties.On is false, when IsProd is false"


@pytest.mark.parametrize(
    "properties, shown",
    [({}, ("Properties.Rules", "absent")), ({"Rules": []}, ("Properties.Rules", "[]")),
     ({"Rules": [{"On": False}]}, ("Properties.Rules", '[{"On": false}]'))],
)  # fmt: skip
def test_a_list_without_the_element_is_named_by_its_place(properties, shown):
    one = rule({"path": "$.Properties.Rules[*]", "some": {"path": "$.On", "equals": True}})
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": properties}})
    assert (found.property_paths[0], found.found) == shown


def test_an_exception_that_is_not_there_is_not_told():
    one = rule(forbid={"all": [{"path": "$.Properties.Open", "equals": True},
                               {"not": {"path": "$.Properties.Name", "matches": "boundary"}}]})  # fmt: skip
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": {"Open": True}}})
    assert found.property_paths == ("Properties.Open",)
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": {"Open": True, "Name": "x"}}})
    assert found.property_paths == ("Properties.Open", "Properties.Name")


def test_the_construct_path_comes_from_the_tree_where_the_template_has_none():
    one = rule(forbid={"path": '$.Metadata."aws:cdk:path"', "matches": "/Artifacts$"})
    body = {"Type": "A::B::C", "Properties": {}}
    for metadata, tree, fails in (
        ({}, "S/Artifacts", True),
        ({}, "S/X", False),
        ({"aws:cdk:path": "S/X"}, "S/Artifacts", False),
    ):
        of = stack({"X": {**body, "Metadata": metadata}})._replace(construct_paths={"X": tree})
        assert bool(evaluate_resources([of], [one], EngineSettings(sets=SETS)).findings) is fails


def test_a_resource_is_judged_only_where_it_is_created():
    conditions = {
        "Yes": {"Fn::Equals": ["a", "a"]},
        "No": {"Fn::Equals": ["a", "b"]},
        "ByDefault": {"Fn::Equals": [{"Ref": "P"}, "b"]},
    }
    parameters = {"P": {"Type": "String", "Default": "a"}}

    def found(name):
        body = {"X": {"Type": "A::B::C", "Condition": name, "Properties": {"On": {"Fn::If": [name, False, True]}}}}
        return [f.outcome for f in judge(rule(ON), body, Conditions=conditions, Parameters=parameters)]

    assert found("Yes") == [FAIL]
    assert found("No") == []
    assert judge(
        rule(ON), {"X": {"Type": "A::B::C", "Condition": "ByDefault"}}, Conditions=conditions, Parameters=parameters
    )


def test_what_cdk_writes_about_itself_is_judged_by_rules_that_name_it_alone():
    """It exists under a condition over every region, and each rule about every type would ask for each of them."""
    metadata = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:x"}}
    require = {"path": "$.Properties.Owner", "exists": True}
    for types, logical_ids in (("*", ["Topic"]), ("AWS::*", ["Topic"]), ("AWS::CDK::Metadata", ["Metadata"])):
        judged = judge(rule(require, types=(types,)), {"Metadata": metadata, "Topic": {"Type": "AWS::SNS::Topic"}})
        assert [f.logical_id for f in judged] == logical_ids


def test_too_many_branches_are_unknown_and_never_slow():
    names = [f"C{i}" for i in range(40)]
    conditions = {n: {"Fn::Equals": [{"Ref": f"P{n}"}, "x"]} for n in names}
    parameters = {f"P{n}": {"Type": "String"} for n in names}
    value = {"L": [{"Fn::If": [n, {"K": 1}, {"K": 1}]} for n in names]}
    one = rule({"path": "$.Properties.L[*].K", "equals": 1})
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": value}}, Conditions=conditions, Parameters=parameters)
    assert found.outcome is UNKNOWN and "combinations of conditions" in found.message


def test_related_resources():
    cluster = {"Type": "A::Cluster", "Properties": {"On": True}}
    member = {"Type": "A::B::C", "Properties": {"Cluster": {"Ref": "Cluster"}}}
    one = rule({"target": {"path": "$.Properties.Cluster", "types": ["A::Cluster"], "satisfies": ON}})
    assert judge(one, {"Cluster": cluster, "X": member}) == []
    cluster["Properties"]["On"] = False
    assert [f.outcome for f in judge(one, {"Cluster": cluster, "X": member})] == [FAIL]
    member["Properties"]["Cluster"] = "by-name"
    assert [f.outcome for f in judge(one, {"Cluster": cluster, "X": member})] == [UNKNOWN]

    policy = {"Type": "A::Policy", "Properties": {"Bucket": {"Fn::Sub": "${X}"}, "On": True}}
    two = rule({"referrer": {"types": ["A::Policy"], "path": "$.Properties.Bucket", "satisfies": ON}})
    subject = {"Type": "A::B::C"}
    assert judge(two, {"P": policy, "X": subject}) == []
    assert [f.outcome for f in judge(two, {"X": subject})] == [FAIL]


def test_resources_that_are_spelled_out_by_name():
    cluster = {"Type": "A::Cluster", "Properties": {"Name": "shop", "On": True}}
    one = rule({"target": {"path": "$.Properties.Cluster", "types": ["A::Cluster"], "named": "$.Properties.Name"}})
    two = rule({"referrer": {"types": ["A::Policy"], "path": "$.Properties.Of", "named": "$.Properties.Name"}})
    own = {"Fn::Sub": "arn:${AWS::Partition}:a:${AWS::Region}:${AWS::AccountId}:cluster/shop/1f"}
    spelled = ["shop", "arn:aws:a:eu-west-1:210987654321:cluster/shop", "arn:aws:s3:::shop/in", own]
    others = ["shop-2", "arn:aws:a:eu-west-1:210987654321:cluster/shop-2", "the shop", "shop/in", {"Ref": "Given"}]
    for text, outcomes in [(t, []) for t in spelled] + [(t, None) for t in others]:
        asks = {"Type": "A::B::C", "Properties": {"Cluster": text}}
        found = [
            f.outcome for f in judge(one, {"Cluster": cluster, "X": asks}, Parameters={"Given": {"Type": "String"}})
        ]
        assert found == (outcomes if outcomes is not None else [UNKNOWN]), text
        subject, policy = (
            {"Type": "A::B::C", "Properties": {"Name": "shop"}},
            {"Type": "A::Policy", "Properties": {"Of": text}},
        )
        found = [f.outcome for f in judge(two, {"X": subject, "P": policy}, Parameters={"Given": {"Type": "String"}})]
        assert found == (outcomes if outcomes is not None else [FAIL]), text
    nameless = {"X": {"Type": "A::B::C"}, "P": {"Type": "A::Policy", "Properties": {"Of": "shop"}}}
    assert [f.outcome for f in judge(two, nameless)] == [FAIL]
    del cluster["Properties"]["Name"]
    assert [
        f.outcome for f in judge(one, {"Cluster": cluster, "X": {"Type": "A::B::C", "Properties": {"Cluster": "shop"}}})
    ]


def test_policy_documents():
    public = rule(forbid={"path": "$.Properties.Policy", "has_statement": {"public": True, "restricted": False}})

    def policy(**statement):
        return {"Policy": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Principal": "*", **statement}]}}

    assert outcome(public, policy()) is FAIL
    assert outcome(public, {"Policy": json.dumps(policy()["Policy"])}) is FAIL
    assert outcome(public, policy(Effect="Deny")) is PASS
    assert outcome(public, policy(Principal={"AWS": {"Fn::GetAtt": ["Role", "Arn"]}})) is PASS
    assert outcome(public, policy(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})) is PASS
    assert outcome(public, policy(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})) is FAIL
    assert (
        outcome(public, policy(Principal={"AWS": {"Ref": "Whom"}}), Parameters={"Whom": {"Type": "String"}}) is UNKNOWN
    )


def test_parameters_of_a_rule_come_from_the_configuration():
    one = rule({"path": "$.Properties.N", "at_most": {"with": "limit"}}, parameters={"limit": 3})
    body = {"X": {"Type": "A::B::C", "Properties": {"N": 5}}}
    assert judge(one, body)
    assert judge(one, body, EngineSettings(sets=SETS, parameters={"r": {"limit": 9}})) == []


def test_environments_scope_rules_and_severities():
    one = rule(ON, environments=("prod",), severities={"prod": "critical"})
    (found,) = judge(one, {"X": {"Type": "A::B::C"}})
    assert found.severity == "critical"
    dev = stack({"X": {"Type": "A::B::C"}})._replace(environment="dev")
    assert evaluate_resources([dev], [one], EngineSettings(sets=SETS)).findings == []
    live = dev._replace(environment="live")
    strict = EngineSettings(sets=SETS, strict_environments=frozenset({"live"}))
    assert evaluate_resources([live], [one], strict).findings[0].severity == "critical"


def test_on_unknown():
    assert outcome(rule(ON, on_unknown="fail"), {"On": {"Ref": "P"}}) is FAIL
    assert outcome(rule(ON, on_unknown="pass"), {"On": {"Ref": "P"}}) is PASS


def test_a_crashed_rule_is_never_a_pass():
    one = rule({"python": "m:f"})

    def crash(root, scope):
        raise ValueError("boom")

    settings = EngineSettings(sets=SETS, predicates={"m:f": crash})
    judged = evaluate_resources([stack({"X": {"Type": "A::B::C"}})], [one], settings)
    assert judged.findings[0].outcome is UNKNOWN
    assert judged.problems[0].kind == "rule" and judged.problems[0].fatal and "boom" in judged.problems[0].message


def test_loops_are_expanded_and_an_unknown_collection_is_an_error():
    loop = {
        "Fn::ForEach::Xs": [
            "Id",
            ["A", "B"],
            {"X${Id}": {"Type": "A::B::C", "Properties": {"On": False, "Name": {"Ref": "Id"}}}},
        ]
    }
    found = judge(rule(ON), loop, Transform="AWS::LanguageExtensions")
    assert [f.logical_id for f in found] == ["XA", "XB"]
    unknown = {"Fn::ForEach::Xs": ["Id", {"Ref": "P"}, {"X${Id}": {"Type": "A::B::C"}}]}
    judged = evaluate_resources(
        [stack(unknown, Transform="AWS::LanguageExtensions")], [rule(ON)], EngineSettings(sets=SETS)
    )
    assert judged.problems[0].fatal


def test_secrets_are_masked():
    one = rule({"path": "$.Properties.Token", "literal": False}, secret=True, message="{found}")
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": {"Token": "hunter2hunter2"}}})
    assert "hunter2" not in repr(found)


def test_an_account_without_quotes_is_one():
    one = rule(forbid={"names_account": ["example"]}, scope="value")
    for value, fails in (
        (123456789012, True),
        ("123456789012", True),
        (12345678901, False),
        (1234567890123, False),
        (True, False),
    ):
        for properties in ({"AccountId": value}, {"AccountId": [value]}):
            assert bool(judge(one, {"X": {"Type": "A::B::C", "Properties": properties}})) is fails, value


def test_a_credential_is_found_wherever_the_template_holds_it():
    key = "AKIA" + "Q3EGTZ5XNBCW7LMP"
    one = rule(forbid={"secret_shape": True}, scope="value", secret=True)
    plain = rule(forbid={"matches": "AKIA"}, scope="value")
    resources = {
        "X": {"Type": "A::B::C", "Metadata": {"AWS::CloudFormation::Init": {"files": {"/etc/a": {"content": key}}}}}
    }
    sections = {
        "Parameters": {"Key": {"Type": "String", "Default": key}, "Plain": {"Type": "String", "Default": "x"}},
        "Mappings": {"Keys": {"eu": {"key": key}}},
        "Outputs": {"Key": {"Value": {"Fn::Sub": key}}},
    }
    found = judge(one, resources, **sections)
    assert {(f.logical_id, f.property_paths[0]) for f in found} == {
        (None, "Parameters.Key.Default"),
        (None, "Mappings.Keys.eu.key"),
        (None, "Outputs.Key.Value"),
        ("X", "Metadata.AWS::CloudFormation::Init.files./etc/a.content"),
    }
    assert key not in repr(found)
    assert not judge(plain, resources, **sections)  # an account or ARN there is a setting, or CDK's own note


VALUES = st.one_of(st.booleans(), st.sampled_from(["true", "false", "x", {"Ref": "P"}, {"Ref": "AWS::NoValue"}]))


@given(st.dictionaries(st.sampled_from(["On", "N"]), VALUES), st.sampled_from(["On", "N"]))
def test_making_a_value_unknown_never_turns_a_failure_into_a_pass(properties, name):
    one = rule({"all": [ON, {"path": "$.Properties.N", "not_equals": "x"}]})
    if outcome(one, properties) is FAIL:
        assert outcome(one, {**properties, name: {"Ref": "Unknown"}}) is not PASS


@pytest.mark.parametrize(
    "requirement, words",
    [
        ({"path": "$.X", "equal": 1}, "did you mean 'equals'"),
        ({"path": "X", "equals": 1}, "starts with '$'"),
        ({"path": "$.X"}, "needs an operator"),
        ({"all": []}, "takes a list"),
        ({"all": [{"path": "$.X", "equals": 1}], "path": "$.Y"}, "stands alone"),
        ({"path": "$.X", "in": "@thing"}, "did you mean 'things'"),
        ({"path": "$.X", "matches": "(a+)+$"}, "for ever"),
        ({"path": "$.X", "matches": "(a|a)*$"}, "for ever"),
        ({"path": "$.X", "matches": "("}, "regular expression"),
        ({"path": "$.X", "has_statement": {"publik": True}}, "no statement test"),
        ({"path": "$.X", "at_least": {"with": "nothing"}}, "no parameter"),
        ("x", "is a mapping"),
    ],
)
def test_mistakes_in_requirements_are_named(requirement, words):
    with pytest.raises(RequirementError, match=re.escape(words)):
        prepare_requirement(requirement, (), {}, SETS)


def test_what_decides_is_told_though_a_later_value_hangs_on_an_unknown_condition():
    one = rule(forbid={"path": "$.Properties.L[*]", "equals": "bad"})
    maybe = {"Fn::If": ["C", "bad", "good"]}
    found = judge(
        one,
        {"R": {"Type": "A::B::C", "Properties": {"L": ["bad", maybe]}}},
        Parameters={"P": {"Type": "String"}},
        Conditions={"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    )
    (finding,) = found
    assert finding.outcome is Outcome.FAIL and finding.property_paths == ("Properties.L[0]",)


def test_rules_about_templates_see_the_macros_of_every_one_of_them():
    plain = rule(
        {"not": {"path": "$.Transforms[*]", "not_in": ["AWS::LanguageExtensions"]}}, scope="template", types=()
    )
    whole = Stack("S", {"Resources": {}, "Transform": "Own"}, "s.json")
    inner = Stack("N", {"Resources": {}, "Fn::Transform": {"Name": "AWS::Include"}}, "n.json", parent=whole)
    fine = Stack("L", {"Resources": {}, "Transform": ["AWS::LanguageExtensions"]}, "l.json", from_assembly=True)
    judged = evaluate_resources([whole, inner, fine], [plain], EngineSettings())
    found = [(f.template_path, f.logical_id, f.property_paths, f.found) for f in judged.findings]
    assert found == [("s.json", None, ("Transforms[0]",), "Own"), ("n.json", None, ("Transforms[0]",), "AWS::Include")]


def test_missing_context_is_held_against_the_stacks_of_its_account_and_region():
    keys = ("vpc-provider:account=1:filter.x=1:region=eu-west-1", "ami:account=2:region=eu-west-1", "mine")
    missing = tuple(Missing(key, "", (), "") for key in keys)
    here = Stack("S", {"Resources": {}}, "s.json", account="1", region="eu-west-1", from_assembly=True, missing=missing)
    body = {"path": "$.MissingContext", "empty": True}
    (found,) = evaluate_resources([here], [rule(body, scope="stack", types=())], EngineSettings()).findings
    assert "account=1" in found.found and "mine" in found.found and "account=2" not in found.found
    inside = EngineSettings(judges_lookups=False)
    assert not evaluate_resources([here], [rule(body, scope="stack", types=())], inside).findings


def test_what_a_rule_about_a_stack_sees():
    seen = []

    def look(root, _scope):
        seen.append(root)
        return True

    one = rule({"python": "m:f"}, scope="stack")
    built = Stack("Shop", {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Description": "d"}, "s.json", construct_path="Prod/Shop",
                  account="111122223333", region="eu-west-1", environment="prod", termination_protection=True,
                  tags={"k": "v"}, notification_arns=("arn:a",), from_assembly=True)  # fmt: skip
    evaluate_resources([built], [one], EngineSettings(sets=SETS, predicates={"m:f": look}))
    (body,) = seen
    assert body["Name"] == "Shop" and body["ConstructPath"] == "Prod/Shop" and body["TerminationProtection"] is True
    assert (
        body["Tags"] == {"k": "v"}
        and body["NotificationArns"] == ["arn:a"]
        and body["ResourceTypes"] == ["AWS::SQS::Queue"]
    )
    assert (body["Account"], body["Region"], body["Environment"]) == ("111122223333", "eu-west-1", "prod")
    assert body["Description"] == "d" and body["MissingContext"] == []


def test_a_run_that_has_no_memory_is_no_crashed_rule():
    def starve(root, scope):
        raise MemoryError

    settings = EngineSettings(sets=SETS, predicates={"m:f": starve})
    with pytest.raises(MemoryError):
        evaluate_resources([stack({"X": {"Type": "A::B::C"}})], [rule({"python": "m:f"})], settings)


def test_what_a_crashed_rule_leaves_says_so():
    def crash(root, scope):
        raise ValueError("boom")

    settings = EngineSettings(sets=SETS, predicates={"m:f": crash})
    judged = evaluate_resources([stack({"X": {"Type": "A::B::C"}})], [rule({"python": "m:f"})], settings)
    assert judged.findings[0].message == "Cannot be judged: It is right (the rule crashed (ValueError))"


def test_outcomes_are_counted():
    values = {"P": {"On": True}, "Q": {"On": True}, "F": {"On": False}, "U": {"On": {"Ref": "Z"}}}
    resources = {name: {"Type": "A::B::C", "Properties": own} for name, own in values.items()}
    judged = evaluate_resources([stack(resources)], [rule(ON)], EngineSettings(sets=SETS))
    assert judged.counts == {"r": [2, 1, 1]}
    found = {"A": {"Type": "A::B::C", "Properties": {"T": "arn:aws:x", "U": "plain"}}, "B": {"Type": "A::B::C"}}
    texts = [
        rule(forbid={"contains": "arn:aws:x"}, scope="value", id="v"),
        rule({"contains": ""}, scope="value", id="w"),
    ]
    judged = evaluate_resources([stack(found)], texts, EngineSettings(sets=SETS))
    assert judged.counts == {"v": [1, 1, 0], "w": [2, 0, 0]}


def test_a_finding_holds_what_a_report_needs():
    one = rule(ON, message="{type} {logical_id} in {stack} of {account} {environment}: {path} is {found}, {other}",
               why="Because.")  # fmt: skip
    named = Stack(
        "S", {"Resources": {"X": {"Type": "A::B::C", "Properties": {"On": "no"}}}}, "s.json", construct_path="App/S",
        environment="prod", account="111122223333", construct_paths={"X": "App/S/X/Resource"}, line_of=lambda name, path: 7,
        source_of=lambda name: Source("app.py", 12) if name == "X" else None,
    )  # fmt: skip
    (found,) = evaluate_resources([named], [one], EngineSettings(sets=SETS)).findings
    assert found.message == "A::B::C X in S of 111122223333 prod: Properties.On is no, {other}"
    assert (found.stack, found.stack_path, found.template_path) == ("S", "App/S", "s.json")
    assert (found.construct_path, found.logical_id, found.resource_type) == ("App/S/X/Resource", "X", "A::B::C")
    assert (found.source, found.template_line, found.why, found.title) == (
        Source("app.py", 12),
        7,
        "Because.",
        "It is right",
    )
    assert found.fingerprint == fingerprint("r", FAIL, "App/S", "App/S/X/Resource", "X", ('Properties.On="no"',))


def test_an_absent_value_is_told_as_such_and_an_unknown_one_by_its_name():
    assert judge(rule(ON, message="{path} {found}|"), {"X": {"Type": "A::B::C"}})[0].message == "Properties.On absent|"
    (unknown,) = judge(rule(ON), {"X": {"Type": "A::B::C", "Properties": {"On": {"Ref": "P"}}}})
    assert unknown.message == "Cannot be judged: It is right (Properties.On is ${P}, which only the deployment knows)"


def test_a_severity_of_no_environment_is_the_rules_own():
    one = rule(ON, severities={"prod": "critical", "": "low"})
    nowhere = stack({"X": {"Type": "A::B::C"}})._replace(environment=None)
    settings = EngineSettings(sets=SETS)
    assert severity_of(one, None, settings) == "low"
    assert evaluate_resources([nowhere], [one], settings).findings[0].severity == "low"


def test_the_first_weight_that_holds_for_certain_says_severity_and_words():
    def weight(path, severity, message=""):
        where = {"steps": [["f", "Properties"], ["f", path]], "equals": True}
        return {
            "where": where,
            "severity": severity,
            "severities": {"prod": "critical"},
            "message": message,
            "under": "",
        }

    one = rule(ON, message="own", weights=[weight("Kept", "low", "kept"), weight("Short", "medium")])
    for properties, expected in (
        ({}, ("high", "own")),
        ({"Kept": True, "Short": True}, ("low", "kept")),
        ({"Short": True}, ("medium", "own")),
        ({"Short": {"Fn::If": ["Maybe", True, True]}}, ("high", "own")),  # a condition that nobody knows
        ({"Kept": {"Ref": "Unknown"}}, ("high", "own")),
    ):
        dev = stack({"X": {"Type": "A::B::C", "Properties": properties}})._replace(environment="dev")
        (found,) = evaluate_resources([dev], [one], EngineSettings(sets=SETS)).findings
        assert (found.severity, found.message) == expected, properties

    prod = stack({"X": {"Type": "A::B::C", "Properties": {"Kept": True}}})._replace(environment="prod")
    for severities, expected in (({}, "critical"), ({"r": "medium"}, "medium"), ({"r": {"prod": "low"}}, "low")):
        settings = EngineSettings(sets=SETS, severities=severities)
        assert evaluate_resources([prod], [one], settings).findings[0].severity == expected


def test_a_link_to_nothing_is_no_link_to_what_is_wanted():
    one = rule({"target": {"path": "$.Properties.L[*]", "types": ["A::B::D"]}})
    there = {"D": {"Type": "A::B::D"}, "E": {"Type": "A::B::E"}}
    assert [f.outcome for f in judge(one, {"X": {"Type": "A::B::C"}, **there})] == [FAIL]
    for links, expected in (([], [FAIL]), ([{"Ref": "D"}], []), ([{"Ref": "E"}], [UNKNOWN])):
        found = judge(one, {"X": {"Type": "A::B::C", "Properties": {"L": links}}, **there})
        assert [f.outcome for f in found] == expected, links


def test_what_a_loop_makes_must_be_a_resource():
    loop = {
        "Fn::ForEach::Xs": [
            "Id",
            ["A", "B"],
            {"X${Id}": "text", "Y${Id}": {"Properties": {}}, "Z${Id}": {"Type": "A::B::C"}},
        ]
    }
    judged = evaluate_resources(
        [stack(loop, Transform=["AWS::LanguageExtensions"])], [rule(ON)], EngineSettings(sets=SETS)
    )
    assert [f.logical_id for f in judged.findings] == ["ZA", "ZB"]
    assert [p.message for p in judged.problems] == [
        f"s.json: '{name}', which a loop makes, is no resource" for name in ("XA", "YA", "XB", "YB")
    ]


def advised(cases, properties, **template):
    """The text of the advice on a resource whose value is not in order."""
    ready = [
        {"where": prepare_requirement(where, (), {}, SETS), "remedy": [text, None, None, None]} for where, text in cases
    ]
    one = rule(ON, remedy=Remedy("in general"), remedy_cases=ready)
    (found,) = judge(one, {"X": {"Type": "A::B::C", "Properties": properties}}, **template)
    return found.remedy.text


def test_advice_by_case_is_that_of_the_first_case_that_holds():
    cases = [({"path": "$.Properties.Kind", "starts_with": "py"}, "first"), ({"path": "$.Properties.Kind", "exists": True}, "second")]  # fmt: skip
    assert advised(cases, {"Kind": "python"}) == "first"
    assert advised(cases, {"Kind": "node"}) == "second"
    assert advised(cases, {}) == "in general"
    assert advised(cases, {"Kind": {"Ref": "P"}}, Parameters={"P": {"Type": "String"}}) == "second"


def test_advice_by_case_is_for_the_branch_that_fails():
    cases = [({"path": "$.Properties.On", "equals": "python"}, "of python")]
    bad = {"Fn::If": ["IsOld", "python", True]}
    conditions = {"IsOld": {"Fn::Equals": [{"Ref": "Age"}, "old"]}}
    assert advised(cases, {"On": bad}, Conditions=conditions, Parameters={"Age": {"Type": "String"}}) == "of python"


def test_advice_that_hangs_on_a_condition_nobody_asked_about_is_the_general_one():
    cases = [({"path": "$.Properties.Kind", "equals": "python"}, "of python")]
    kind = {"Fn::If": ["IsOld", "python", "node"]}
    conditions = {"IsOld": {"Fn::Equals": [{"Ref": "Age"}, "old"]}}
    assert advised(cases, {"Kind": kind}, Conditions=conditions, Parameters={"Age": {"Type": "String"}}) == "in general"
