"""`cdkguard init --chain` puts the check behind the app, with the variables that make lines known."""

import json

import pytest

from cdkguard.cli.chain import chain_app
from cdkguard.cli.main import main
from cdkguard.errors import ConfigError


@pytest.mark.parametrize(
    "app, chained",
    [
        ("python3 app.py", "JSII_HOST_STACK_TRACES=1 python3 app.py && cdkguard check"),
        ("cd infra && python3 app.py", "cd infra && JSII_HOST_STACK_TRACES=1 python3 app.py && cdkguard check"),
        ("python3 app.py && cdkguard check", "JSII_HOST_STACK_TRACES=1 python3 app.py && cdkguard check"),
        ("npx ts-node bin/app.ts", "NODE_OPTIONS=--stack-trace-limit=50 npx ts-node bin/app.ts && cdkguard check"),
        ("mvn -q exec:java", "mvn -q exec:java && cdkguard check"),
    ],
)
def test_the_app_is_chained_with_what_makes_lines_known(tmp_path, app, chained):
    file = tmp_path / "cdk.json"
    file.write_text(f'{{"context": {{"a": 1}},\n "app":   "{app}"}}\n')
    assert f": the app is now {chained}\n`cdk synth` and `cdk deploy` fail on findings now" in chain_app(str(tmp_path))
    assert file.read_text() == f'{{"context": {{"a": 1}},\n "app":   "{chained}"}}\n'
    assert "already" in chain_app(str(tmp_path)) and chained in file.read_text()


def test_a_text_that_stands_twice_in_cdk_json_is_replaced_in_the_app_alone(tmp_path):
    (tmp_path / "cdk.json").write_text('{"app": "python3 app.py", "build": "python3 app.py"}')
    chain_app(str(tmp_path))
    found = json.loads((tmp_path / "cdk.json").read_text())
    assert found["build"] == "python3 app.py" and found["app"].endswith("cdkguard check")


@pytest.mark.parametrize("text", ["{}", '{"app": ["python3", "app.py"]}', '{"app": 3}'])
def test_without_a_command_nothing_is_chained(tmp_path, text):
    (tmp_path / "cdk.json").write_text(text)
    with pytest.raises(ConfigError, match="no 'app' command"):
        chain_app(str(tmp_path))
    assert (tmp_path / "cdk.json").read_text() == text


def test_init_chains_an_app_that_has_a_configuration_already(tmp_path, monkeypatch, capsys):
    (tmp_path / "cdk.json").write_text('{"app": "python3 app.py"}')
    (tmp_path / "cdkguard.yaml").write_text("fail_on: critical\n")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--chain"]) == 0
    assert (tmp_path / "cdkguard.yaml").read_text() == "fail_on: critical\n"
    assert "python3 app.py && cdkguard check" in (tmp_path / "cdk.json").read_text()
    said = capsys.readouterr().out
    assert "cdkguard.yaml: it is there already, and left as it is" in said and "cdk synth '**'" in said
