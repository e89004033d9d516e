"""Construct paths and the user's own lines, from a stack's metadata."""

import os

import pytest

from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Source
from tests.support.assemblies import BUCKET, manifest, nested_resource, stack, template, write


def test_inline_metadata_and_an_agnostic_environment(tmp_path):
    old = stack() | {
        "environment": "aws://unknown-account/unknown-region",
        "metadata": {"/Main/B/Resource": [{"type": "aws:cdk:logicalId", "data": "B"}]},
    }
    manifest(tmp_path, {"Main": old})
    write(tmp_path / "Main.template.json", template(B=BUCKET))
    (found,) = read_assembly(str(tmp_path)).stacks
    assert (found.account, found.region, found.construct_paths) == (None, None, {"B": "Main/B/Resource"})


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
    outer, inner = read_assembly(str(tmp_path)).stacks
    assert outer.construct_paths["Topic1"] == "Main/Topic/Resource"
    assert inner.construct_paths["Topic1"] == "Main/Nest/Topic/Resource"


@pytest.mark.parametrize(
    "frame, source",
    [
        ("new Main (file:///app/lib/main.mts:3:5)", Source("/app/lib/main.mts", 3, 5)),
        ("/app/bin.ts:7:1", Source("/app/bin.ts", 7, 1)),
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
    assert read_assembly(str(tmp_path)).stacks[0].source_of("B") == source


def test_paths_are_shown_from_the_base(tmp_path):
    entries = {"/Main": [{"type": "aws:cdk:creationStack", "data": [f"f ({tmp_path}/lib/a.ts:1:2)"]}]}
    manifest(tmp_path / "cdk.out", {"Main": stack() | {"metadata": entries}})
    write(tmp_path / "cdk.out/Main.template.json", template(B=BUCKET))
    (found,) = read_assembly(str(tmp_path / "cdk.out"), base=str(tmp_path)).stacks
    assert found.template_path == os.path.join("cdk.out", "Main.template.json")
    assert found.source == Source(os.path.join("lib", "a.ts"), 1, 2)
    (found,) = read_assembly(str(tmp_path / "cdk.out"), base=str(tmp_path / "other")).stacks
    assert found.template_path == str(tmp_path / "cdk.out/Main.template.json")


def recorded(folder, version, *traces):
    """An app of two stacks with these traces, in an assembly of that version of aws-cdk-lib."""
    for name in ("Main", "Other"):
        entries = {f"/{name}/B": [{"type": "aws:cdk:logicalId", "data": "B"}, *traces]}
        write(folder / f"{name}.metadata.json", entries)
        write(folder / f"{name}.template.json", template(B=BUCKET))
    artifacts = {
        name: {**stack(), "properties": {"templateFile": f"{name}.template.json"}, "additionalMetadataFile": f"{name}.metadata.json"}
        for name in ("Main", "Other")
    }  # fmt: skip
    manifest(folder, artifacts)
    tree = {"version": "tree-0.1", "tree": {"constructInfo": {"fqn": "aws-cdk-lib.App", "version": version}}}
    write(folder / "tree.json", tree)
    return {problem.message for problem in read_assembly(str(folder)).problems}


JSII = {
    "type": "aws:cdk:creationStack",
    "data": ["...aws-cdk-lib, jsii runtime, node internals...", "(no user code in 50 frames)"],
}


@pytest.mark.parametrize(
    "version, traces, words",
    [
        ("2.180.0", (), ["2.180.0 records none by itself", "CDK_DEBUG=1"]),
        ("2.250.0", (), ["2.250.0 records none by itself", "CDK_DEBUG=1"]),
        ("2.276.0", (), ["2.276.0 recorded none", "disable-creation-stack-traces"]),
        ("2.276.0", (JSII,), ["2.276.0 recorded no line", "JSII_HOST_STACK_TRACES=1"]),
    ],
)
def test_a_library_that_recorded_no_line_is_named(tmp_path, version, traces, words):
    (message,) = recorded(tmp_path, version, *traces)
    assert all(word in message for word in words)


def test_no_notice_where_a_line_is_known_or_the_library_is_not(tmp_path):
    trace = {"type": "aws:cdk:creationStack", "data": ["new Main (/app/a.ts:1:2)"]}
    assert not recorded(tmp_path, "2.276.0", trace)
    assert not recorded(tmp_path, "?")
