"""What is watched for a configuration."""

import os

import pytest

from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError
from cdkguard.watch.places import find_linked_packages, find_places


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for folder in (".git", "apps/shop", "packages/lib", "node_modules/@shop", "node_modules/.pnpm/a/node_modules/a"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "apps/shop/cdk.json").write_text('{"app": "node app.js"}')
    monkeypatch.chdir(tmp_path / "apps/shop")
    return tmp_path


def test_an_app_is_watched_with_its_settings(repository):
    places = find_places(Config(file="../../cdkguard.yaml", accepted="accepted.json"))
    assert places[0] == "."
    assert {"../../cdkguard.yaml", "accepted.json", "cdkguard.yaml", "../cdkguard.yml"} <= set(places)


def test_packages_of_the_repository_are_watched_and_installed_ones_are_not(repository, tmp_path_factory):
    modules = repository / "node_modules"
    os.symlink("../../packages/lib", modules / "@shop/lib")
    os.symlink(".pnpm/a/node_modules/a", modules / "a")
    os.symlink(tmp_path_factory.mktemp("elsewhere"), modules / "elsewhere")
    assert find_linked_packages(".") == ["../../packages/lib"]


def test_a_path_that_exists_already_is_watched_alone(repository):
    (repository / "t.yaml").write_text("Resources: {}")
    places = find_places(Config(paths=("../../t.yaml",), runs_no_code=True))
    assert places[0] == "../../t.yaml" and "." not in places


def test_own_packs_are_watched_and_one_that_is_missing_is_refused(repository):
    (repository / "rules").mkdir()
    assert "../../rules" in find_places(Config(packs=("../../rules",)))
    with pytest.raises(ConfigError, match="pack 'none'"):
        find_places(Config(packs=("none",)))
