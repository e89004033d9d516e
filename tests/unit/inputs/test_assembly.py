"""Reading a whole cloud assembly: stages, nested stacks, metadata, and what is broken in one."""

import json
import os

import pytest

from cdkguard.errors import InputError
from cdkguard.inputs.assembly import read_assembly, read_paths
from cdkguard.model import Source
from tests.support.assemblies import BUCKET, manifest, nested_resource, stack, template, write


def test_a_stack_with_its_metadata_file(tmp_path):
    manifest(
        tmp_path,
        {
            "Main": stack(
                terminationProtection=True, tags={"env": "prod"}, stackName="main-prod", notificationArns=["arn:topic"]
            )
            | {"additionalMetadataFile": "Main.metadata.json"}
        },
    )
    write(tmp_path / "Main.template.json", template(B1=BUCKET, B2=BUCKET))
    trace = [
        "...aws-cdk-lib...",
        "f (/app/node_modules/x/y.js:1:2)",
        "new Main (/app/lib/main.ts:10:17)",
        "<anonymous> (/app/bin.ts:3:1)",
    ]
    write(tmp_path / "Main.metadata.json", {
        "/Main": [{"type": "aws:cdk:creationStack", "data": ["<module> (/app/app.py:12)"]}],
        "/Main/One/Resource": [{"type": "aws:cdk:logicalId", "data": "B1"}, {"type": "aws:cdk:creationStack", "data": trace}],
        "/Main/Two/Resource": [{"type": "aws:cdk:logicalId", "data": "B2", "trace": ["x (/app/site-packages/a.py:1)", "<module> (/app/two.py:4)"]}],
        "/Main/One": [{"type": "aws:cdk:acknowledged-rules", "data": {"cdkguard::r-1": "because", "cdk-nag::X": "no"}}],
    })  # fmt: skip
    (found,) = read_assembly(str(tmp_path)).stacks
    assert (found.name, found.construct_path, found.account, found.region) == (
        "main-prod",
        "Main",
        "111122223333",
        "eu-west-1",
    )
    assert found.termination_protection is True and found.tags == {"env": "prod"}
    assert found.notification_arns == ["arn:topic"]
    assert found.construct_paths == {"B1": "Main/One/Resource", "B2": "Main/Two/Resource"}
    assert found.source_of("B1") == Source("/app/lib/main.ts", 10, 17, called_from=Source("/app/bin.ts", 3, 1))
    assert found.source_of("B2") == Source("/app/two.py", 4)
    assert found.source == Source("/app/app.py", 12)
    (ack,) = found.acknowledgements
    assert (ack.construct_path, ack.rule_id, ack.reason) == ("Main/One", "r-1", "because")


@pytest.mark.parametrize("way", ["asset path", "metadata", "asset hash"])
def test_nested_stacks_are_found_all_three_ways(tmp_path, way):
    resource = nested_resource(Metadata={"aws:asset:path": "Nest.nested.template.json"} if way == "asset path" else {})
    entries = {
        "/Main/Nest.NestedStack/Nest.NestedStackResource": [{"type": "aws:cdk:logicalId", "data": "N"}],
        "/Main/Nest/Inner/Resource": [{"type": "aws:cdk:logicalId", "data": "B"}],
    }
    if way == "metadata":
        entries["/Main/Nest"] = [{"type": "aws:cdk:templateFile", "data": "Nest.nested.template.json"}]
    manifest(tmp_path, {"Main": stack(terminationProtection=True) | {"metadata": entries}})
    write(
        tmp_path / "Main.template.json",
        template(N=resource, B=BUCKET | {"Metadata": {"aws:cdk:path": "Main/Outer/Resource"}}),
    )
    write(tmp_path / "Nest.nested.template.json", template(B=BUCKET))
    write(tmp_path / "Main.assets.json", {"files": {"a" * 64: {"source": {"path": "Nest.nested.template.json"}}}})
    outer, inner = read_assembly(str(tmp_path)).stacks
    assert inner.parent is outer and inner.parent_logical_id == "N" and inner.construct_path == "Main/Nest"
    assert inner.account == outer.account and inner.termination_protection is True
    assert (
        outer.construct_paths["B"] == "Main/Outer/Resource" and inner.construct_paths["B"] == "Main/Nest/Inner/Resource"
    )


@pytest.mark.parametrize(
    "url", ["https://example.com/t.yaml", {"Ref": "Where"}, f"https://example.com/{'a' * 64}.json"]
)
def test_a_nested_template_that_lies_elsewhere_is_known_as_unread(tmp_path, url):
    manifest(tmp_path / "out", {"Main": stack()})
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    write(tmp_path / "out/Main.template.json", template(N=nest, B=BUCKET))
    (main,) = read_assembly(str(tmp_path / "out")).stacks
    assert main.unread == {"N"}


@pytest.mark.parametrize("change", ["missing", "escaping"])
def test_a_nested_template_that_is_not_read_is_fatal_and_the_rest_is_judged(tmp_path, change):
    resource = nested_resource(Metadata={"aws:asset:path": "gone.json" if change == "missing" else "../outside.json"})
    manifest(tmp_path / "out", {"Main": stack()})
    write(tmp_path / "outside.json", template(B=BUCKET))
    write(tmp_path / "out/Main.template.json", template(N=resource))
    found = read_assembly(str(tmp_path / "out"))
    assert len(found.stacks) == 1
    (problem,) = found.problems
    assert problem.fatal and problem.kind == "nested-template" and "was not judged" in problem.message


def test_stages_are_read_into(tmp_path):
    stage = {"type": "cdk:cloud-assembly", "displayName": "Prod", "properties": {"directoryName": "assembly-Prod"}}
    manifest(tmp_path, {"assembly-Prod": stage})
    manifest(
        tmp_path / "assembly-Prod", {"ProdSvc": stack("S.json", stackName="Prod-Svc") | {"displayName": "Prod/Svc"}}
    )
    write(tmp_path / "assembly-Prod/S.json", template(B=BUCKET))
    (found,) = read_assembly(str(tmp_path)).stacks
    assert (found.name, found.construct_path) == ("Prod-Svc", "Prod/Svc")


def test_missing_context(tmp_path):
    missing = [
        {"key": "k", "provider": "ami", "props": {"dummyValue": "ami-1"}},
        {"key": "v", "provider": "vpc-provider", "props": {}},
    ]
    manifest(tmp_path, {"Main": stack()}, missing=missing)
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    found = read_assembly(str(tmp_path))
    assert found.missing[0].dummies == ("ami-1",) and "vpc-12345" in found.missing[1].dummies
    assert found.stacks[0].missing == found.missing


def _lacks(tmp_path, key="k", **templates):
    """Stack -> whether it is held responsible for a missing AMI."""
    missing = [{"key": key, "provider": "ami", "props": {"dummyValue": "ami-1234"}}]
    places = {"There": "aws://111122223333/us-east-1"}
    stacks = {n: stack(f"{n}.json") | {"environment": places.get(n, "aws://111122223333/eu-west-1")} for n in templates}
    manifest(tmp_path, stacks, missing=missing)
    for name, resources in templates.items():
        write(tmp_path / f"{name}.json", template(**resources))
    return {found.name: bool(found.missing) for found in read_assembly(str(tmp_path)).stacks}


def _instance(image):
    return {"I": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image}}}


def test_missing_context_counts_against_the_stacks_that_hold_its_dummy(tmp_path):
    assert _lacks(tmp_path, A=_instance("ami-1234"), B=_instance("ami-12345678")) == {"A": True, "B": False}
    joined = {"Fn::Join": ["", ["prefix:", "ami-1234", "/x"]]}
    assert _lacks(tmp_path, A=_instance(joined), B=_instance("x")) == {"A": True, "B": False}


def test_missing_context_counts_against_the_root_of_a_nested_stack_that_holds_its_dummy(tmp_path):
    nested = nested_resource(Metadata={"aws:asset:path": "N.nested.template.json"})
    write(tmp_path / "A.assets.json", {"files": {"a" * 64: {"source": {"path": "N.nested.template.json"}}}})
    write(tmp_path / "N.nested.template.json", template(**_instance("ami-1234")))
    found = _lacks(tmp_path, A={"N": nested}, B={"B": BUCKET})
    assert found["A"] and not found["B"] and len(found) == 3


def test_missing_context_that_left_no_dummy_counts_against_all(tmp_path):
    assert _lacks(tmp_path, A=_instance("ami-12345678"), B={"B": BUCKET}) == {"A": True, "B": True}


def test_a_dummy_in_a_stack_of_another_place_excuses_nobody(tmp_path):
    key = "ami:account=111122223333:region=eu-west-1"
    assert _lacks(tmp_path, key, A={"B": BUCKET}, There=_instance("ami-1234")) == {"A": True, "There": True}


def test_a_newer_schema_is_accepted_and_said(tmp_path):
    manifest(tmp_path, {"Main": stack()}, version="99.0.0")
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    (problem,) = read_assembly(str(tmp_path)).problems
    assert not problem.fatal and "99.0.0" in problem.message


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "link.json", None, 3])
def test_a_template_file_outside_the_assembly_is_refused(tmp_path, name):
    outside = tmp_path / "outside.json"
    write(outside, template(B=BUCKET))
    manifest(tmp_path / "out", {"Main": stack(name), "Ok": stack()})
    os.symlink(outside, tmp_path / "out/link.json")
    write(tmp_path / "out/Main.template.json", template(B=BUCKET))
    found = read_assembly(str(tmp_path / "out"))
    assert len(found.stacks) == 1 and found.problems[0].fatal


@pytest.mark.parametrize(
    "content, words",
    [("{", "not JSON"), ("{}", "no version"), ('{"version": "1", "artifacts": []}', "artifacts is not a mapping"),
     ('{"version": "1", "artifacts": {"a": 1}}', "artifact 'a'"), ('{"version": "1"}', "no stack")],
)  # fmt: skip
def test_a_broken_manifest_is_an_error(tmp_path, content, words):
    write(tmp_path / "manifest.json", content)
    with pytest.raises(InputError, match=words):
        read_assembly(str(tmp_path))


def test_stages_that_contain_each_other_end(tmp_path):
    manifest(tmp_path, {"x": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}})
    assert "contain each other" in read_assembly(str(tmp_path)).problems[0].message


def test_dummies_in_lists_mappings_and_parameters(tmp_path):
    missing = [
        {
            "key": "c",
            "provider": "cc-api-provider",
            "props": {"dummyValue": [{"Arn": "arn:x", "Ports": ["p"], "N": 1}]},
        },
        {"key": "s", "provider": "ssm", "props": {"parameterName": "/my/param"}},
    ]
    manifest(tmp_path, {"Main": stack()}, missing=missing)
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    assert [m.dummies for m in read_assembly(str(tmp_path)).missing] == [("arn:x", "p"), ("dummy-value-for-/my/param",)]


def test_one_broken_assembly_does_not_hide_the_others(tmp_path):
    write(tmp_path / "all/a/manifest.json", '{"artifacts": {}}')
    write(tmp_path / "all/b.json", template(B=BUCKET))
    found = read_paths([str(tmp_path / "all")])
    assert [s.name for s in found.stacks] == ["b"] and found.problems[0].fatal
    found = read_paths([str(tmp_path / "all/a"), str(tmp_path / "none"), str(tmp_path / "all/b.json")])
    assert [s.name for s in found.stacks] == ["b"] and [p.fatal for p in found.problems] == [True, True]
    with pytest.raises(InputError, match="no version"):
        read_paths([str(tmp_path / "all/a")])


def test_a_stack_without_resources_is_empty(tmp_path):
    manifest = {
        "version": "55.0.0",
        "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "S.template.json").write_text('{"Rules": {}}')
    found = read_assembly(str(tmp_path))
    assert found.stacks[0].template["Resources"] == {} and not [p for p in found.problems if p.fatal]
