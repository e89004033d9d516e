"""The files that are watched, in real folders."""

import os

import pytest

from cdkguard.watch import sources
from cdkguard.watch.sources import NOTHING, look


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cdk.json", "lib/stack.ts", "lambda/index.js"):
        write(name, name)
    return tmp_path


def write(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w", encoding="utf-8") as handle:
        handle.write(text)


def changed(before, *places):
    after = look(places or (".",), before)
    return sorted(os.path.normpath(path) for path in after.versions_since(before))


def test_what_is_changed_made_and_removed_is_seen(app):
    before = look((".",))
    assert changed(before) == []
    write("lib/stack.ts", "another")
    write("lib/new.ts", "")
    os.unlink("lambda/index.js")
    assert changed(before) == ["lambda/index.js", "lib/new.ts", "lib/stack.ts"]


def test_a_file_that_is_only_touched_has_not_changed(app):
    before = look((".",))
    os.utime("lib/stack.ts", (1, 1))
    assert changed(before) == []
    write("lib/stack.ts", "lib/stack.ts")  # A build that writes what is there already.
    assert changed(before) == []


def test_a_save_that_keeps_size_and_time_is_seen_where_the_file_is_replaced(app):
    status = os.stat("cdk.json")
    before = look((".",))
    write("other", "CDK.JSON")
    os.utime("other", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace("other", "cdk.json")
    assert changed(before) == ["cdk.json"]


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/a/index.js",
        ".git/index",
        "cdk.out/manifest.json",
        "lib/__pycache__/a.pyc",
        "lib/.stack.ts.swp",
        "lib/stack.ts~",
        "env/lib/site.py",
        "out/a/Shop.template.json",
    ],
)
def test_what_is_no_source_is_not_watched(app, name):
    write("env/pyvenv.cfg", "")
    write("out/a/cdk.out", "")
    write("out/a/manifest.json", "")
    before = look((".",))
    write(name, "1")
    assert changed(before) == []


def test_a_folder_that_is_named_is_watched_whatever_it_is(app):
    write("cdk.out/cdk.out", "")
    write("cdk.out/manifest.json", "{}")
    before = look(("cdk.out",))
    write("cdk.out/manifest.json", "{ }")
    assert changed(before, "cdk.out") == ["cdk.out/manifest.json"]


def test_a_file_that_is_named_is_seen_when_it_is_made(app):
    before = look(("cdkguard.yaml",))
    write("cdkguard.yaml", "rules: [strict]")
    assert changed(before, "cdkguard.yaml") == ["cdkguard.yaml"]


def test_links_lead_in_no_circle(app):
    os.symlink("..", "lib/up")
    os.symlink("nowhere", "lib/.#stack.ts")  # as Emacs locks a file
    assert sorted(look((".",)).files) == ["cdk.json", "lambda/index.js", "lib/stack.ts"]


def test_a_folder_within_another_counts_once(app):
    assert len(look((".", "lib", "lib/stack.ts")).files) == 3


def test_more_files_than_the_limit_are_cut_and_the_nearest_are_kept(app, monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILES", 2)
    write("lib/deep/er/a.ts", "")
    found = look((".",))
    assert found.is_cut
    assert "cdk.json" in found.files and len(found.files) == 2


def test_an_unchanged_file_is_not_read_again(app, monkeypatch):
    before = look((".",))
    monkeypatch.setattr(sources, "_digest", lambda path, stamp: pytest.fail(f"{path} was read"))
    assert not look((".",), before).versions_since(before)


def test_a_big_file_is_told_apart_by_its_stamp(app, monkeypatch):
    monkeypatch.setattr(sources, "_BIGGEST", 10)
    write("big.bin", "0" * 20)
    before = look((".",))
    os.utime("big.bin", (1, 1))
    assert changed(before) == ["big.bin"]


def test_files_are_taken_over_from_another_look(app):
    before = look((".",))
    write("lib/stack.ts", "another")
    os.unlink("cdk.json")
    now = look((".",), before)
    taken = before.with_files_of(now, frozenset({"lib/stack.ts", "cdk.json"}))
    assert not now.versions_since(taken)
    assert NOTHING.with_files_of(now, frozenset({"none"})) == NOTHING
