"""The cache of templates: what it keeps is of one state of one stack, and the user's alone."""

import os
from pathlib import Path

import pytest

from cdkguard.audit.nouns import StackEntry
from cdkguard.audit.template_cache import TemplateCache
from cdkguard.errors import ConfigError

STACK = StackEntry("111122223333", "eu-west-1", "arn:1", "Svc", "CREATE_COMPLETE", "2030-01-01T00:00:00Z")


@pytest.fixture
def cache(tmp_path):
    cache = TemplateCache(str(tmp_path / "cache"))
    cache.prepare()
    return cache


@pytest.mark.parametrize("body", ["Resources: {}\n", {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}])
def test_a_template_comes_back_as_it_was(cache, body):
    assert cache.get(STACK) is None
    cache.put(STACK, body)
    assert cache.get(STACK) == body


@pytest.mark.parametrize(
    "changed",
    [
        STACK._replace(updated="2030-01-02T00:00:00Z"),
        STACK._replace(status="UPDATE_ROLLBACK_COMPLETE"),
        STACK._replace(created="2030-01-02T00:00:00Z"),
        STACK._replace(stack_id="arn:2"),
        STACK._replace(described="another"),
    ],
)
def test_another_state_of_the_stack_is_read_again(cache, changed):
    cache.put(STACK, "Resources: {}")
    assert cache.get(changed) is None


def test_a_stack_that_is_being_changed_is_not_kept(cache):
    moving = STACK._replace(status="UPDATE_IN_PROGRESS")
    cache.put(moving, "Resources: {}")
    assert cache.get(moving) is None


def test_nobody_else_can_read_the_files(cache):
    cache.put(STACK, "Resources: {}")
    assert {file.stat().st_mode & 0o777 for file in Path(cache.folder).rglob("*.z")} == {0o600}
    assert os.stat(cache.folder).st_mode & 0o777 == 0o700


def test_a_damaged_file_is_read_again(cache):
    cache.put(STACK, "Resources: {}")
    (path,) = Path(cache.folder).rglob("*.z")
    for damage in (b"", b"no zlib", path.read_bytes()[:-4]):
        path.write_bytes(damage)
        assert cache.get(STACK) is None


def test_a_folder_that_others_may_write_to_is_refused(tmp_path):
    os.chmod(tmp_path, 0o777)
    with pytest.raises(ConfigError, match="others may write to it"):
        TemplateCache(str(tmp_path)).prepare()
