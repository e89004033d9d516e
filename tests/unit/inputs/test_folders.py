"""Bare templates and folders of them: which files count, and what is said of the others."""

import pytest

from cdkguard.errors import InputError
from cdkguard.inputs.assembly import read_paths
from tests.support.assemblies import BUCKET, manifest, stack, template, write


def test_templates_and_folders(tmp_path):
    write(tmp_path / "a.template.json", template(B=BUCKET | {"Metadata": {"aws:cdk:path": "A/B/Resource"}}))
    write(tmp_path / "folder/b.yaml", "Resources:\n  B:\n    Type: T\n")
    write(tmp_path / "folder/package.json", {"name": "x"})
    write(tmp_path / "folder/broken.json", '{"Resources": {')
    manifest(tmp_path / "folder/cdk.out", {"Main": stack()})
    write(tmp_path / "folder/cdk.out/Main.template.json", template(B=BUCKET))
    found = read_paths([str(tmp_path / "a.template.json"), str(tmp_path / "folder")])
    assert sorted(s.name for s in found.stacks) == ["Main", "a", "b"]
    assert found.stacks[0].construct_paths == {"B": "A/B/Resource"} and not found.stacks[0].from_assembly
    (problem,) = found.problems
    assert problem.fatal and "broken.json" in problem.message


def test_a_folder_without_templates_is_an_error(tmp_path):
    write(tmp_path / "package.json", {"name": "x"})
    with pytest.raises(InputError, match="nothing was judged"):
        read_paths([str(tmp_path)])
    with pytest.raises(InputError, match="no such file"):
        read_paths([str(tmp_path / "none")])


def test_a_template_named_explicitly_that_cannot_be_read_is_fatal(tmp_path):
    write(tmp_path / "t.json", '{"name": "x"}')
    (problem,) = read_paths([str(tmp_path / "t.json")]).problems
    assert problem.fatal and problem.kind == "template" and "no Resources" in problem.message


def test_yaml_of_other_tools_in_a_folder_is_none_of_ours(tmp_path):
    write(tmp_path / "b.yaml", "Resources: {B: {Type: T}}")
    write(tmp_path / "k8s.yaml", "kind: A\n---\nkind: B\n")
    write(tmp_path / "mkdocs.yml", "x: !!python/name:a.b\n")
    assert read_paths([str(tmp_path)]).problems == ()
    write(tmp_path / "broken.yaml", "Resources:\n  A: [\n")
    (problem,) = read_paths([str(tmp_path)]).problems
    assert problem.fatal and "broken.yaml" in problem.message


def test_nested_templates_beside_a_bare_one_are_read_once(tmp_path):
    nest = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "nest.yaml"}}
    write(tmp_path / "main.json", template(N=nest))
    write(tmp_path / "nest.yaml", "Resources: {B: {Type: T}}")
    named = [tmp_path / "main.json"], [tmp_path], [tmp_path / "nest.yaml", tmp_path / "main.json"]
    for paths in named:
        main, inner = read_paths([str(path) for path in paths]).stacks
        assert (main.unread, inner.parent, inner.parent_logical_id) == (frozenset(), main, "N")


@pytest.mark.parametrize("folder", ["no Resources", "a template is a mapping"])
def test_the_name_of_a_file_does_not_make_it_no_template(tmp_path, folder):
    write(tmp_path / folder / "broken.json", '{"Resources": {')
    (problem,) = read_paths([str(tmp_path)]).problems
    assert problem.fatal and "not JSON" in problem.message
