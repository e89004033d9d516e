"""The section `preflight`: what it says, and each mistake with its line."""

import json

import jsonschema
import pytest
import yaml

from cdkguard.config.load import load_config
from cdkguard.config.preflight import NETS, ROWS, PreflightSettings, ShellCommand, UrlCheck
from cdkguard.errors import ConfigError
from tests.support.paths import ROOT

WHOLE = """
environments: {prod: {strict: true, stages: [prod]}, staging: {stages: [staging]}}
preflight:
  environment: prod
  staging: {environment: staging, context: {env: staging}}
  rows: [unit-tests, load]
  environments: {staging: [env-example]}
  fail_on: high
  test: [npm test, {run: pytest, directory: api, timeout: 5}]
  verify: {run: ./smoke.sh, urls: ["https://example.com/health", {url: "http://x/y", status: 301}]}
  pairs: {prod/A: staging/B}
  without_staging: ["prod/A/*"]
  env_example: {file: .env.sample, reads: ["A_*"], ignore: [B], tests: true}
  nets: [alarms]
  commands: [{id: load, title: it holds, run: k6, environments: [prod], advice: look}]
  records: kept/records.yaml
"""


def read(folder, text):
    (folder / "cdkguard.yaml").write_text(text)
    return load_config(str(folder), None).preflight


def test_all_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = read(tmp_path, WHOLE)
    assert (found.environment, found.staging, found.staging_context) == ("prod", "staging", {"env": "staging"})
    assert found.rows == ("unit-tests", "load") and found.needs == {"staging": ("env-example",)}
    assert found.test == (ShellCommand("npm test", ""), ShellCommand("pytest", "api", 5.0))
    assert found.verify == ShellCommand("./smoke.sh", "")
    assert found.urls == (UrlCheck("https://example.com/health"), UrlCheck("http://x/y", 301))
    assert found.commands[0].id == "load" and found.commands[0].environments == ("prod",)
    assert found.titles["load"] == "it holds" and found.nets == ("alarms",) and found.records == "kept/records.yaml"
    assert found.env_example.file == ".env.sample" and found.env_example.tests


def test_nothing_is_said(tmp_path):
    assert read(tmp_path, "preflight: {}") == PreflightSettings() and read(tmp_path, "fail_on: high") is None
    assert PreflightSettings().nets == NETS and set(PreflightSettings().titles) > set(ROWS)


def test_the_schema_says_the_same():
    schema = json.loads((ROOT / "cdkguard/schemas/config.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(WHOLE), schema)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{row: [a]}", "no key 'row' (did you mean 'rows'?)"),
        ("{rows: [unit-test]}", "did you mean 'unit-tests'"),
        ("{rows: []}", "preflight.rows is empty, so nothing would be asked"),
        ("{environment: production}", "preflight.environment is one of"),
        ("{test: {directory: x}}", "needs `run`"),
        ("{test: {run: x, directory: ../..}}", "leads out of the repository"),
        ("{env_example: {file: /etc/passwd}}", "leads out of the repository"),
        ("{records: ../../x.yaml}", "leads out of the repository"),
        ("{test: {run: x, timeout: 0}}", "a number of seconds above 0"),
        ("{verify: {}}", "verify needs `run`"),
        ("{verify: {urls: ['file:///etc/passwd']}}", "no address that begins with https://"),
        ("{verify: {urls: ['https://a:b@example.com/']}}", "without a password"),
        ("{verify: {urls: [{url: 'https://x', status: 20}]}}", "status is a number from 100 to 599"),
        ("{commands: [{id: unit-tests, run: x}]}", "no name for a row"),
        ("{commands: [{id: A b, run: x}]}", "no name for a row"),
        ("{commands: [{id: a}]}", "needs `run`"),
        ("{nets: [alarm]}", "did you mean 'alarms'"),
        ("{staging: {context: {a: b}}}", "staging names its `environment`"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, text, words):
    (tmp_path / ".git").mkdir()
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, f"fail_on: high\npreflight: {text}\n")
    assert "cdkguard.yaml:2: " in str(raised.value) and words in str(raised.value)
