"""Paths: inside of what the client has opened, and nowhere else."""

import os

import pytest

from cdkguard.errors import InputError
from cdkguard.servers.folders import find_inside, folders_of_roots


@pytest.fixture
def open_folder(tmp_path):
    (tmp_path / "open/app").mkdir(parents=True)
    (tmp_path / "opened-too").mkdir()
    (tmp_path / "secret").mkdir()
    return tmp_path.resolve() / "open"


def test_a_path_inside_is_found_by_its_real_name(open_folder):
    folders = (str(open_folder),)
    assert find_inside("app", folders) == str(open_folder / "app")
    assert find_inside(".", folders) == str(open_folder)
    assert find_inside(str(open_folder / "app/../app"), folders) == str(open_folder / "app")


@pytest.mark.parametrize(
    "path", ["..", "../secret", "app/../../secret", "/", "/etc/passwd", "../opened-too", "../open-not"]
)
def test_a_path_outside_is_refused(open_folder, path):
    with pytest.raises(InputError, match="outside of the folders"):
        find_inside(path, (str(open_folder),))


def test_a_link_is_followed_before_it_is_judged(open_folder):
    (open_folder / "out").symlink_to(open_folder.parent / "secret")
    (open_folder / "in").symlink_to(open_folder / "app")
    with pytest.raises(InputError, match="outside"):
        find_inside("out", (str(open_folder),))
    with pytest.raises(InputError, match="outside"):
        find_inside("in/../../secret", (str(open_folder),))
    assert find_inside("in", (str(open_folder),)) == str(open_folder / "app")


def test_nothing_is_said_of_what_lies_outside(open_folder):
    def words(path):
        with pytest.raises(InputError) as caught:
            find_inside(path, (str(open_folder),))
        return str(caught.value).replace(path, "PATH")

    assert words("../secret") == words("../not-there")


@pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "a\x1b[31m", "\ud800", "x" * 5000])
def test_a_path_that_is_none_is_refused(open_folder, path):
    with pytest.raises(InputError, match="empty, too long, or holds"):
        find_inside(path, (str(open_folder),))


def test_what_is_missing_inside_is_said(open_folder):
    with pytest.raises(InputError, match="no such file"):
        find_inside("nope", (str(open_folder),))


def test_without_a_folder_nothing_may_be_read():
    with pytest.raises(InputError, match="opened no folder"):
        find_inside("/", ())


def test_a_relative_path_needs_one_folder(open_folder):
    with pytest.raises(InputError, match="absolute path"):
        find_inside("app", (str(open_folder), str(open_folder.parent / "opened-too")))


def test_roots_are_read_as_addresses(tmp_path):
    folder = tmp_path / "a b#c%"
    folder.mkdir()
    assert folders_of_roots([folder.as_uri()]) == (os.path.realpath(folder),)
    assert folders_of_roots(["https://example.com/x", "file://server/share", "file:relative", "file:///%00"]) == ()
    assert folders_of_roots([]) == ()
