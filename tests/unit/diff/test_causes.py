"""Which change follows from which."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdkguard.diff.causes import keep_known_causes
from tests.support.changes import compare, stack

BUCKET, POLICY, FUNCTION, TASK = (
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::Lambda::Function",
    "AWS::ECS::TaskDefinition",
)
NESTED = "AWS::CloudFormation::Stack"


def bucket(**properties):
    return {"Type": BUCKET, "Properties": {"VersioningConfiguration": {"Status": "Enabled"}, **properties}}


def function(**variables):
    return {"Type": FUNCTION, "Properties": {"MemorySize": 128, "Environment": {"Variables": variables}}}


def task(value, **properties):
    return {"Type": TASK, "Properties": {"ContainerDefinitions": [{"Name": value}], **properties}}


def graph(changes):
    """{what follows: its causes}, by logical ID; a stack by its name."""
    names = {change.token: change.logical_id or change.stack.name for change in changes}
    assert len(names) == len(changes)
    return {names[c.token]: [names[token] for token in c.causes] for c in changes if c.causes}


def without_other_reason(changes):
    return {change.logical_id or change.stack.name for change in changes if change.only_follows}


def test_what_refers_to_a_renamed_resource_follows_the_half_that_goes():
    def side(name, **more):
        return {
            name: bucket(),
            f"{name}Policy": {"Type": POLICY, "Properties": {"Bucket": {"Ref": name}, "PolicyDocument": {"Id": "p"}}},
            "Reader": function(BUCKET={"Ref": name}, ARN={"Fn::Sub": "${" + name + ".Arn}/*"}, **more),
            "Other": function(X="1"),
        }

    changes = compare(side("Old"), side("New"))
    assert graph(changes) == {"OldPolicy": ["Old"], "NewPolicy": ["Old"], "Reader": ["Old"]}
    assert without_other_reason(changes) == {"OldPolicy", "NewPolicy", "Reader"}

    changes = compare(side("Old"), side("New", MORE="x"))
    assert graph(changes)["Reader"] == ["Old"]
    assert "Reader" not in without_other_reason(changes)
    (reader,) = (c for c in changes if c.logical_id == "Reader")
    assert {p.path.rpartition(".")[2]: p.only_follows for p in reader.properties} == {
        "BUCKET": True, "ARN": True, "MORE": False,
    }  # fmt: skip


def test_another_attribute_of_a_renamed_resource_is_another_reason():
    changes = compare(
        {"Old": bucket(), "Reader": function(BUCKET={"Fn::GetAtt": ["Old", "Arn"]})},
        {"New": bucket(), "Reader": function(BUCKET={"Ref": "New"})},
    )
    assert graph(changes)["Reader"] == ["Old"]
    assert "Reader" not in without_other_reason(changes)


def test_elements_may_stand_in_another_order_after_a_rename():
    def side(*names):
        statements = [{"Effect": "Allow", "Resource": {"Fn::GetAtt": [name, "Arn"]}} for name in names]
        role = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": statements}}}
        return {**{name: bucket(BucketName=f"b{number}") for number, name in enumerate(sorted(names))}, "Role": role}

    changes = compare(side("A", "M"), side("M", "Z"))
    assert graph(changes)["Role"] == ["A"]


def test_what_follows_a_replacement_names_it_and_so_on_to_the_end():
    def side(name):
        return {
            "It": bucket(BucketName=name),
            "Task": task({"Ref": "It"}),
            "Service": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "Task"}}},
        }

    changes = compare(side("a"), side("b"))
    assert graph(changes) == {"Task": ["It"], "Service": ["Task"]}
    assert without_other_reason(changes) == {"Task", "Service"}


def test_a_value_that_an_update_gives_anew_is_a_cause():
    def side(text):
        template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"UserData": text}}}
        group = {
            "LaunchTemplate": {
                "LaunchTemplateId": {"Ref": "Lt"},
                "Version": {"Fn::GetAtt": ["Lt", "LatestVersionNumber"]},
            }
        }
        return {"Lt": template, "Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group}}

    assert graph(compare(side("a"), side("b"))) == {"Group": ["Lt"]}


def test_what_goes_takes_along_what_refers_to_it():
    before = {
        "It": bucket(),
        "Policy": {"Type": POLICY, "Properties": {"Bucket": {"Ref": "It"}}},
        "Reader": function(BUCKET={"Ref": "It"}),
    }
    changes = compare(before, {"Reader": function()})
    assert graph(changes) == {"Policy": ["It"], "Reader": ["It"]}
    assert without_other_reason(changes) == {"Policy"}


def test_a_creation_is_no_cause():
    after = {"It": bucket(), "Reader": function(BUCKET={"Ref": "It"})}
    assert graph(compare({"Reader": function()}, after)) == {}


def app(name):
    """A data stack whose bucket a nested stack gets as a parameter, and another stack by an export."""
    attribute = {"Fn::GetAtt": [name, "Arn"]}
    parameters = {f"referenceto{name}Arn": attribute}
    inner = {"Type": NESTED, "Properties": {"TemplateURL": f"https://x/{name}.json", "Parameters": parameters}}
    outputs = {"Out": {"Value": attribute, "Export": {"Name": f"Data:{name}"}}}
    data = stack({name: bucket(), "Inner": inner}, "Data", Outputs=outputs, account="1", region="r")
    nested = stack(
        {"Reader": function(ARN={"Ref": f"referenceto{name}Arn"})}, "Inner", parent=data, at="Inner",
        Parameters={f"referenceto{name}Arn": {"Type": "String"}},
    )  # fmt: skip
    web = stack({"Task": task({"Fn::ImportValue": f"Data:{name}"})}, "Web", account="1", region="r")
    return [data, nested, web]


def test_causes_go_through_parameters_and_exports():
    changes = compare(app("Old"), app("New"))
    assert graph(changes) == {"Inner": ["Old"], "Reader": ["Old"], "Task": ["Old"], "Data": ["Old"]}
    assert without_other_reason(changes) == {"Reader", "Task", "Data"}
    assert next(c.impact for c in changes if c.logical_id is None) == "STACK_REFUSED"


def test_an_export_of_the_same_name_in_another_account_is_not_meant():
    def side(name):
        outputs = {"Out": {"Value": {"Ref": name}, "Export": {"Name": "It"}}}
        near = stack({name: bucket()}, "Near", Outputs=outputs, account="2", region="r")
        far = stack({"Kept": bucket()}, "Far", account="1", region="r",
                    Outputs={"Out": {"Value": {"Ref": "Kept"}, "Export": {"Name": "It"}}})  # fmt: skip
        return [
            far,
            near,
            stack({"Task": task({"Fn::ImportValue": "It"}, Memory=name)}, "Web", account="2", region="r"),
        ]

    assert "Web" not in graph(compare(side("A"), side("A")))
    changes = compare(side("A"), side("B"))
    assert graph(changes) == {"Near": ["A"]}  # The import itself has not changed.


def test_what_is_in_a_nested_stack_goes_with_it():
    top = stack({"Inner": {"Type": NESTED, "Properties": {"TemplateURL": "u"}}, "Kept": function()}, "Top")
    inner = stack(
        {"It": bucket(), "Policy": {"Type": POLICY, "Properties": {"Bucket": {"Ref": "It"}}}},
        "I",
        parent=top,
        at="Inner",
    )
    changes = compare([top, inner], [stack({"Kept": function()}, "Top")])
    assert graph(changes) == {"It": ["Inner"], "Policy": ["Inner"]}


def test_what_is_in_a_stack_that_left_the_app_goes_with_it():
    changes = compare(
        [stack({"It": bucket()}, "Old"), stack({"K": function()}, "Kept")], [stack({"K": function()}, "Kept")]
    )
    assert graph(changes) == {"It": ["Old"]}


def test_resources_that_refer_to_each_other_before_and_after_are_no_circle():
    def side(first, second):
        return {first: function(OTHER={"Ref": second}, A="1"), second: {"Type": BUCKET, "Properties": {"Tags": [{"Key": "a", "Value": {"Ref": "K"}}]}},
                "K": function()}  # fmt: skip

    changes = compare(side("A", "B"), side("C", "D"))
    assert_acyclic(changes)


def test_a_run_about_some_stacks_names_no_cause_in_others():
    changes = compare(app("Old"), app("New"))
    kept = keep_known_causes(change for change in changes if change.stack.name == "Web")
    assert [(c.logical_id, c.causes, c.only_follows) for c in kept] == [("Task", (), False)]


# -- laws


def assert_acyclic(changes):
    causes = {change.token: change.causes for change in changes}
    state = dict.fromkeys(causes, "new")

    def visit(token):
        assert state[token] != "open"
        if state[token] == "new":
            state[token] = "open"
            for cause in causes[token]:
                visit(cause)
            state[token] = "done"

    for token in causes:
        visit(token)


NAMES = st.sampled_from("ABCDEF")
VALUES = st.one_of(
    st.sampled_from(["x", "y"]),
    st.builds(lambda n: {"Ref": n}, NAMES),
    st.builds(lambda n: {"Fn::GetAtt": [n, "Arn"]}, NAMES),
    st.builds(lambda n: {"Fn::Join": ["/", ["x", {"Ref": n}]]}, NAMES),
    st.builds(lambda n: {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": n}]}]}, NAMES),
)
RESOURCES = st.one_of(
    st.builds(lambda v: bucket(BucketName=v), VALUES),
    st.builds(lambda v: function(V=v), VALUES),
    st.builds(task, VALUES),
    st.builds(lambda v: {"Type": POLICY, "Properties": {"Bucket": v}}, VALUES),
)
STACKS = st.dictionaries(NAMES, RESOURCES, max_size=6)


def refers(value):
    return "Ref" in str(value) or "Deferred" in str(value)


@settings(max_examples=150, deadline=None)
@given(STACKS, STACKS)
def test_laws_of_causes(before, after):
    changes = compare(before, after)
    tokens = {change.token for change in changes}
    for change in changes:
        assert tokens.issuperset(change.causes) and change.token not in change.causes
        assert len(set(change.causes)) == len(change.causes)
        assert change.causes or not change.only_follows
        if change.impact == "WILL_CREATE" and change.predecessor is None:
            assert not change.causes
        if change.logical_id and not refers([change.before, change.after]) and change.predecessor is None:
            partner = after.get(change.partner_id, {}) if change.impact != "WILL_CREATE" else {}
            assert not change.causes or refers(partner)
    assert_acyclic(changes)
    again = compare(dict(reversed(before.items())), dict(reversed(after.items())))
    if tokens == {change.token for change in again}:  # Of two equal resources the first one is the renamed one.
        assert {c.token: c.causes for c in changes} == {c.token: c.causes for c in again}
