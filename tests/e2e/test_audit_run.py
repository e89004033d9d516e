"""`cdkguard audit run` as a platform team meets it: an organisation in moto, its calls counted, and a driver that dies."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("moto")

from cdkguard.api import Judge, StackContext  # noqa: E402
from cdkguard.audit.results.result import open_result  # noqa: E402
from cdkguard.cli.main import main  # noqa: E402
from cdkguard.config.settings import Config  # noqa: E402
from tests.support.audit import make_organization  # noqa: E402
from tests.support.audit_results import header_of, many_units, write_audit  # noqa: E402
from tests.support.aws_stub import Stub  # noqa: E402
from tests.support.moto_stacks import ACCOUNT, VARIABLES, open_moto  # noqa: E402
from tests.support.paths import ROOT  # noqa: E402

REGIONS = ("eu-west-1", "us-east-1")


@pytest.fixture(scope="module")
def organization():
    """(address, account ids): 3 accounts, 2 regions, 20 stacks in each."""
    with pytest.MonkeyPatch.context() as patch, open_moto() as url:
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        yield url, make_organization(url, 3, REGIONS, 20)


@pytest.fixture(autouse=True)
def world(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def run(monkeypatch, url, *more):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return main(["audit", "run", "--role", "cdkguard-audit", "--regions", ",".join(REGIONS), "--rate", "500", *more])


def result(folder):
    return json.loads((folder / "run.json").read_text())


def test_an_organisation_is_judged_with_few_calls_and_the_second_time_with_fewer(organization, monkeypatch, tmp_path, capsys):  # fmt: skip
    url, accounts = organization
    assert (
        run(monkeypatch, url, "--organization", "--out", "first", "--cache", "cache", "--output", "html=audit.html")
        == 1
    )
    first = result(tmp_path / "first")
    assert first["counts"]["stacks"] == 120 and not first["counts"]["unread"]
    assert first["calls"]["get_template"] == 120
    calls = sum(number for call, number in first["calls"].items() if call != "refused")
    assert calls <= 120 + 2 * 6 + 2 + 2
    assert sorted(first["accounts"]) == accounts
    assert "<html" in (tmp_path / "audit.html").read_text()

    assert run(monkeypatch, url, "--organization", "--out", "second", "--cache", "cache", "--since", "first") == 1
    second = result(tmp_path / "second")
    assert "get_template" not in second["calls"]
    assert second["digest"] == first["digest"]
    assert not second["counts"]["new"] and not second["counts"]["resolved"]
    assert "failed" in capsys.readouterr().out


def test_the_account_without_the_role_is_a_row_and_exit_3(organization, monkeypatch, tmp_path):
    from moto.core.exceptions import AccessDeniedError
    from moto.sts.models import STSBackend

    url, accounts = organization
    assume = STSBackend.assume_role
    shut = next(account for account in accounts if account != ACCOUNT)  # Our own would be read without the role.

    def refuse(self, *positional, **named):
        if shut in str(named or positional):
            raise AccessDeniedError("arn:aws:iam::123456789012:user/auditor", "sts:AssumeRole")
        return assume(self, *positional, **named)

    monkeypatch.setattr(STSBackend, "assume_role", refuse)
    assert run(monkeypatch, url, "--organization", "--out", "out") == 3
    found = result(tmp_path / "out")
    assert (found["counts"]["stacks"], found["counts"]["unread"]) == (80, 1)
    assert found["calls"]["assume_role"] == 3
    [row] = open_result(str(tmp_path / "out")).rows("unread")
    assert (row.kind, row.account) == ("account", shut) and "cannot be assumed (AccessDenied" in row.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "x"], "say which accounts"),
        (["--organization", "--accounts", "111122223333", "--out", "x"], "say which accounts"),
        (["--organization"], "say where the result goes"),
        (["--organization", "--out", "x", "--engine", "dask"], "go together"),
        (["--organization", "--out", "x", "--gate", "new"], "--since"),
        (["--organization", "--out", "x", "--lint"], "own rules alone"),
        (
            ["--organization", "--out", "x", "--regions", "eu-west-11"],
            "knows no region 'eu-west-11' (did you mean 'eu-west-1'?)",
        ),
        (["--organization", "--out", "x", "--output", "html=none/a.html"], "there is no folder none"),
        (["--organization", "--out", "x", "--rate", "0"], "calls above 0"),
        (["--organization", "--out", "x", "--jobs", "none"], "processes from 1 on"),
        (["--accounts", "12", "--out", "x"], "12 digits"),
        (["--accounts", "111122223333", "--role", "two words", "--out", "x"], "no name of a role"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(monkeypatch, capsys, options, message):
    with Stub() as stub:
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
        assert main(["audit", "run", "--regions", "eu-west-1", *options]) == 2
    assert message in capsys.readouterr().err


def test_regions_of_variables_that_are_not_set_are_no_region(monkeypatch, capsys):
    with Stub() as stub:
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
        assert main(["audit", "run", "--organization", "--out", "x", "--regions", ","]) == 2
        assert not stub.calls
    assert "--regions has no value: is a variable not set?" in capsys.readouterr().err


def test_a_last_audit_that_cannot_be_read_is_told_before_anything_is_called(monkeypatch, capsys, tmp_path):
    write_audit("first", list(many_units(1, ("eu-west-1",), 3)), header_of(1))
    file = tmp_path / "first/findings/00000.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with Stub() as stub:
        for since, message in (("none", "holds no audit"), ("first", "check sum")):
            assert run(monkeypatch, stub.url, "--organization", "--out", "x", "--since", since) == 3
            assert message in capsys.readouterr().err
        assert not stub.calls and not (tmp_path / "x").exists()


# -- a driver that dies


ACCOUNT_IDS = [f"{number:012d}" for number in range(1, 5)]


def serve(stub):
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}
    stub.roles = {f"arn:aws:iam::{account}:role/cdkguard-audit" for account in ACCOUNT_IDS}
    for account in ACCOUNT_IDS:
        for number in range(100):
            stack_id = f"arn:aws:cloudformation:eu-west-1:{account}:stack/svc-{number}/1"
            stub.stack(f"svc-{number}", {"Resources": {f"T{number}": table}}, "eu-west-1", account, stack_id)


def start(url, out, *more):
    command = [
        sys.executable,
        "-m",
        "cdkguard",
        "audit",
        "run",
        "--accounts",
        ",".join(ACCOUNT_IDS),
        "--regions",
        "eu-west-1",
    ]
    return subprocess.Popen(
        [*command, "--role", "cdkguard-audit", "--out", str(out), "--output", "json=/dev/null", *more],
        env={**os.environ, "AWS_ENDPOINT_URL": url}, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def end(driver):
    """(exit status, what it said on standard error)"""
    _out, said = driver.communicate(timeout=120)
    return driver.returncode, said.decode()


def workers_of(driver):
    """The processes of its session, itself left out."""
    listed = subprocess.run(["ps", "-s", str(driver.pid), "-o", "pid="], capture_output=True, text=True).stdout.split()
    return [int(pid) for pid in listed if int(pid) != driver.pid]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(a stub, the folder of an audit of it that nothing disturbed)"""
    folder = tmp_path_factory.mktemp("whole") / "out"
    with pytest.MonkeyPatch.context() as patch, Stub() as stub:
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        serve(stub)
        assert end(start(stub.url, folder, "--rate", "1000")) == (1, "")
        yield stub, folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="lists a session by ps")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_audit_whose_driver_dies_leaves_nothing_running_and_can_be_resumed(whole, tmp_path, number):
    stub, undisturbed = whole
    driver = start(stub.url, tmp_path / "cut", "--rate", "30", "--jobs", "2")
    parts = tmp_path / "cut" / "parts"
    until = time.monotonic() + 120
    while len(list(parts.rglob("*.gz"))) < 2 and time.monotonic() < until and driver.poll() is None:
        time.sleep(0.02)
    driver.send_signal(number)
    status, said = end(driver)
    assert status == (-number if number == signal.SIGKILL else 128 + number)
    if number != signal.SIGKILL:
        assert "is not finished: --resume goes on with it" in said and "Traceback" not in said
    until = time.monotonic() + 5
    while workers_of(driver) and time.monotonic() < until:
        time.sleep(0.1)
    assert not workers_of(driver)

    kept = {path.name for path in parts.rglob("*.gz")}
    assert 2 <= len(kept) < 8
    read = stub.actions().count("GetTemplate")
    assert end(start(stub.url, tmp_path / "cut", "--rate", "1000", "--resume")) == (1, "")
    assert stub.actions().count("GetTemplate") - read == 400 - 50 * len(kept)
    assert result(tmp_path / "cut")["digest"] == result(undisturbed)["digest"]
    (ours,), (theirs,) = ((folder / "stacks").iterdir() for folder in (tmp_path / "cut", undisturbed))
    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("action", ["DescribeStacks", "AssumeRole", "GetTemplate"])
def test_an_audit_that_waits_for_an_answer_ends_at_once_when_it_is_told_to(tmp_path, action):
    """AWS may take a minute to answer, and eight tries."""
    asked, done = threading.Event(), threading.Event()

    def fault(called, parameters, count):
        if called == action:
            asked.set()
            done.wait(60)

    with Stub() as stub:
        serve(stub)
        stub.fault = fault
        driver = start(stub.url, tmp_path / "out")
        assert asked.wait(60)
        began = time.monotonic()
        driver.send_signal(signal.SIGINT)
        status, said = end(driver)
        took = time.monotonic() - began
        done.set()
    assert status == 130 and "is not finished: --resume goes on with it" in said and "Traceback" not in said
    assert took < 20


# -- the role


def test_the_role_is_a_valid_template_that_cdkguard_lets_through(monkeypatch):
    cfnlint = pytest.importorskip("cfnlint.api")
    body = (ROOT / "examples/audit/role.yaml").read_text()
    assert not [match for match in cfnlint.lint_all(body) if match.rule.severity != "informational"]
    verdict = Judge(Config()).judge(
        body, StackContext("audit", takes_defaults=True, tags={}, termination_protection=True)
    )
    assert not verdict.errors
    assert not [finding for finding in verdict.deciding if finding.outcome.value == "fail"]


def test_the_role_allows_the_calls_that_are_made_and_no_others():
    from cdkguard.audit.key_ring import ACTIONS

    body = (ROOT / "examples/audit/role.yaml").read_text()
    assert sorted(re.findall(r"- cloudformation:(\w+)", body)) == sorted(ACTIONS)
    policy = json.loads((ROOT / "examples/audit/auditor-policy.json").read_text())
    assert [statement["Action"] for statement in policy["Statement"]] == [
        "organizations:ListAccounts",
        "sts:AssumeRole",
    ]


def test_the_function_of_the_docs_judges_a_unit(monkeypatch):
    page = (ROOT / "docs/audit.md").read_text()
    (code,) = re.findall(r"```python\n(.+?)```", page, re.DOTALL)
    space = {}
    exec(code, space)
    with Stub() as stub:
        serve(stub)
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
        stacks = [
            {"account": ACCOUNT_IDS[0], "region": "eu-west-1", "stack_id": f"arn:aws:cloudformation:eu-west-1:{ACCOUNT_IDS[0]}:stack/svc-{n}/1", "name": f"svc-{n}", "status": "CREATE_COMPLETE"}
            for n in range(3)
        ]  # fmt: skip
        keys = {"access_key_id": f"ASIA{ACCOUNT_IDS[0]}", "secret_access_key": "s", "session_token": "t"}
        rows = space["handler"](
            {"account": ACCOUNT_IDS[0], "region": "eu-west-1", "stacks": stacks, "keys": keys}, None
        )
    assert json.loads(json.dumps(rows)) == rows
    assert {row["stack"] for row in rows if row["kind"] == "StackRow"} == {"svc-0", "svc-1", "svc-2"}
