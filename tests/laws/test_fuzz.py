"""Structures that look like input, with anything anywhere: no exception but our own, and every output parses."""

import contextlib
import json
import os
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdkguard.check import examples
from cdkguard.check.run import check
from cdkguard.config import settings_file
from cdkguard.config.load import config_of_data
from cdkguard.config.settings import Config
from cdkguard.errors import CdkguardError
from cdkguard.language import vocabulary
from cdkguard.outputs.render import render
from cdkguard.packs import load as packs
from tests.support import sampling

QUICK = settings(
    max_examples=int(os.environ.get("CDKGUARD_FUZZ", sampling.examples(40))),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

TYPES = [
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::EC2::SecurityGroup",
    "AWS::DynamoDB::GlobalTable", "AWS::RDS::DBInstance", "AWS::Lambda::Function", "AWS::CloudFormation::Stack", "Custom::X",
]  # fmt: skip
KEYS = [
    "Properties", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "PolicyDocument", "Replicas",
    "SecurityGroupIngress", "CidrIp", "FromPort", "DeletionPolicy", "Tags", "Key", "Value", "Region", "",
    "DeletionProtection", "AssumeRolePolicyDocument", "Environment", "Variables", "SECRET", "Parameters", "TemplateURL",
]  # fmt: skip
NAMES = ["A", "B", "P", "Cond", "AWS::NoValue", "AWS::Region", "A.Arn", "", "${A}", "Nope"]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["*", "Allow", "Deny", "Delete", "Retain", "0.0.0.0/0", "::/0", "arn:aws:iam::111122223333:root", "{{resolve:x}}"]),
    st.sampled_from(NAMES), st.text(max_size=8),
)  # fmt: skip


def intrinsics(inner):
    some = st.lists(inner, max_size=4)
    named = st.sampled_from(NAMES)
    return st.one_of(
        st.builds(lambda v: {"Ref": v}, named | inner),
        st.builds(lambda v: {"Fn::GetAtt": v}, st.lists(named, min_size=2, max_size=2) | inner),
        st.builds(lambda c, a, b: {"Fn::If": [c, a, b]}, named, inner, inner),
        st.builds(lambda d, v: {"Fn::Join": [d, v]}, st.just("") | inner, some),
        st.builds(lambda v: {"Fn::Sub": v}, st.sampled_from(["${A}", "x${P}y${B.Arn}", "${!A}", "${"]) | inner),
        st.builds(lambda f, v: {f: v}, st.sampled_from(["Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::Cidr", "Fn::ImportValue", "Fn::Transform", "Fn::Length", "Fn::ToJsonString"]), some | inner),
    )  # fmt: skip


values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | intrinsics(inner)
    ),
    max_leaves=12,
)
resources = st.fixed_dictionaries(
    {"Type": st.sampled_from(TYPES)},
    optional={
        "Properties": st.dictionaries(st.sampled_from(KEYS), values, max_size=4) | values,
        "DeletionPolicy": values, "UpdateReplacePolicy": values, "Condition": st.sampled_from(NAMES) | values,
        "DependsOn": values, "Metadata": values,
    },
)  # fmt: skip
conditions = st.recursive(
    st.builds(lambda a, b: {"Fn::Equals": [a, b]}, scalars, intrinsics(scalars)) | st.builds(lambda n: {"Condition": n}, st.sampled_from(NAMES)),
    lambda inner: st.builds(lambda f, v: {f: v}, st.sampled_from(["Fn::Not", "Fn::And", "Fn::Or"]), st.lists(inner, max_size=3)),
    max_leaves=4,
)  # fmt: skip
templates = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(["A", "B", "C"]), resources, min_size=1, max_size=3)},
    optional={
        "Parameters": st.dictionaries(st.just("P"), st.dictionaries(st.sampled_from(["Type", "Default", "AllowedValues", "NoEcho"]), scalars | st.lists(scalars, max_size=2), max_size=3), max_size=1),
        "Conditions": st.dictionaries(st.sampled_from(["Cond", "A"]), conditions | values, max_size=2),
        "Mappings": st.dictionaries(st.sampled_from(["A", "M"]), values, max_size=2),
        "Outputs": values, "Transform": values,
    },
)  # fmt: skip


def judged(tmp_path, template, **more):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(template))
    try:
        return check(Config(paths=(str(path),), environment="prod", rules=("all",), **more), today="2026-01-01")
    except CdkguardError:
        return None


@QUICK
@given(templates)
def test_any_template_is_judged_or_refused(tmp_path_factory, template):
    report = judged(tmp_path_factory.mktemp("fuzz"), template)
    if report is not None:
        assert not [p for p in report.problems if p.kind == "rule"], report.problems
        json.loads(render("json", report))
        json.loads(render("sarif", report))
        ElementTree.fromstring(render("junit", report))
        assert "\x1b" not in render("text", report)


@QUICK
@given(templates, templates)
def test_any_pair_is_compared_or_refused(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "old.json").write_text(json.dumps(before))
    report = judged(folder, after, against=str(folder / "old.json"))
    if report is not None:
        assert not [p for p in report.problems if p.kind == "rule"], report.problems


@QUICK
@given(templates, resources)
def test_another_resource_takes_no_finding_away(tmp_path_factory, template, other):
    """Rules that look at other resources may be satisfied by one that refers to their subject: the new one does not."""
    lone = {"Type": "Custom::X", "Properties": {"Plain": "text"}}
    one = judged(tmp_path_factory.mktemp("fuzz"), template)
    more = {**template, "Resources": {**template["Resources"], "Lone": lone}}
    two = judged(tmp_path_factory.mktemp("fuzz"), more)
    if one is not None and two is not None:
        assert {(f.rule_id, f.logical_id) for f in one.findings} <= {(f.rule_id, f.logical_id) for f in two.findings}


@QUICK
@given(
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*settings_file.KEYS, "prod", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_configuration_is_read_or_refused(data):
    with contextlib.suppress(CdkguardError):
        config_of_data(data)


RULE = {
    "id": "x", "title": "t", "severity": "high", "types": ["AWS::S3::Bucket"], "why": "w", "remedy": "r",
    "require": {"path": "$.Properties.A", "equals": 1}, "examples": {"pass": [{"A": 1}], "fail": [{}]},
}  # fmt: skip


@QUICK
@given(st.sampled_from(sorted(vocabulary.KEYS)), values)
def test_any_rule_is_loaded_or_refused(tmp_path_factory, warm_cache, key, value):
    import yaml

    folder = tmp_path_factory.mktemp("pack")
    (folder / "x.yaml").write_text(yaml.safe_dump({**RULE, key: value}, allow_unicode=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDKGUARD_CACHE_DIR", str(warm_cache))
        try:
            loaded = packs.load_packs([str(folder)])
            mine = [r for r in loaded.rules if r.file.startswith(str(folder))]
            list(examples.run_examples(mine, loaded.sets, loaded.rules))
        except CdkguardError:
            pass
