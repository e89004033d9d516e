"""The rules of a watch: loaded once, and again where they may be others."""

import sys

import pytest

from cdkguard.config.settings import Config
from cdkguard.watch import rounds
from cdkguard.watch.rounds import Checks, forget_code

RULE = """\
id: team-bucket
title: Bucket
severity: {severity}
types: [AWS::S3::Bucket]
require: {{path: $.Properties.Never, equals: here}}
remedy: none
why: it is a test
examples: {{pass: [{{Never: here}}], fail: [{{}}]}}
"""


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "t.json"
    path.write_text('{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}')
    return path


def count_bindings(monkeypatch):
    bound, real = [], rounds.bind_config
    monkeypatch.setattr(rounds, "bind_config", lambda config: bound.append(config) or real(config))
    return bound


def test_the_rules_are_loaded_once(template, monkeypatch):
    bound = count_bindings(monkeypatch)
    checks = Checks(lambda: Config(paths=("t.json",), runs_no_code=True), None)
    first = checks.run(())
    template.write_text('{"Resources": {}, "Outputs": {}}')
    assert first.findings and not checks.run(("t.json",)).findings
    assert len(bound) == 1


def test_another_setting_loads_them_again(template, monkeypatch):
    bound = count_bindings(monkeypatch)
    config = Config(paths=("t.json",), runs_no_code=True, rules=("data-retention",))
    settings = [config, config._replace(rules=("s3-versioning",))]
    checks = Checks(lambda: settings.pop(0), None)
    reports = [checks.run(()), checks.run(("cdkguard.yaml",))]
    assert [{f.rule_id for f in report.findings} for report in reports] == [{"data-retention"}, {"s3-versioning"}]
    assert len(bound) == 2


def test_a_changed_pack_is_loaded_again(template, tmp_path):
    pack = tmp_path / "team"
    pack.mkdir()
    rule = pack / "team-bucket.yaml"
    rule.write_text(RULE.format(severity="low"))
    config = Config(paths=("t.json",), runs_no_code=True, packs=("team",), rules=("team-bucket",))
    checks = Checks(lambda: config, None)
    before = checks.run(())
    rule.write_text(RULE.format(severity="critical"))
    after = checks.run(("team/team-bucket.yaml",))
    assert [report.findings[0].severity for report in (before, after)] == ["low", "critical"]


def test_code_of_rules_is_imported_anew(tmp_path, monkeypatch):
    package = tmp_path / "team_rules"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "code.py").write_text("ANSWER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import importlib

    assert importlib.import_module("team_rules.code").ANSWER == 1
    (package / "code.py").write_text("ANSWER = 22\n")
    forget_code(("team_rules",))
    assert importlib.import_module("team_rules.code").ANSWER == 22
    forget_code(("team_rules",))
    assert "cdkguard" in sys.modules
