"""The row `env-example`, both ways, on small projects."""

import json
import subprocess
import sys

import pytest

from cdkguard.config.preflight import EnvExampleSettings, PreflightSettings
from cdkguard.config.settings import Config
from cdkguard.model import Assembly, Stack
from cdkguard.preflight.env.given import find_given
from cdkguard.preflight.env_example import find_scopes, judge_env_example
from cdkguard.preflight.subject import Subject

FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"TABLE_NAME": {"Ref": "T"}}}}}
TASK = {
    "Type": "AWS::ECS::TaskDefinition",
    "Properties": {
        "ContainerDefinitions": [
            {
                "Environment": [{"Name": "ORIGIN", "Value": "x"}],
                "Secrets": [{"Name": "DB_PASSWORD", "ValueFrom": "arn"}],
            }
        ]
    },
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".").replace("_env", ".env.example")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


def judge(unread="", **settings):
    subject = Subject(Config(preflight=PreflightSettings(env_example=EnvExampleSettings(**settings))))
    subject.unread = unread
    if not unread:
        subject.assembly = Assembly((Stack("S", {"Resources": {"F": FUNCTION, "T": TASK}}, "S.json"),))
    return judge_env_example(subject, "env-example", "t")


def said(row):
    return [f"{seen.text} {seen.place}".strip() for seen in row.evidence]


def test_what_the_app_gives():
    assert find_given([Stack("S", {"Resources": {"F": FUNCTION, "T": TASK}}, "S")]) == {
        "TABLE_NAME",
        "ORIGIN",
        "DB_PASSWORD",
    }


def test_current(project):
    project(app_dot_py="import os\nos.environ['A'], os.environ['TABLE_NAME'], os.environ['HOME']\n", _env="A=\n# B=\n")
    row = judge()
    assert row.state == "done" and said(row) == ["2 variables in .env.example, 1 read in 1 code file below this folder"]


def test_both_ways(project):
    project(app_dot_py="import os\n\nos.environ['A']\n", _env="B=1\nDB_PASS=q7Rz4kPm2w9\n")
    row = judge()
    assert row.state == "failed"
    assert said(row)[:4] == [
        "A is read, and not in .env.example app.py:3",
        "B is in .env.example, and nothing reads it .env.example:1",
        "DB_PASS is in .env.example, and nothing reads it .env.example:2",
        "DB_PASS holds what looks like a secret (11 characters) .env.example:2",
    ]
    assert "q7Rz" not in str(row) and len(row.advice) == 3


def test_what_another_file_names_is_not_stale(project):
    project(docker_compose_dot_yml="x: ${B}\n", README_dot_md="C is for you\n", _env="B=\nC=\n")
    assert "C is in .env.example" in said(judge())[0] and "B is" not in str(said(judge()))


def test_without_a_file(project):
    project(app_dot_py="x = 1\n")
    assert judge().state == "done"
    project(app_dot_py="import os\nos.getenv('A')\n")
    assert said(judge())[0] == "A is read, and not in .env.example, which is not there app.py:2"


def test_fields_of_settings_with_a_default_may_be_left_out(project):
    text = (
        "class S(BaseSettings):\n    a: str\n    b: int = 1\n    c: str = Field(alias='C')\n    d: str = Field('x')\n"
    )
    project(app_dot_py=text, _env="")
    row = judge()
    assert [seen.split()[0] for seen in said(row)[:-1]] == ["A", "C"] and "2 fields of settings with a default" in said(
        row
    )[-1]


def test_tests_count_where_they_are_asked_for(project):
    project(tests__test_a_dot_py="import os\nos.environ['A']\n", _env="")
    assert judge().state == "done" and judge(tests=True).state == "failed"


def test_hidden_names_are_not_known_unless_they_are_named(project):
    project(app_dot_py="import os\nos.environ[a + b]\n", _env="A_X=\n")
    row = judge()
    assert row.state == "failed"  # nothing reads A_X, as far as can be seen
    project(_env="")
    assert judge().state == "unknown" and "made there app.py:2" in said(judge())[0]
    project(_env="A_X=\n")
    assert judge(reads=("A_*",)).state == "done"


def test_settings_ignore(project):
    project(app_dot_py="import os\nos.environ['A']\n", _env="B=\n")
    assert judge(ignore=("A", "B")).state == "done"


def test_without_the_templates_nobody_can_tell_what_the_app_gives(project):
    project(app_dot_py="import os\nos.environ['A']\n", _env="")
    row = judge(unread="it does not synthesize")
    assert row.state == "unknown" and "it does not synthesize" in str(said(row))


def test_javascript_without_its_parser_is_not_known(project, monkeypatch):
    from cdkguard.preflight.env import javascript_parser

    project(app_dot_js="x = 1\n", _env="")
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    javascript_parser._parser.cache_clear()
    assert judge().state == "done"  # no file names the environment
    project(app_dot_js="process.env.A\n", _env="")
    row = judge()
    javascript_parser._parser.cache_clear()
    assert row.state == "unknown" and "cannot be read without pip install 'cdkguard[preflight]'" in said(row)[0]


def test_folders_with_a_file_of_their_own(project, tmp_path):
    project(
        _env="A=\n",
        app_dot_py="import os\nos.environ['A']\n",
        **{"web/.env.example": "B=\n", "web/b.py": "import os\nos.environ['B']\n"},
    )
    assert [(scope.folder, sorted(scope.files)) for scope in find_scopes(".")] == [
        (".", [".env.example", "app.py"]), ("./web", [".env.example", "b.py"]),
    ]  # fmt: skip
    assert judge().state == "done"


def test_git_says_which_files_there_are(project, tmp_path):
    project(
        _env="",
        app_dot_py="",
        built__b_dot_py="import os\nos.environ['B']\n",
        node_modules__x_dot_py="import os\nos.environ['C']\n",
    )
    assert judge().state == "failed"
    (tmp_path / ".gitignore").write_text("built/\n")
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert judge().state == "done"


def test_the_file_of_the_folder_above_counts_inside_the_repository(project, tmp_path, monkeypatch):
    project(_env="A=\n", api__a_dot_py="import os\nos.environ['A']\n", infra__cdk_dot_json=json.dumps({}))
    subprocess.run(["git", "init", "--quiet"], check=True)
    monkeypatch.chdir(tmp_path / "infra")
    row = judge()
    assert row.state == "done" and "../.env.example" in said(row)[0] or ".env.example" in said(row)[0]
