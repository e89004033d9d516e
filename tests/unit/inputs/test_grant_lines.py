"""The line of the call that granted a statement: the right one, or none."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkguard.inputs.grant_lines import GrantLines
from cdkguard.inputs.granting_calls import find_calls_in_python
from cdkguard.inputs.granting_calls_typescript import find_calls_in_typescript
from cdkguard.model import Source

PYTHON = """\
from aws_cdk import aws_iam as iam

ACTIONS = ["iam:PassRole", "ec2:RunInstances"]
bucket.grant_read(role)
role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
role.add_to_policy(
    iam.PolicyStatement(
        actions=ACTIONS,
        resources=["*"],
    )
)
"""
TYPESCRIPT = """\
// role.addToPolicy(new iam.PolicyStatement({ actions: ['iam:PassRole'], resources: ['*'] }));
bucket.grantRead(role);
role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));
fn.addToRolePolicy(
  new iam.PolicyStatement({
    sid: `Deploy${stage}`,
    actions: ["iam:PassRole", 'ec2:RunInstances'], // both
    resources: ['*'],
  }),
);
"""
PASS = {"Effect": "Allow", "Action": ["ec2:RunInstances", "iam:PassRole"], "Resource": "*"}


def find(folder, name, text, statement, guilty=(), policies=1, more=()):
    """What is said of a statement that policies of an app with this file hold."""
    for file, content in [(name, text), *more]:
        (folder / file).write_text(content)
    trace = ["...aws-cdk-lib...", f"new Shop ({folder / name}:4:1)"]
    resources = {f"P{n}": {"Properties": {"PolicyDocument": {"Statement": [statement]}}} for n in range(policies)}
    entries = {"/Shop/Role": [{"type": "aws:cdk:creationStack", "data": trace}]}
    return GrantLines(entries, str(folder), {"Resources": resources})(statement, guilty)


@pytest.mark.parametrize(("name", "text", "line"), [("app.py", PYTHON, 6), ("app.ts", TYPESCRIPT, 4)])
def test_the_line_is_that_of_the_call_that_granted(tmp_path, name, text, line):
    assert find(tmp_path, name, text, PASS, ["iam:PassRole"]) == Source(name, line)
    merged = {**PASS, "Action": [*PASS["Action"], "s3:GetObject"]}  # as CDK merges statements on the same resources
    assert find(tmp_path, name, text, merged, ["iam:PassRole"]) == Source(name, line)
    assert find(tmp_path, name, text, merged, ["s3:GetObject"]) == Source(name, line - 1)
    assert find(tmp_path, name, text, merged) is None  # no action is said to be at fault, and two calls made it


UNSURE = {
    "the same call twice": PYTHON + 'other.add_to_policy(iam.PolicyStatement(actions=["iam:PassRole"], resources=["*"]))\n',
    "a call with actions that are not written out": PYTHON + 'x.add_to_policy(iam.PolicyStatement(actions=more(), resources=["*"]))\n',
    "a library granted it": 'role = iam.Role(self, "Role")\n# PolicyStatement\n',
    "no Python": PYTHON + "def (:\n",
}  # fmt: skip


@pytest.mark.parametrize("text", UNSURE.values(), ids=UNSURE)
def test_a_line_that_is_not_certain_is_not_told(tmp_path, text):
    assert find(tmp_path, "app.py", text, PASS, ["iam:PassRole"]) is None


def test_the_code_of_a_revision_whose_checkout_is_gone_grants_at_no_line(tmp_path):
    trace = [f"new Shop ({tmp_path / 'gone' / 'app.py'}:4:1)"]
    entries = {"/Shop/Role": [{"type": "aws:cdk:creationStack", "data": trace}]}
    template = {"Resources": {"P": {"Properties": {"PolicyDocument": {"Statement": [PASS]}}}}}
    assert GrantLines(entries, str(tmp_path), template)(PASS, ["iam:PassRole"]) is None


def test_calls_in_other_files_and_statements_of_other_policies_count(tmp_path):
    assert find(tmp_path, "app.py", PYTHON, PASS, ["iam:PassRole"], policies=2) is None
    assert find(tmp_path, "app.py", PYTHON, PASS, ["iam:PassRole"], more=[("helper.py", PYTHON)]) is None
    trust = {"Effect": "Allow", "Action": "iam:PassRole", "Principal": {"AWS": "*"}}
    assert find(tmp_path, "app.py", PYTHON, trust) is None


def test_an_app_whose_folder_is_gone_has_no_certain_line(tmp_path):
    """The app of a git baseline was synthesized in a temporary folder, and its findings are looked at later."""
    entries = {"/Shop/Role": [{"type": "aws:cdk:creationStack", "data": [f"new Shop ({tmp_path}/gone/app.py:4:1)"]}]}
    template = {"Resources": {"P": {"Properties": {"PolicyDocument": {"Statement": [PASS]}}}}}
    assert GrantLines(entries, str(tmp_path / "gone"), template)(PASS, ["iam:PassRole"]) is None


def test_each_form_of_a_grant_is_read():
    python = 'iam.Grant.add_to_principal(grantee=r, actions=["q:R"], resource_arns=["*"])\ntable.grant(fn, "d:*")\n'
    python += 'iam.PolicyStatement.from_json({"Effect": "Allow", "Action": "z:Z", "Resource": "*"})\n'
    typescript = (
        "iam.Grant.addToPrincipal({ grantee: r, actions: ['q:R'], resourceArns: ['*'] });\ntable.grant(fn, 'd:*');\n"
    )
    typescript += "iam.PolicyStatement.fromJson({ Effect: 'Allow', Action: 'z:Z', Resource: '*' });\n"
    wanted = [(1, {"q:R"}, {"*"}), (2, {"d:*"}, None), (3, {"z:Z"}, {"*"})]
    for calls in (find_calls_in_python(python), find_calls_in_typescript(typescript)):
        assert sorted((c.line, c.actions, c.resources) for c in calls) == wanted
    with pytest.raises(ValueError, match="brackets"):
        list(find_calls_in_typescript("a(]"))


@given(st.lists(st.sets(st.sampled_from(["a:A", "b:B", "c:C", "d:D"]), min_size=1), min_size=1, max_size=4), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_wrong_line_is_told(tmp_path, sets, data):
    text = "".join(f"r.add_to_policy(iam.PolicyStatement(actions={sorted(s)}, resources=['*']))\n" for s in sets)
    at = data.draw(st.integers(0, len(sets) - 1))
    guilty = data.draw(st.sampled_from(sorted(sets[at])))
    merged = {"Effect": "Allow", "Action": sorted(set().union(*sets)), "Resource": "*"}
    found = find(tmp_path, "app.py", text, merged, [guilty])
    granting = [line for line, actions in enumerate(sets, 1) if guilty in actions]
    assert found == (Source("app.py", granting[0]) if len(granting) == 1 else None)
