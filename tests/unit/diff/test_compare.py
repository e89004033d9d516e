"""Two assemblies -> changes: impacts, fates, details, and the laws that hold for any pair."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.diff.compare import find_destroy_changes
from cdkguard.diff.sides import Sides
from cdkguard.template.stack_scopes import StackScopes
from tests.support.changes import TABLES, compare, impacts, stack

TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}


def only(changes):
    (found,) = [c for c in changes if not c.noise]
    return found


def named(value, **sections):
    return [stack({"It": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": value}}}, **sections)]


def test_a_stack_that_moves_or_gets_another_name_is_called_by_what_differs():
    before = [stack({"It": TABLE}, "shop-a", path="Shop", account="111111111111", region="eu-west-1")]
    renamed = [stack({"It": TABLE}, "shop-b", path="Shop", account="111111111111", region="eu-west-1")]
    moved = [stack({"It": TABLE}, "shop-a", path="Shop", account="222222222222", region="eu-west-1")]
    for after, there in ((renamed, "shop-b"), (moved, "shop-a of 222222222222/eu-west-1")):
        (gone,) = [c for c in compare(before, after) if c.impact == "WILL_ORPHAN"]
        assert gone.partner_stack == there


# -- what is no change

EQUAL = [
    ("a Ref of equal value", named("a"), named({"Ref": "P"}, Parameters={"P": {"Type": "String", "Default": "a"}})),
    ("a Sub of equal value", named("a-eu-west-1"), named({"Fn::Sub": "a-${AWS::Region}"}, region="eu-west-1")),
    ("a mapping of equal value", named("a"), named({"Fn::FindInMap": ["M", "x", "y"]}, Mappings={"M": {"x": {"y": "a"}}})),
    ("GetAtt as text", named({"Fn::GetAtt": ["T", "Arn"]}), named({"Fn::GetAtt": "T.Arn"})),
    ("Join and Sub", named({"Fn::Join": ["-", ["a", {"Ref": "T"}]]}), named({"Fn::Sub": "a-${T}"})),
    ("a condition that holds", named("a"), named({"Fn::If": ["C", "a", "b"]}, Conditions={"C": {"Fn::Equals": [1, "1"]}})),
    ("NoValue", named("a"), [stack({"It": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "a", "Tags": {"Ref": "AWS::NoValue"}}}})]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [c[1:] for c in EQUAL], ids=[c[0] for c in EQUAL])
def test_equal_values_are_no_change(before, after):
    sides = [[side[0]._replace(region="eu-west-1"), *side[1:]] for side in (before, after)]
    assert not compare(*sides)


def test_a_mapping_counts_where_only_the_deployment_knows_the_key():
    def side(value, other="x", **more):
        rows = {"eu-west-1": {"Name": value, "Other": other}, "us-east-1": {"Name": "b"}, **more}
        return named({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Name"]}, Mappings={"M": rows})

    assert impacts(compare(side("a"), side("c"))) == {"It": "WILL_REPLACE"}
    assert not compare(side("a"), side("a", other="y"))
    assert not compare(side("a"), side("a", new={"Name": "c"}))  # where it was not, nothing was deployed


def test_numbers_compare_as_cloudformation_does():
    def side(value):
        return {"It": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": value, "FifoQueue": True}}}

    assert not compare(side(30), side("30"))
    assert compare(side("5.10"), side("5.1"))


def test_dependencies_have_no_order():
    assert not compare({"It": {**QUEUE, "DependsOn": ["A", "B"]}}, {"It": {**QUEUE, "DependsOn": ["B", "A"]}})
    assert not compare({"It": {**QUEUE, "DependsOn": "A"}}, {"It": {**QUEUE, "DependsOn": ["A"]}})
    assert not compare(
        {"It": {**QUEUE, "DependsOn": [{"a": 1, "b": 2}]}}, {"It": {**QUEUE, "DependsOn": [{"b": 2, "a": 1}]}}
    )


def test_metadata_is_noise():
    (change,) = compare({"It": {**TABLE, "Metadata": {"a": 1}}}, {"It": {**TABLE, "Metadata": {"a": 2}}})
    assert (change.noise, change.detail, change.impact) == (True, ("metadata",), "WILL_UPDATE")


def test_a_new_asset_of_what_it_replaces_is_no_noise():
    def side(letter):
        return {"It": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": f"x/{letter * 64}", "UserData": "u"}}}

    change = only(compare(side("a"), side("b")))
    assert change.impact == "WILL_REPLACE"


def test_metadata_beside_a_change_hides_nothing():
    after = {**TABLE, "Metadata": {"a": 2}, "Properties": {**TABLE["Properties"], "TableName": "x"}}
    assert only(compare({"It": {**TABLE, "Metadata": {"a": 1}}}, {"It": after})).impact == "WILL_REPLACE"


def test_what_becomes_metadata_is_no_noise():
    assert not only(compare({"It": TABLE}, {"It": {"Type": "AWS::CDK::Metadata"}})).noise


# -- values that change without being written differently


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ({"Fn::FindInMap": ["M", "x", "y"]}, {"Mappings": {"M": {"x": {"y": "a"}}}}, {"Mappings": {"M": {"x": {"y": "b"}}}}),
        ({"Fn::If": ["C", "a", "b"]}, {"Conditions": {"C": {"Fn::Equals": [1, 1]}}}, {"Conditions": {"C": {"Fn::Equals": [1, 2]}}}),
        ({"Fn::ImportValue": {"Fn::FindInMap": ["M", "x", "y"]}}, {"Mappings": {"M": {"x": {"y": "a"}}}}, {"Mappings": {"M": {"x": {"y": "b"}}}}),
    ],
    ids=["mapping", "condition", "import by a mapping"],
)  # fmt: skip
def test_another_effective_value_is_a_change(value, before, after):
    assert only(compare(named(value, **before), named(value, **after))).impact == "WILL_REPLACE"


def parameter(default, kind="String"):
    return {"Parameters": {"P": {"Type": kind, "Default": default}}}


def test_a_new_default_may_be_taken():
    change = only(compare(named({"Ref": "P"}, **parameter("a")), named({"Ref": "P"}, **parameter("b"))))
    assert (change.impact, change.detail) == ("MAY_REPLACE", ("parameter-default",))


def test_an_old_default_may_be_kept():
    """With the new Default the value stays, but what runs may keep the old one."""
    change = only(compare(named("b", **parameter("a")), named({"Ref": "P"}, **parameter("b"))))
    assert (change.impact, change.detail) == ("MAY_REPLACE", ("parameter-kept",))


def test_another_place_in_the_parameter_store_is_another_value():
    kind = "AWS::SSM::Parameter::Value<String>"
    change = only(compare(named({"Ref": "P"}, **parameter("/a", kind)), named({"Ref": "P"}, **parameter("/b", kind))))
    assert change.impact == "WILL_REPLACE"
    assert not compare(named({"Ref": "P"}, **parameter("/a", kind)), named({"Ref": "P"}, **parameter("/a", kind)))


# -- fates

RETAIN, SNAPSHOT = {"DeletionPolicy": "Retain"}, {"DeletionPolicy": "Snapshot"}
FATES = [
    ("AWS::DynamoDB::Table", {}, "WILL_DESTROY", "destroyed"),
    ("AWS::DynamoDB::Table", RETAIN, "WILL_ORPHAN", "retained"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": "RetainExceptOnCreate"}, "WILL_ORPHAN", "retained"),
    ("AWS::DynamoDB::Table", SNAPSHOT, "WILL_DESTROY", "destroyed"),
    ("AWS::RDS::DBCluster", {}, "WILL_DESTROY", "snapshot"),
    ("AWS::RDS::DBCluster", {"DeletionPolicy": "Delete"}, "WILL_DESTROY", "destroyed"),
    ("AWS::RDS::DBInstance", {}, "WILL_DESTROY", "snapshot"),
    ("AWS::RDS::DBInstance", {"Properties": {"DBClusterIdentifier": "c"}}, "WILL_DESTROY", "destroyed"),
    ("AWS::Neptune::DBCluster", SNAPSHOT, "WILL_DESTROY", "snapshot"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": {"Ref": "P"}}, "WILL_DESTROY", "unknown"),
    ("AWS::DynamoDB::Table", {"DeletionPolicy": {"Fn::If": ["C", "Retain", "Delete"]}}, "WILL_DESTROY", "unknown"),
]


@pytest.mark.parametrize(("kind", "more", "impact", "fate"), FATES)
def test_what_becomes_of_a_removed_resource(kind, more, impact, fate):
    sections = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}
    before = [stack({"It": {"Type": kind, **more}, "Q": QUEUE}, **sections)]
    change = only(compare(before, [stack({"Q": QUEUE}, **sections)]))
    assert (change.impact, change.fate) == (impact, fate)


@pytest.mark.parametrize("kind", ["AWS::RDS::DBInstance", "AWS::DocDB::DBCluster"])
def test_snapshot_on_replacement(kind):
    def side(zone):
        names = {"AWS::RDS::DBInstance": "DBName", "AWS::DocDB::DBCluster": "MasterUsername"}
        return {"It": {"Type": kind, "UpdateReplacePolicy": "Snapshot", "Properties": {names[kind]: zone}}}

    assert only(compare(side("a"), side("b"))).fate == ("snapshot" if "RDS" in kind else "destroyed")


def test_the_weaker_of_both_policies_decides_on_replacement():
    def side(name, policy):
        return {"It": {**TABLE, "UpdateReplacePolicy": policy, "Properties": {"TableName": name}}}

    assert only(compare(side("a", "Delete"), side("b", "Retain"))).fate == "destroyed"
    assert only(compare(side("a", "Retain"), side("b", "Delete"))).fate == "destroyed"
    assert only(compare(side("a", "Retain"), side("b", "Retain"))).fate == "retained"


def test_another_type_says_so_and_still_holds_data():
    change = only(compare({"It": TABLE}, {"It": QUEUE}))
    assert (change.impact, change.detail, change.stateful) == ("WILL_REPLACE", ("type-changed",), True)


# -- renames and moves


def tier(parent):
    """A table, its role and a function that refers to both, below one construct."""
    ids = {name: f"{parent}{name}" for name in ("Table", "Role", "Handler")}
    resources = {
        ids["Table"]: TABLE,
        ids["Role"]: {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}, "Path": "/x/"}},
        ids["Handler"]: {"Type": "AWS::Lambda::Function", "Properties": {
            "Role": {"Fn::GetAtt": [ids["Role"], "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": ids["Table"]}}}, "Timeout": 3}},
    }  # fmt: skip
    return stack(resources, paths={i: f"Shop/{parent}/{name}" for name, i in ids.items()})


def test_a_renamed_parent_renames_all_below_it():
    changes = {c.construct_path: c for c in compare([tier("Old")], [tier("New")])}
    for name in ("Table", "Role", "Handler"):
        gone, come = changes[f"Shop/Old/{name}"], changes[f"Shop/New/{name}"]
        assert (gone.partner, come.partner) == (f"Shop/New/{name}", f"Shop/Old/{name}")
        assert gone.detail[0] == come.detail[0] == "renamed"
    assert "same-name" in changes["Shop/Old/Table"].detail


def test_a_resource_that_moves_to_another_stack():
    before = [stack({"It": TABLE, "Q": QUEUE}, "A"), stack({"Q": QUEUE}, "B")]
    after = [stack({"Q": QUEUE}, "A"), stack({"It": TABLE, "Q": QUEUE}, "B")]
    gone, come = compare(before, after)
    assert (gone.impact, come.impact) == ("WILL_DESTROY", "WILL_CREATE")
    assert gone.detail == come.detail == ("moved", "same-name")
    assert (gone.partner_stack, come.partner_stack) == ("B", "A")


def test_a_stack_that_moves_leaves_its_resources_behind():
    before = [stack({"It": TABLE}, account="1", region="eu-west-1")]
    after = [stack({"It": TABLE}, account="1", region="us-east-1")]
    found = [(c.impact, c.detail) for c in compare(before, after)]
    assert ("WILL_ORPHAN", ("stack-removed", "moved", "same-name")) in found


# -- nested stacks


def parented(resources, **policies):
    root = stack({"Data": {"Type": "AWS::CloudFormation::Stack", **policies}, "Q": QUEUE}, "Root")
    return [root, stack(resources, "Root/Data", parent=root, at="Data")]


@pytest.mark.parametrize(
    ("own", "parents", "impact"),
    [({}, {}, "WILL_DESTROY"), (RETAIN, {}, "WILL_ORPHAN"), ({}, RETAIN, "WILL_ORPHAN")],
)
def test_a_removed_nested_stack(own, parents, impact):
    changes = impacts(compare(parented({"It": {**TABLE, **own}}, **parents), [stack({"Q": QUEUE}, "Root")]))
    assert changes["It"] == impact


def test_a_mapping_row_of_one_side_changes_no_resource_that_holds_a_nested_stack():
    def side(*regions):
        by_region = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Size"]}
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "x", "Parameters": {"P": by_region}},
        }
        parent = stack({"Nest": nested}, Mappings={"M": {region: {"Size": "big"} for region in regions}})
        return [
            parent,
            stack({"It": TABLE}, "Shop/Nest", parent=parent, at="Nest", Parameters={"P": {"Type": "String"}}),
        ]

    assert not compare(side("eu-west-1"), side("eu-west-1", "us-east-1"))


def test_a_nested_stack_that_was_not_read():
    root = {"Data": {"Type": "AWS::CloudFormation::Stack"}, "Q": QUEUE}
    change = only(compare(root, {"Q": QUEUE}))
    assert (change.fate, change.stateful) == ("unknown", True)


def test_cdk_destroy_takes_what_its_policies_leave():
    stacks = parented({"It": TABLE, "Kept": {**TABLE, **RETAIN}})
    found = {c.logical_id: c.impact for c in find_destroy_changes(stacks, TABLES, StackScopes())}
    assert found == {"Data": "WILL_DESTROY", "Q": "WILL_DESTROY", "It": "WILL_DESTROY", "Kept": "WILL_ORPHAN"}


# -- laws

SCALARS = (
    st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "b", "a" * 64, "${It}", "AWS::NoValue", "It", "P", "C"])
)
KEYS = st.sampled_from(
    ["TableName", "Replicas", "Region", "Ref", "Fn::If", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "x", "ShardCount"]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::RDS::DBInstance", "AWS::Kinesis::Stream",
                         "AWS::S3::Bucket", "AWS::CloudFormation::Stack", "AWS::AutoScaling::AutoScalingGroup", "Custom::X"])  # fmt: skip
RESOURCES = st.fixed_dictionaries(
    {"Type": TYPES},
    optional={"Properties": st.dictionaries(KEYS, VALUES, max_size=4) | VALUES, "DeletionPolicy": VALUES, "Condition": VALUES,
              "UpdateReplacePolicy": VALUES, "DependsOn": VALUES, "Metadata": VALUES, "UpdatePolicy": VALUES},
)  # fmt: skip
TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(["It", "A", "B", "New"]), RESOURCES, max_size=4)},
    optional={"Parameters": st.just({"P": {"Type": "String"}}), "Conditions": st.dictionaries(st.just("C"), VALUES)},
)


def built(template):
    return [stack(template["Resources"], **{k: v for k, v in template.items() if k != "Resources"})]


def turned(value):
    """The same value with every mapping's keys in reverse."""
    if isinstance(value, dict):
        return {k: turned(v) for k, v in reversed(value.items())}
    return [turned(v) for v in value] if isinstance(value, list) else value


@settings(max_examples=100, deadline=None)
@given(TEMPLATES)
def test_nothing_changes_between_a_template_and_itself(template):
    assert not compare(built(template), built(copy.deepcopy(template)))


@settings(max_examples=150, deadline=None)
@given(TEMPLATES, TEMPLATES)
def test_any_two_templates_can_be_compared_and_order_is_irrelevant(one, other):
    found = compare(built(one), built(other))
    again = compare(built(turned(one)), built(turned(other)))
    assert sorted((c.logical_id, c.impact, c.token) for c in found) == sorted(
        (c.logical_id, c.impact, c.token) for c in again
    )


@settings(max_examples=60, deadline=None)
@given(TEMPLATES, TEMPLATES)
def test_what_goes_one_way_comes_the_other_way(one, other):
    there, back = (
        {c.logical_id: c.impact for c in compare(built(a), built(b)) if c.logical_id}
        for a, b in ((one, other), (other, one))
    )
    gone = {k for k, v in there.items() if v in ("WILL_DESTROY", "WILL_ORPHAN")}
    assert gone == {k for k, v in back.items() if v == "WILL_CREATE"}


def test_both_sides_may_share_their_values():
    stacks = named("a")
    assert Sides(StackScopes(), StackScopes()) and not compare(stacks, stacks)
