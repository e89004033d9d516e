"""The snippets of the pages on CI: valid by the services' own schemas, their shell run with the real cdkguard."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.support.ci_pages import commands_of, interpolate, read_snippets
from tests.support.paths import ROOT

SNIPPETS = list(read_snippets())
SCHEMAS = {
    "github": "github-workflows",
    "gitlab": "gitlab-ci",
    "azure": "azure-pipelines",
    "bitbucket": "bitbucket-pipelines",
}
TEMPLATE = (ROOT / "templates/check/template.yml").read_text()


def check(schema, name, value, tmp_path):
    """check-jsonschema, with the schema that it brings."""
    file = tmp_path / name
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--regex-variant=nonunicode",
        f"--builtin-schema=vendor.{schema}",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_jsonschema_is_there_where_ci_runs():
    if not os.environ.get("CI"):
        pytest.importorskip("check_jsonschema")
    __import__("check_jsonschema")


def named(snippets):
    return [
        pytest.param(snippet, id=f"{snippet.page}-{snippet.service}-{number}")
        for number, snippet in enumerate(snippets)
    ]


@pytest.mark.parametrize("snippet", named(it for it in SNIPPETS if it.service in SCHEMAS))
def test_the_services_schema_takes_it(snippet, tmp_path):
    pytest.importorskip("check_jsonschema")
    check(SCHEMAS[snippet.service], "it.yml", snippet.text, tmp_path)


def test_every_service_has_a_snippet_that_runs_cdkguard():
    services = {it.service for it in SNIPPETS if re.search(r"cdkguard\"? check|cdkguard/cdkguard@", it.text)}
    assert services >= {"github", "gitlab", "codebuild", "azure", "bitbucket", "groovy", "typescript", "python"}


@pytest.mark.parametrize("snippet", named(it for it in SNIPPETS if it.service == "codebuild"))
def test_a_buildspec_has_what_codebuild_knows(snippet):
    """https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""
    read = snippet.read()
    assert set(read) <= {"version", "phases", "reports", "env", "artifacts", "cache"} and read["version"] == 0.2
    assert set(read["phases"]) <= {"install", "pre_build", "build", "post_build"}
    (report,) = read["reports"].values()
    assert report["file-format"] == "JUNITXML" and f"junit={report['files'][0]}" in snippet.text


# The component


def test_the_component_is_valid(tmp_path):
    pytest.importorskip("check_jsonschema")
    check("gitlab-ci", "header.yml", next(yaml.safe_load_all(TEMPLATE)), tmp_path)
    check("gitlab-ci", "jobs.yml", interpolate(TEMPLATE), tmp_path)
    check(
        "gitlab-ci",
        "others.yml",
        interpolate(TEMPLATE, setup=["cd infra", "npm ci"], gate="new", job="guard"),
        tmp_path,
    )


def test_the_component_names_every_input_once():
    header, jobs = TEMPLATE.split("\n---\n")
    declared = set(yaml.safe_load(header)["spec"]["inputs"])
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", jobs)) == declared
    assert not [line for line in interpolate(TEMPLATE)["cdkguard"]["script"] if "[[ inputs" in line]
    page = (ROOT / "docs/ci/gitlab.md").read_text()
    assert not [name for name in declared if f"`{name}`" not in page]


def test_no_input_of_the_component_is_text_of_a_script():
    job = next(iter(yaml.safe_load(TEMPLATE.split("\n---\n")[1]).values()))
    assert "$[[" not in str(job["script"])
    assert all(value["expand"] is False for value in job["variables"].values() if isinstance(value, dict))


def test_jenkins_runs_what_it_installed():
    (groovy,) = (it for it in SNIPPETS if it.language == "groovy")
    install, check_it = commands_of(groovy)[1:]
    assert subprocess.run(["bash", "-n", "-c", f"{install}\n{check_it}"], check=False).returncode == 0
    assert groovy.text.count("{") == groovy.text.count("}")
    program = re.match(r'"(\S+)"', check_it)[1]
    assert program.rpartition("/")[0] in install and "check --against git" in check_it
