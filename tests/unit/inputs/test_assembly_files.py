"""Paths inside a cloud assembly."""

import os

import pytest

from cdkguard.inputs.assembly_files import AssemblyFiles
from cdkguard.inputs.parts import Readings

NAMES = [
    "a.json", "none.json", "sub/b.json", "sub", "sub/", ".", "..", "sub/..", "sub/../a.json", "link.json", "out.json",
    "there/b.json", "there/../a.json", "loop", "loop/x", "a.json/x", "",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_real_path_is_that_of_the_system_however_it_is_asked_for(tmp_path, name):
    folder = tmp_path / "cdk.out"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    (folder / "sub/b.json").write_text("{}")
    (tmp_path / "outside.json").write_text("{}")
    (folder / "link.json").symlink_to("a.json")
    (folder / "out.json").symlink_to("../outside.json")
    (folder / "there").symlink_to("sub")
    (folder / "loop").symlink_to("loop")
    files = AssemblyFiles(os.path.realpath(folder), str(tmp_path), Readings())
    path = os.path.join(folder, name)
    assert [files.real_path(path), files.real_path(path)] == [os.path.realpath(path)] * 2
