"""Which configuration file counts for a folder."""

import pytest

from cdkguard.config import find
from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError
from tests.support.configuration import mistake


def test_the_nearest_file_up_to_the_root_of_the_repository_counts(repo, monkeypatch):
    app = repo / "a" / "b"
    app.mkdir(parents=True)
    (repo / "cdkguard.yaml").write_text("fail_on: low\npacks: [./rules]\naccepted: old.json\n")
    monkeypatch.chdir(app)
    found = load_config(".", None)
    assert (found.fail_on, found.file) == ("low", "../../cdkguard.yaml")
    assert (found.packs, found.accepted) == (("../.././rules",), "../../old.json")
    (repo / "a" / "cdkguard.yml").write_text("fail_on: critical\n")
    assert load_config(".", None).fail_on == "critical"
    (repo / "a" / "b" / ".git").write_text("gitdir: elsewhere\n")
    assert load_config(".", None) == Config()


def test_nothing_above_a_folder_outside_of_a_repository_is_read(tmp_path, monkeypatch):
    (tmp_path / "cdkguard.yaml").write_text("fail_on: never\n")
    (tmp_path / "app").mkdir()
    monkeypatch.setattr(find.os.path, "exists", lambda path: False)
    assert load_config(str(tmp_path / "app"), None).fail_on == "high"


def test_a_pyproject_of_something_else_is_passed_over(repo):
    (repo / "pyproject.toml").write_text("[project]\ndependencies = ['cdkguard']\n")
    assert load_config(".", None) == Config()
    (repo / "cdkguard.yaml").write_text("fail_on: low\n")
    assert load_config(".", None).fail_on == "low"


@pytest.mark.parametrize("other", ["cdkguard.yml", "pyproject.toml"])
def test_two_files_in_one_place_are_refused(repo, other):
    (repo / other).write_text("[tool.cdkguard]\n")
    assert mistake("fail_on: low\n") == f".: settings in cdkguard.yaml and in {other}: keep one of them"


def test_an_explicit_file_stands_for_all_others(repo):
    (repo / "cdkguard.yaml").write_text("fail_on: low\n")
    (repo / "conf").mkdir()
    (repo / "conf" / "own.yaml").write_text("packs: [../rules]\n")
    found = load_config(".", "conf/own.yaml")
    assert (found.fail_on, found.packs, found.file) == ("high", ("conf/../rules",), "conf/own.yaml")


@pytest.mark.parametrize(("name", "words"), [("none.yaml", "cannot be read: No such file"), ("p.toml", "no table")])
def test_an_explicit_file_must_be_one(repo, name, words):
    (repo / "p.toml").write_text("[project]\n")
    with pytest.raises(ConfigError, match=f"^{name}: .*{words}"):
        load_config(".", name)
