"""A request becomes a configuration: the team's file decides, and nothing of a call reaches the file of a baseline."""

import json

import pytest

from cdkguard.baselines.open import configuration_at
from cdkguard.errors import ConfigError
from cdkguard.servers.configuration import configure, enter_folder
from cdkguard.servers.requests import Request
from tests.support.assemblies import assembly_with


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "x"}))
    assembly_with(tmp_path / "cdk.out", {"B": {"Type": "AWS::S3::Bucket"}})
    return tmp_path


def configured(app, **fields):
    request = Request("check", str(app), (str(app),), **fields)
    return configure(request, enter_folder(request))


def test_without_trust_nothing_of_the_file_runs(app):
    (app / "cdkguard.yaml").write_text("app: touch ran\npython: [json]\nagainst: git\n")
    found = configured(app)
    config = found.config
    assert (config.app, config.python_packs, config.against, config.runs_no_code) == (None, (), None, True)
    assert (config.pre_built, config.runs_baseline, config.install, found.runs) == (True, False, False, False)
    assert found.not_judged


def test_with_trust_and_without_synthesis_the_app_does_not_run(app):
    config = configured(app, is_trusted=True).config
    assert (config.runs_no_code, config.pre_built, config.runs_baseline) == (True, True, True)


def test_trust_and_synthesis_run_the_app(app):
    found = configured(app, is_trusted=True, synthesize=True, context={"a": "b"})
    assert found.runs and found.config.context == {"a": "b"} and found.config.timeout == 600
    with pytest.raises(ConfigError, match="the app was not run"):
        configured(app, synthesize=True)


def test_todays_file_does_not_speak_for_the_baseline(app):
    (app / "cdkguard.yaml").write_text("against: cdk.out\nfail_on: never\n")
    config = configured(app).config
    (app / "then").mkdir()
    (app / "then/cdkguard.yaml").write_text("fail_on: low\n")
    then = configuration_at("then", config)
    assert (then.fail_on, then.against, then.environment, then.stacks) == ("low", None, None, ())


def test_a_call_speaks_for_both(app):
    then = configuration_at(".", configured(app, environment="prod", stacks=("Main",)).config)
    assert (then.environment, then.stacks) == ("prod", ("Main",))


def test_settings_in_an_assembly_do_not_count(app):
    (app / "cdk.out/cdkguard.yaml").write_text("fail_on: never\n")
    request = Request("check", str(app / "cdk.out"), (str(app),))
    path = enter_folder(request)
    assert path == "cdk.out"
    assert configure(request, path).config.fail_on == "high"
