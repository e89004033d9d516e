"""Little input that makes much work: files that very many stacks name are read within a bound."""

import os

import pytest

from cdkguard.check import run as check
from cdkguard.config.settings import Config
from cdkguard.errors import InputError
from cdkguard.inputs import assembly_files, parts
from cdkguard.inputs.assembly import read_assembly
from tests.support.assemblies import BUCKET, manifest, stack, template, write


def nested(file):
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"https://s3.amazonaws.com/assets/{'0' * 64}.json"},
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
    monkeypatch.setattr(parts, "MAX_READ_AGAIN", 11 * size)
    assert len(check.check(config).stacks) == 12
    monkeypatch.setattr(parts, "MAX_READ_AGAIN", 11 * size - 1)
    with pytest.raises(InputError, match=r"^One.json: named by so many stacks"):
        check.check(config)


@pytest.mark.parametrize("file", ["n.json", "m.json"])
def test_templates_that_nest_each_other_end(tmp_path, file):
    """Two in each, thirty levels deep, would be a thousand million."""
    manifest(tmp_path, {"Main": stack()})
    for name, inner in (("Main.template.json", "n.json"), ("n.json", file), ("m.json", "n.json")):
        write(tmp_path / name, template(A=nested(inner), B=nested(inner)))
    with pytest.raises(InputError, match="named by so many stacks"):
        read_assembly(str(tmp_path))


def test_a_metadata_file_of_very_many_stacks_is_refused(tmp_path, monkeypatch):
    manifest(tmp_path, {f"S{n}": stack(f"S{n}.json") | {"additionalMetadataFile": "m.json"} for n in range(3)})
    write(tmp_path / "m.json", {"/Main/A": [{"type": "aws:cdk:logicalId", "data": "A" * 1_000}]})
    for number in range(3):
        write(tmp_path / f"S{number}.json", template(A=BUCKET))
    assert len(read_assembly(str(tmp_path)).stacks) == 3
    monkeypatch.setattr(parts, "MAX_READ_AGAIN", 2_000)
    with pytest.raises(InputError, match="m.json: named by so many stacks"):
        read_assembly(str(tmp_path))


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
    monkeypatch.setattr(
        assembly_files, "read_text", lambda *a, real=assembly_files.read_text: read.append(a[1]) or real(*a)
    )
    found = read_assembly(str(tmp_path), base=str(tmp_path))
    assert len(found.stacks) == 4 and read.count("a.assets.json") == read.count("b.assets.json") == 1
    assert sum("b.assets.json" in p.message for p in found.problems if p.fatal) == 2
