"""The GitHub Action: each way that a run can end, by real bash."""

import http.server
import json
import re
import shutil
import socketserver
import subprocess
import threading
from typing import Any

import pytest
import yaml

from cdkguard import __version__
from tests.support.action_runs import JUDGES, REAL, SCRIPTS, Workspace, ends
from tests.support.paths import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


# How a run ends


@pytest.mark.parametrize(("status", "verdict"), [(0, "APPROVE"), (1, "REQUEST_CHANGES"), (1, "BLOCK")])
def test_what_was_judged_is_handed_on(workspace, status, verdict):
    ended = workspace.run("run.sh", JUDGES, STUB_STATUS=str(status), STUB_VERDICT=verdict)
    assert ended.status == 0  # the comment and the SARIF file are written also where the verdict blocks
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == (str(status), verdict)
    assert ended.read("markdown").startswith("<!-- cdkguard -->\n") and ended.read("sarif") and ended.read("json")
    assert "html" not in ended.outputs and f"::notice title=cdkguard::{verdict}" in ended.text
    gate = workspace.run("gate.sh", EXIT_CODE=str(status), VERDICT=verdict)
    assert gate.status == status and verdict in gate.text


@pytest.mark.parametrize("status", [2, 3, 4, 130, 137])
def test_what_was_not_judged_is_no_pass(workspace, status):
    message = "Traceback: secret of the app\ncdkguard: shop.json: no such file or folder\n  the app said: password"
    ended = workspace.run("run.sh", ends(status, message))
    assert ended.status == 0 and "password" in ended.text  # the log has all of it
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == (str(status), "NOT_JUDGED")
    assert ended.outputs["reason"] == "cdkguard: shop.json: no such file or folder"
    assert "sarif" not in ended.outputs  # half of the alerts would close the others
    first, rest = ended.read("markdown").split("\n", 1)
    assert first == "<!-- cdkguard -->" and rest == ended.summary
    assert "could not judge this" in rest and "    cdkguard: shop.json" in rest and "password" not in rest
    gate = workspace.run("gate.sh", EXIT_CODE=str(status), VERDICT="NOT_JUDGED", REASON=ended.outputs["reason"])
    assert gate.status == status
    assert "::error title=cdkguard: not judged::That is not a pass. cdkguard: shop.json" in gate.text


@pytest.mark.parametrize("status", [0, 1])
def test_a_status_without_a_report_is_not_judged(workspace, status):
    ended = workspace.run("run.sh", ends(status))
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == ("3", "NOT_JUDGED")
    assert "sarif" not in ended.outputs


@pytest.mark.parametrize("status", ["1", "2", "101"])
def test_a_crash_of_uv_is_not_taken_for_findings(workspace, status):
    ended = workspace.run("run.sh", JUDGES, STUB_UV_FAILS=status)
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == ("3", "NOT_JUDGED")
    assert f"could not be installed (uv tool install cdkguard=={__version__} ended with {status})" in ended.summary


def test_a_cdkguard_that_does_not_start_is_not_judged(workspace):
    assert workspace.run("run.sh", "#!/bin/sh\nexit 1\n").outputs["verdict"] == "NOT_JUDGED"


def test_half_a_run_keeps_its_own_words_and_no_sarif(workspace):
    ended = workspace.run("run.sh", JUDGES, STUB_STATUS="3", STUB_VERDICT="BLOCK")
    assert ended.outputs["verdict"] == "NOT_JUDGED" and "sarif" not in ended.outputs
    assert ended.read("markdown") == "<!-- cdkguard -->\nthe text of the comment\n"


@pytest.mark.parametrize("code", ["", "x", "0x0", "-1"])
def test_the_gate_without_a_status_ends_with_3(workspace, code):
    assert workspace.run("gate.sh", EXIT_CODE=code).status == 3


# What it is run with


def test_the_version_is_the_one_of_the_actions_tag(workspace):
    ended = workspace.run("run.sh", JUDGES)
    folder, *arguments = (ended.notes / "uv").read_text().split("\n")[:-1]
    assert arguments == ["tool", "install", "--python", ">=3.11", f"cdkguard=={__version__}"]
    assert str(workspace.root) not in folder  # no .python-version of the repository counts


@pytest.mark.parametrize(
    ("inputs", "installed"),
    [
        ({"IN_VERSION": "1.2.3rc1"}, "cdkguard==1.2.3rc1"),
        ({"IN_VERSION": "latest"}, "cdkguard"),
        ({"IN_VERSION": "latest", "IN_AGAINST": "deployed"}, "cdkguard[aws]"),
        ({"IN_VERSION": "source", "IN_EXTRAS": "lint,preflight"}, f"cdkguard[lint,preflight] @ file://{ROOT}"),
    ],
)
def test_what_is_installed(workspace, inputs, installed):
    assert (workspace.run("run.sh", JUDGES, **inputs).notes / "uv").read_text().split("\n")[-2] == installed


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ({}, ["--", "."]),
        ({"IN_HTML": "true"}, ["--output=html", "--", "."]),
        ({"IN_APP": "npx ts-node 'bin/my app.ts'"}, ["--app=npx ts-node 'bin/my app.ts'", "--", "."]),
        ({"IN_ENVIRONMENT": "--new", "IN_FAIL_ON": "low"}, ["--environment=--new", "--fail-on=low", "--", "."]),
        ({"IN_GATE": "new", "IN_AGAINST": "git:v1"}, ["--against=git:v1", "--new", "--", "."]),
        ({"IN_GATE": "all", "IN_CONFIG": "ci/guard.yaml"}, ["--config=ci/guard.yaml", "--", "."]),
        ({"GITHUB_BASE_REF": "main"}, ["--against=git", "--", "."]),
        ({"GITHUB_BASE_REF": "main", "IN_AGAINST": "none"}, ["--", "."]),
        ({"IN_PATHS": "  cdk.out\n\n a b.json\n"}, ["--pre-built", "--", "cdk.out", "a b.json"]),
        (
            {"IN_ARGS": " --skip 's3-* x' -c\n\"a=$HOME `id` $(id)\" *"},
            ["--skip", "s3-* x", "-c", "a=$HOME `id` $(id)", "*", "--", "."],
        ),
    ],
)
def test_inputs_become_options(workspace, inputs, options):
    (workspace.root / "some-file").write_text("")
    shown = workspace.run("run.sh", JUDGES, **inputs).arguments
    assert shown[0] == "check"
    temp = f"{workspace.temp}/"
    rest = [word.partition(f"={temp}")[0] for word in shown[1:]]
    always = ["--output=text", "--output=github", "--output=json", "--output=markdown", "--output=sarif"]
    assert rest == always + options


@pytest.mark.parametrize(
    "inputs",
    [
        {"IN_NAME": "a -->\nb"}, {"IN_NAME": "$(touch x)"}, {"IN_VERSION": "1 --index-url=http://evil"}, {"IN_VERSION": "-e"},
        {"IN_EXTRAS": "aws] @ http://evil"}, {"IN_GATE": "old"}, {"IN_HTML": "yes"}, {"IN_ARGS": "--skip 'x"}, {"IN_DIRECTORY": "nowhere"},
    ],
)  # fmt: skip
def test_an_input_that_makes_no_sense_runs_nothing(workspace, inputs):
    ended = workspace.run("run.sh", JUDGES, **inputs)
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == ("2", "NOT_JUDGED")
    assert not (ended.notes / "arguments").exists() and "cdkguard's action: " in ended.summary


def test_an_app_in_a_folder_is_judged_from_the_root_of_the_repository(workspace):
    """GitHub takes the paths of annotations from there. A file named as a kind of baseline does not become one."""
    subprocess.run(["git", "init", "-q", str(workspace.root)], check=True)
    app = workspace.root / "apps" / "my shop"
    app.mkdir(parents=True)
    (app / "git").write_text("")
    inputs = {"IN_DIRECTORY": "apps/my shop", "IN_CONFIG": "guard.yaml", "GITHUB_BASE_REF": "main"}
    ended = workspace.run("run.sh", JUDGES, **inputs)
    assert (ended.notes / "folder").read_text().strip() == ended.outputs["root"] == str(workspace.root)
    assert ended.arguments[-4:] == ["--against=git", "--config=apps/my shop/guard.yaml", "--", "apps/my shop/"]
    saved = workspace.run("run.sh", JUDGES, **inputs | {"IN_AGAINST": "cdkguard.snapshot"})
    assert "--against=apps/my shop/cdkguard.snapshot" in saved.arguments


def test_the_app_does_not_get_the_files_of_the_runner(workspace):
    seen = (workspace.run("run.sh", JUDGES, GITHUB_BASE_REF="main").notes / "environment").read_text()
    assert "GITHUB_BASE_REF=main" in seen and "GITHUB_STEP_SUMMARY=" in seen
    assert not re.search("^(GITHUB_ENV|GITHUB_PATH|GITHUB_OUTPUT|GITHUB_STATE|GH_TOKEN)=", seen, re.MULTILINE)


def test_a_name_tells_two_runs_apart(workspace):
    ended = workspace.run("run.sh", JUDGES, IN_NAME="shop")
    assert ended.read("markdown").startswith("<!-- cdkguard shop -->\nthe text")
    assert ended.outputs["title"] == "cdkguard-shop"
    assert workspace.run("run.sh", ends(3), IN_NAME="shop").read("markdown").startswith("<!-- cdkguard shop -->\n")


_OPEN = {"Engine": "postgres", "PubliclyAccessible": True, "StorageEncrypted": False}


@pytest.mark.parametrize(
    ("resource", "code", "verdict"),
    [
        ({"Type": "AWS::SNS::Topic"}, "0", "APPROVE"),
        ({"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Delete", "Properties": _OPEN}, "1", "BLOCK"),
    ],
)
def test_with_the_real_cdkguard(workspace, resource, code, verdict):
    (workspace.root / "shop.json").write_text(json.dumps({"Resources": {"It": resource}}))
    ended = workspace.run(
        "run.sh", REAL, IN_PATHS="shop.json", IN_HTML="true", IN_ENVIRONMENT="prod", GITHUB_ACTIONS="true"
    )
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == (code, verdict), ended.text
    assert json.loads(ended.read("sarif"))["runs"] and "<html" in ended.read("html")
    assert ended.read("markdown") == ended.summary and ended.summary.startswith("<!-- cdkguard -->\n")
    assert ("::error file=shop.json" in ended.text) == (code == "1")


def test_with_the_real_cdkguard_and_a_file_that_is_not_there(workspace):
    ended = workspace.run("run.sh", REAL, IN_PATHS="nowhere.json")
    assert (ended.outputs["exit-code"], ended.outputs["verdict"]) == ("3", "NOT_JUDGED")
    assert ended.outputs["reason"] == "cdkguard: nowhere.json: no such file or folder"


# The comment

_GH = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$STUB_NOTES/gh"
for argument; do case $argument in body=@*) cp "${argument#body=@}" "$STUB_NOTES/body" ;; esac; done
[ -z "${STUB_GH_SAYS:-}" ] || { echo "$STUB_GH_SAYS" >&2; exit 1; }
[ "$2" != --paginate ] || printf '%s' "${STUB_FOUND:-}"
"""


def comment(workspace, text="<!-- cdkguard -->\n**passed**\n", **environment):
    file = workspace.temp / "comment.md"
    file.write_text(text)
    return workspace.run(
        "comment.sh",
        **{"PULL_REQUEST": "7", "MARKDOWN": str(file), "GH_TOKEN": "t", "IN_AUTHOR": "github-actions[bot]"}
        | environment,
    )


def calls(workspace):
    return (workspace.notes / "gh").read_text().splitlines()


def test_the_first_comment_is_added(workspace):
    workspace.program("gh", _GH)
    ended = comment(workspace)
    assert ended.status == 0 and "added a comment" in ended.text
    assert calls(workspace)[1].startswith("api --method POST repos/acme/shop/issues/7/comments --field body=@")
    assert (workspace.notes / "body").read_text() == "<!-- cdkguard -->\n**passed**\n"


def test_the_comment_that_is_there_is_updated(workspace):
    workspace.program("gh", _GH)
    assert "updated comment 41" in comment(workspace, STUB_FOUND="41\n42\n").text
    assert [line.split(" --field")[0] for line in calls(workspace)[1:]] == [
        "api --method PATCH repos/acme/shop/issues/comments/41"
    ]


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        ("gh: Resource not accessible by integration (HTTP 403)", "notice", "this job's token may not"),
        ("gh: Bad credentials (HTTP 401)", "notice", "this job's token may not"),
        ("gh: Server Error (HTTP 500)\n::error::x", "warning", "gh: Server Error (HTTP 500) ::error::x"),
    ],
)
def test_without_permission_it_says_so_and_goes_on(workspace, answer, level, words):
    workspace.program("gh", _GH)
    ended = comment(workspace, STUB_GH_SAYS=answer)
    assert ended.status == 0 and len(calls(workspace)) == 1
    (line,) = ended.text.splitlines()
    assert line.startswith(f"::{level} title=cdkguard::The comment was not written") and words in line


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"PULL_REQUEST": ""}, "no pull request"), ({"PULL_REQUEST": "7/../../x"}, "no pull request"),
        ({"MARKDOWN": "/nowhere"}, "no text"), ({"text": "other\n"}, "no marker"), ({"IN_NAME": "shop"}, "no marker"),
    ],
)  # fmt: skip
def test_without_what_a_comment_needs_none_is_written(workspace, changed, words):
    workspace.program("gh", _GH)
    ended = comment(workspace, **changed)
    assert ended.status == 0 and words in ended.text and not (workspace.notes / "gh").exists()


@pytest.mark.parametrize(
    "inside", ["", "```diff\n", "<details><summary>s</summary>\n\n", "<details>\n\n<details>\n\n```\n"]
)
def test_a_huge_comment_is_cut_at_a_line_and_its_blocks_closed(workspace, inside):
    workspace.program("gh", _GH)
    line = "x" * 99 + "\n"
    comment(workspace, text="<!-- cdkguard -->\n" + inside + line * 3000)
    body = (workspace.notes / "body").read_text()
    assert 60_000 < len(body) <= 65_536 and body.endswith("have all of it._\n")
    assert all(len(it) in (0, 99) for it in body.splitlines() if set(it) <= {"x"})
    assert body.count("```") % 2 == 0 and body.count("<details>") == body.count("</details>")


def test_a_comment_that_fits_is_not_touched(workspace):
    workspace.program("gh", _GH)
    text = "<!-- cdkguard -->\n" + "<details>\n```\n" * 20 + "ü no end of line" * 3000
    comment(workspace, text=text)
    assert (workspace.notes / "body").read_text().rstrip("\n") == text


class _GitHub(http.server.BaseHTTPRequestHandler):
    """The part of GitHub's API that holds comments; it begins with what others have written."""

    def do_GET(self):
        self.server.paths.append(self.path)
        self._answer(200, self.server.comments)

    def do_POST(self):
        self._write("POST")

    def do_PATCH(self):
        self._write("PATCH")

    def _write(self, method):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.written.append((method, self.path, body["body"]))
        self._answer(self.server.status, {"message": "Resource not accessible by integration"})

    def _answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self):
        return "a socket"

    def log_message(self, *_words):
        pass


@pytest.mark.skipif(not shutil.which("gh"), reason="needs gh")
@pytest.mark.parametrize("status", [200, 403])
def test_the_real_gh_finds_our_comment_among_others(workspace, status):
    """gh's own reading of --jq, --field and --paginate, beside a server on a socket (gh's setting http_unix_socket)."""
    ours = "<!-- cdkguard -->\nold"
    people = [
        ("alice", ours),
        ("github-actions[bot]", "<!-- cdkguard plan -->"),
        ("github-actions[bot]", "quotes " + ours),
    ]
    comments = [{"id": n, "user": {"login": who}, "body": body} for n, (who, body) in enumerate(people, 1)]
    socket = workspace.temp / "s"
    (workspace.temp / "config.yml").write_text(f"http_unix_socket: {socket}\n")
    with socketserver.ThreadingUnixStreamServer(str(socket), _GitHub) as server:
        server.paths, server.written, server.comments, server.status = [], [], comments, status
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            environment = {"GH_CONFIG_DIR": str(workspace.temp)}
            first = comment(workspace, **environment)
            comments.append({"id": 9, "user": {"login": "github-actions[bot]"}, "body": ours})
            second = comment(workspace, **environment)
        finally:
            server.shutdown()
    text = "<!-- cdkguard -->\n**passed**\n"
    assert server.paths[0] == "/repos/acme/shop/issues/7/comments?per_page=100"
    assert server.written == [
        ("POST", "/repos/acme/shop/issues/7/comments", text),
        ("PATCH", "/repos/acme/shop/issues/comments/9", text),
    ]
    said = ["added a comment", "updated comment 9"] if status == 200 else ["this job's token may not"] * 2
    assert said[0] in first.text and said[1] in second.text and first.status == second.status == 0


# action.yml


def test_no_script_of_the_action_holds_an_expression():
    assert [step["run"] for step in STEPS if "run" in step]
    assert not [step["run"] for step in STEPS if "${{" in step.get("run", "")]
    assert not [path.name for path in SCRIPTS.glob("*.sh") if "${{" in path.read_text()]


def test_every_input_reaches_a_step():
    text = (ROOT / "action.yml").read_text()
    assert not [name for name in ACTION["inputs"] if f"inputs.{name}" not in text.partition("\nruns:")[2]]


def test_every_variable_of_the_scripts_is_given_by_its_step():
    for step in STEPS:
        if found := re.search(r"/action/(\w+\.sh)", step.get("run", "")):
            asked = set(
                re.findall(
                    r"\$\{?(IN_[A-Z_]+|MARKDOWN|PULL_REQUEST|EXIT_CODE|VERDICT|REASON)\b",
                    (SCRIPTS / found[1]).read_text(),
                )
            )
            assert asked == set(step["env"]) - {"GH_TOKEN"}, found[1]


def test_the_token_is_given_to_the_comment_alone():
    assert [step["name"] for step in STEPS if "token" in str(step.get("env", {})).lower()] == ["Keep the comment"]


def test_the_steps_after_the_judgement_run_whatever_it_was_and_the_gate_is_last():
    after = STEPS[[step.get("id") for step in STEPS].index("run") + 1 :]
    assert all(step["if"].startswith("always()") for step in after)
    assert after[-1]["run"].endswith('gate.sh"') and "continue-on-error" not in after[-1]


def test_the_action_is_described_whole():
    page = (ROOT / "docs/ci.md").read_text()
    assert not [name for name in [*ACTION["inputs"], *ACTION["outputs"]] if f"`{name}`" not in page]
