"""Reading a whole cloud assembly: stages, nested stacks, metadata, and what is broken in one."""

import json
import os

import pytest

from cdkguard.check import run as check
from cdkguard.config.settings import Config
from cdkguard.errors import InputError
from cdkguard.inputs import assembly
from cdkguard.model import Source


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def stack(file="Main.template.json", **properties):
    return {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "displayName": "Main",
            "properties": {"templateFile": file, **properties}}  # fmt: skip


def manifest(folder, artifacts, **extra):
    write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts, **extra})


def template(**resources):
    return {"Resources": resources}


BUCKET = {"Type": "AWS::S3::Bucket"}


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
    (found,) = assembly.read(str(tmp_path)).stacks
    assert (found.name, found.construct_path, found.account, found.region) == (
        "main-prod",
        "Main",
        "111122223333",
        "eu-west-1",
    )
    assert found.termination_protection is True and found.tags == {"env": "prod"}
    assert found.notification_arns == ["arn:topic"]
    assert found.construct_paths == {"B1": "Main/One/Resource", "B2": "Main/Two/Resource"}
    assert found.source_of("B1") == Source("/app/lib/main.ts", 10)
    assert found.source_of("B2") == Source("/app/two.py", 4)
    assert found.source == Source("/app/app.py", 12)
    (ack,) = found.acknowledgements
    assert (ack.construct_path, ack.rule_id, ack.reason) == ("Main/One", "r-1", "because")


def test_inline_metadata_and_an_agnostic_environment(tmp_path):
    old = stack() | {
        "environment": "aws://unknown-account/unknown-region",
        "metadata": {"/Main/B/Resource": [{"type": "aws:cdk:logicalId", "data": "B"}]},
    }
    manifest(tmp_path, {"Main": old})
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    (found,) = assembly.read(str(tmp_path)).stacks
    assert (found.account, found.region, found.construct_paths) == (None, None, {"B": "Main/B/Resource"})


def nested_resource(**options):
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://x/", "a" * 64, ".json"]]}},
        **options,
    }


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
    outer, inner = assembly.read(str(tmp_path)).stacks
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
    (main,) = assembly.read(str(tmp_path / "out")).stacks
    assert main.unread == {"N"}


@pytest.mark.parametrize("change", ["missing", "escaping"])
def test_a_nested_template_that_is_not_read_is_fatal_and_the_rest_is_judged(tmp_path, change):
    resource = nested_resource(Metadata={"aws:asset:path": "gone.json" if change == "missing" else "../outside.json"})
    manifest(tmp_path / "out", {"Main": stack()})
    write(tmp_path / "outside.json", template(B=BUCKET))
    write(tmp_path / "out/Main.template.json", template(N=resource))
    found = assembly.read(str(tmp_path / "out"))
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
    (found,) = assembly.read(str(tmp_path)).stacks
    assert (found.name, found.construct_path) == ("Prod-Svc", "Prod/Svc")


def test_missing_context(tmp_path):
    missing = [
        {"key": "k", "provider": "ami", "props": {"dummyValue": "ami-1"}},
        {"key": "v", "provider": "vpc-provider", "props": {}},
    ]
    manifest(tmp_path, {"Main": stack()}, missing=missing)
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    found = assembly.read(str(tmp_path))
    assert [m.dummies for m in found.missing] == [("ami-1",), ("vpc-12345", "s-12345", "p-12345", "p-67890")]
    assert found.stacks[0].missing == found.missing


def test_a_newer_schema_is_accepted_and_said(tmp_path):
    manifest(tmp_path, {"Main": stack()}, version="99.0.0")
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    (problem,) = assembly.read(str(tmp_path)).problems
    assert not problem.fatal and "99.0.0" in problem.message


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "link.json", None, 3])
def test_a_template_file_outside_the_assembly_is_refused(tmp_path, name):
    outside = tmp_path / "outside.json"
    write(outside, template(B=BUCKET))
    manifest(tmp_path / "out", {"Main": stack(name), "Ok": stack()})
    os.symlink(outside, tmp_path / "out/link.json")
    write(tmp_path / "out/Main.template.json", template(B=BUCKET))
    found = assembly.read(str(tmp_path / "out"))
    assert len(found.stacks) == 1 and found.problems[0].fatal


@pytest.mark.parametrize(
    "content, words",
    [("{", "not JSON"), ("{}", "no version"), ('{"version": "1", "artifacts": []}', "artifacts is not a mapping"),
     ('{"version": "1", "artifacts": {"a": 1}}', "artifact 'a'"), ('{"version": "1"}', "no stack")],
)  # fmt: skip
def test_a_broken_manifest_is_an_error(tmp_path, content, words):
    write(tmp_path / "manifest.json", content)
    with pytest.raises(InputError, match=words):
        assembly.read(str(tmp_path))


def test_stages_that_contain_each_other_end(tmp_path):
    manifest(tmp_path, {"x": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}})
    assert "contain each other" in assembly.read(str(tmp_path)).problems[0].message


def test_templates_and_folders(tmp_path):
    write(tmp_path / "a.template.json", template(B=BUCKET | {"Metadata": {"aws:cdk:path": "A/B/Resource"}}))
    write(tmp_path / "folder/b.yaml", "Resources:\n  B:\n    Type: T\n")
    write(tmp_path / "folder/package.json", {"name": "x"})
    write(tmp_path / "folder/broken.json", '{"Resources": {')
    manifest(tmp_path / "folder/cdk.out", {"Main": stack()})
    write(tmp_path / "folder/cdk.out/Main.template.json", template(B=BUCKET))
    found = assembly.read_paths([str(tmp_path / "a.template.json"), str(tmp_path / "folder")])
    assert sorted(s.name for s in found.stacks) == ["Main", "a", "b"]
    assert found.stacks[0].construct_paths == {"B": "A/B/Resource"} and not found.stacks[0].from_assembly
    (problem,) = found.problems
    assert problem.fatal and "broken.json" in problem.message


def test_a_folder_without_templates_is_an_error(tmp_path):
    write(tmp_path / "package.json", {"name": "x"})
    with pytest.raises(InputError, match="nothing was judged"):
        assembly.read_paths([str(tmp_path)])
    with pytest.raises(InputError, match="no such file"):
        assembly.read_paths([str(tmp_path / "none")])


def test_equal_logical_ids_in_a_stack_and_its_nested_stack_without_path_metadata(tmp_path):
    entries = {
        "/Main/Nest/Topic/Resource": [{"type": "aws:cdk:logicalId", "data": "Topic1"}],
        "/Main/Nest.NestedStack/Nest.NestedStackResource": [{"type": "aws:cdk:logicalId", "data": "N"}],
        "/Main/Topic/Resource": [{"type": "aws:cdk:logicalId", "data": "Topic1"}],
    }
    manifest(tmp_path, {"Main": stack() | {"metadata": entries}})
    topic = {"Type": "AWS::SNS::Topic"}
    nest = nested_resource(Metadata={"aws:asset:path": "Nest.json"})
    write(tmp_path / "Main.template.json", template(Topic1=topic, N=nest))
    write(tmp_path / "Nest.json", template(Topic1=topic))
    outer, inner = assembly.read(str(tmp_path)).stacks
    assert outer.construct_paths["Topic1"] == "Main/Topic/Resource"
    assert inner.construct_paths["Topic1"] == "Main/Nest/Topic/Resource"


@pytest.mark.parametrize(
    "frame, source",
    [
        ("new Main (file:///app/lib/main.mts:3:5)", Source("/app/lib/main.mts", 3)),
        ("/app/bin.ts:7:1", Source("/app/bin.ts", 7)),
        ("inner (/usr/lib/python3.11/contextlib.py:81)", None),
        ("f (/home/me/.venv/lib/python3.12/site-packages/x.py:1)", None),
        ("Array.forEach (:)", None),
        ("f (node:internal/modules/cjs/loader:1554:14)", None),
    ],
)
def test_frames_of_the_users_own_code(tmp_path, frame, source):
    entries = {
        "/Main/B": [{"type": "aws:cdk:logicalId", "data": "B"}, {"type": "aws:cdk:creationStack", "data": [frame]}]
    }
    manifest(tmp_path, {"Main": stack() | {"metadata": entries}})
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    assert assembly.read(str(tmp_path)).stacks[0].source_of("B") == source


def test_paths_are_shown_from_the_base(tmp_path):
    entries = {"/Main": [{"type": "aws:cdk:creationStack", "data": [f"f ({tmp_path}/lib/a.ts:1:2)"]}]}
    manifest(tmp_path / "cdk.out", {"Main": stack() | {"metadata": entries}})
    write(tmp_path / "cdk.out/Main.template.json", template(B=BUCKET))
    (found,) = assembly.read(str(tmp_path / "cdk.out"), base=str(tmp_path)).stacks
    assert found.template_path == os.path.join("cdk.out", "Main.template.json")
    assert found.source == Source(os.path.join("lib", "a.ts"), 1)
    (found,) = assembly.read(str(tmp_path / "cdk.out"), base=str(tmp_path / "other")).stacks
    assert found.template_path == str(tmp_path / "cdk.out/Main.template.json")


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
    assert [m.dummies for m in assembly.read(str(tmp_path)).missing] == [("arn:x", "p"), ("dummy-value-for-/my/param",)]


def test_one_broken_assembly_does_not_hide_the_others(tmp_path):
    write(tmp_path / "all/a/manifest.json", '{"artifacts": {}}')
    write(tmp_path / "all/b.json", template(B=BUCKET))
    found = assembly.read_paths([str(tmp_path / "all")])
    assert [s.name for s in found.stacks] == ["b"] and found.problems[0].fatal
    found = assembly.read_paths([str(tmp_path / "all/a"), str(tmp_path / "none"), str(tmp_path / "all/b.json")])
    assert [s.name for s in found.stacks] == ["b"] and [p.fatal for p in found.problems] == [True, True]
    with pytest.raises(InputError, match="no version"):
        assembly.read_paths([str(tmp_path / "all/a")])


def test_a_template_named_explicitly_that_cannot_be_read_is_fatal(tmp_path):
    write(tmp_path / "t.json", '{"name": "x"}')
    (problem,) = assembly.read_paths([str(tmp_path / "t.json")]).problems
    assert problem.fatal and problem.kind == "template" and "no Resources" in problem.message


def test_yaml_of_other_tools_in_a_folder_is_none_of_ours(tmp_path):
    write(tmp_path / "b.yaml", "Resources: {B: {Type: T}}")
    write(tmp_path / "k8s.yaml", "kind: A\n---\nkind: B\n")
    write(tmp_path / "mkdocs.yml", "x: !!python/name:a.b\n")
    assert assembly.read_paths([str(tmp_path)]).problems == ()
    write(tmp_path / "broken.yaml", "Resources:\n  A: [\n")
    (problem,) = assembly.read_paths([str(tmp_path)]).problems
    assert problem.fatal and "broken.yaml" in problem.message


def test_nested_stacks_of_bare_templates_are_unread_unless_their_templates_are_named(tmp_path):
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "nest.yaml"}}
    write(tmp_path / "main.json", template(N=nest))
    write(tmp_path / "nest.yaml", "Resources: {B: {Type: T}}")
    alone, beside = (assembly.read_paths([str(path)]).stacks[0] for path in (tmp_path / "main.json", tmp_path))
    assert (alone.unread, beside.unread) == ({"N"}, frozenset())


def test_a_stack_without_resources_is_empty(tmp_path):
    manifest = {
        "version": "55.0.0",
        "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "S.template.json").write_text('{"Rules": {}}')
    found = assembly.read(str(tmp_path))
    assert found.stacks[0].template["Resources"] == {} and not [p for p in found.problems if p.fatal]


# -- little input that makes much work


def nested(file):
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "x"},
        "Metadata": {"aws:asset:path": file, "aws:asset:property": "TemplateURL"},
    }


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_template_of_very_many_stacks_is_refused(tmp_path, monkeypatch, jobs):
    """By any number of processes alike: below the bound all are judged, above it none."""
    monkeypatch.chdir(tmp_path)
    manifest(tmp_path, {f"S{n}": stack("One.json") for n in range(12)})
    write(tmp_path / "One.json", template(A={**BUCKET, "Metadata": {"x": "y" * 1_000}}))
    config = Config(paths=(str(tmp_path),), jobs=jobs)
    size = os.path.getsize(tmp_path / "One.json")
    monkeypatch.setattr(assembly, "MAX_AGAIN", 11 * size)
    assert len(check.check(config).stacks) == 12
    monkeypatch.setattr(assembly, "MAX_AGAIN", 11 * size - 1)
    with pytest.raises(InputError, match=r"^One.json: named by so many stacks"):
        check.check(config)


@pytest.mark.parametrize("file", ["n.json", "m.json"])
def test_templates_that_nest_each_other_end(tmp_path, file):
    """Two in each, thirty levels deep, would be a thousand million."""
    manifest(tmp_path, {"Main": stack()})
    for name, inner in (("Main.template.json", "n.json"), ("n.json", file), ("m.json", "n.json")):
        write(tmp_path / name, template(A=nested(inner), B=nested(inner)))
    with pytest.raises(InputError, match="named by so many stacks"):
        assembly.read(str(tmp_path))


def test_a_metadata_file_of_very_many_stacks_is_refused(tmp_path, monkeypatch):
    manifest(tmp_path, {f"S{n}": stack(f"S{n}.json") | {"additionalMetadataFile": "m.json"} for n in range(3)})
    write(tmp_path / "m.json", {"/Main/A": [{"type": "aws:cdk:logicalId", "data": "A" * 1_000}]})
    for number in range(3):
        write(tmp_path / f"S{number}.json", template(A=BUCKET))
    assert len(assembly.read(str(tmp_path)).stacks) == 3
    monkeypatch.setattr(assembly, "MAX_AGAIN", 2_000)
    with pytest.raises(InputError, match="m.json: named by so many stacks"):
        assembly.read(str(tmp_path))


def test_lists_of_assets_are_read_once(tmp_path, monkeypatch):
    """And a broken one is told for each nested stack whose asset was not found before it."""
    digests = [f"{n:064x}" for n in range(5)]
    resources = {
        f"N{n}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://b/{digest}.json"}}
        for n, digest in enumerate(digests)
    }
    manifest(tmp_path, {"Main": stack()})
    write(tmp_path / "Main.template.json", template(**resources))
    write(tmp_path / "a.assets.json", {"files": {d: {"source": {"path": "inner.json"}} for d in digests[:3]}})
    write(tmp_path / "b.assets.json", "{")
    write(tmp_path / "inner.json", template(A=BUCKET))
    read = []
    monkeypatch.setattr(assembly, "read_text", lambda *a, real=assembly.read_text: read.append(a[1]) or real(*a))
    found = assembly.read(str(tmp_path), base=str(tmp_path))
    assert len(found.stacks) == 4 and read.count("a.assets.json") == read.count("b.assets.json") == 1
    assert sum("b.assets.json" in p.message for p in found.problems if p.fatal) == 2
