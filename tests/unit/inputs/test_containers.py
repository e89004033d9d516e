"""The stand-in for Docker, called as aws-cdk-lib does."""

import os
import re
import subprocess

import pytest

from cdkguard.inputs import containers

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a POSIX shell runs it")


@pytest.fixture
def docker(tmp_path):
    for name in ("out", "bin", "work"):
        (tmp_path / name).mkdir()
    variables = containers.stand_in_variables(str(tmp_path / "out"), str(tmp_path / "bin"))

    def call(*words):
        done = subprocess.run(
            [variables["CDK_DOCKER"], *words], env={**os.environ, **variables}, cwd=tmp_path / "work", capture_output=True, text=True
        )  # fmt: skip
        return done.returncode, done.stdout

    return call


def test_the_calls_of_an_app_are_counted(docker, tmp_path):
    assert containers.tell_calls(str(tmp_path / "out")) == ""
    assert [docker("build", "-t", "cdk-x", "."), docker("build", "."), docker("run", "--rm", "x")] == [(0, "")] * 3
    told = containers.tell_calls(str(tmp_path / "out"))
    assert told == "no container was started: docker build (2 times), docker run made nothing"


def test_a_copy_leaves_an_empty_folder_for_the_synthesis_alone(docker, tmp_path):
    status, container = docker("create", "x")
    assert status == 0 and re.search("[0-9a-f]{16,}", container)
    there = tmp_path / "work/there"
    there.mkdir()
    assert docker("cp", f"{container.strip()}:/asset/.", str(there)) == (0, "")
    assert docker("cp", f"{container.strip()}:/asset/.", "new/inner/") == (0, "")
    assert (tmp_path / "work/new/inner").is_dir()
    containers.remove_made_folders(str(tmp_path / "out"))
    assert there.is_dir(), "it was there before"
    assert not (tmp_path / "work/new").exists()


def test_folders_that_were_made_are_removed_unless_something_is_in_them(docker, tmp_path):
    empty, full = tmp_path / "work/e\u00e4 x", tmp_path / "work/full"
    docker("cp", "c:/a", str(empty))
    docker("cp", "c:/a", str(full))
    (full / "file").write_text("")
    containers.remove_made_folders(str(tmp_path / "out"))
    assert not empty.exists() and full.is_dir()


def test_an_unknown_call_fails(docker):
    assert docker("compose", "up")[0] == 125


def test_the_rest_of_what_cdk_calls_is_answered(docker, tmp_path):
    calls = [("volume", "create", "v"), ("stop", "x"), ("rm", "-v", "x"), ("--version",)]
    assert {docker(*words)[0] for words in calls} == {0}
    assert docker("image", "inspect", "x") == docker("inspect", "x") == (1, "[]\n"), "no image is there"
    assert containers.tell_calls(str(tmp_path / "out")) == "", "nothing would have been made"
