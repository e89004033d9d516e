"""One result whatever the engine, and whatever dies: processes of this machine, threads, Dask."""

import os
import signal
import sys
from contextlib import suppress

import pytest

pytest.importorskip("boto3")

from cdkguard.audit.judging import OtherRules, judge_unit  # noqa: E402
from cdkguard.audit.key_ring import RoleSettings  # noqa: E402
from cdkguard.audit.progress import Progress  # noqa: E402
from cdkguard.audit.results.result import open_result  # noqa: E402
from cdkguard.audit.results.store import open_store  # noqa: E402
from cdkguard.audit.run import run_audit  # noqa: E402
from cdkguard.audit.scope import AuditSettings  # noqa: E402
from cdkguard.config.settings import Config  # noqa: E402
from cdkguard.errors import ConfigError, InputError  # noqa: E402
from cdkguard.outputs.audit.verdict import status_of  # noqa: E402
from tests.support.audit import MemoryStore  # noqa: E402
from tests.support.aws_stub import ACCOUNT, Stub  # noqa: E402

REGION = "eu-west-1"
TABLE = {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}
ACCOUNTS = [f"{number:012d}" for number in range(1, 5)]


@pytest.fixture(scope="module")
def stub():
    with Stub() as stub:
        stub.roles = {f"arn:aws:iam::{account}:role/audit" for account in (ACCOUNT, *ACCOUNTS)}
        for account in ACCOUNTS:
            for number in range(110):
                name = f"svc-{number:03d}"
                stack_id = f"arn:aws:cloudformation:{REGION}:{account}:stack/{name}/1"
                stub.stack(name, {"Resources": {f"T{number}": TABLE}}, REGION, account, stack_id)
        stub.stack("own", {"Resources": {"T": TABLE}}, REGION, ACCOUNT, f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/own/1")  # fmt: skip
        yield stub


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def audit(stub, store=None, progress=None, **more):
    store = store or MemoryStore()
    settings = AuditSettings(
        Config(rules=("data-retention",)), (REGION,), tuple(ACCOUNTS), role=RoleSettings("audit"), rate=2000,
        endpoint_url=stub.url,
    )._replace(**more)  # fmt: skip
    run_audit(settings, store, progress or Progress())
    return store


@pytest.fixture(scope="module")
def undisturbed(stub):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        store = audit(stub, engine="threads")
    assert len(store.findings) == 440 and len(store.parts) == 8
    return store


@pytest.mark.parametrize("processes", [1, 2])
def test_the_result_is_the_same_with_any_number_of_processes(stub, undisturbed, processes):
    found = audit(stub, processes=processes)
    assert found.parts == undisturbed.parts
    assert found.rows == undisturbed.rows


class KillsAfter(Progress):
    """Kills a worker when so many units are back."""

    def __init__(self, units, pids):
        self.left, self.pids, self.killed = units, pids, []

    def add(self, stacks=0, **_more):
        if stacks:
            self.left -= 1
            if self.left == 0:
                self.killed = self.pids()[:1]
                for pid in self.killed:
                    os.kill(pid, signal.SIGKILL)


def children():
    """The processes that this one has started to work."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/cmdline") as line:
            if int(stat.read().rpartition(")")[2].split()[1]) == os.getpid() and "spawn_main" in line.read():
                found.append(int(pid))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the workers in /proc")
def test_a_worker_that_is_killed_changes_nothing(stub, undisturbed):
    progress = KillsAfter(1, children)
    found = audit(stub, processes=2, progress=progress)
    assert progress.killed
    assert found.rows == undisturbed.rows and not found.unread


# -- units that never come back


def deadly(unit):
    if unit.place.account == ACCOUNTS[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return judge_unit(unit)


def deadly_in_part(unit):
    if any(stack.name == "svc-000" for stack in unit.stacks):
        return deadly(unit)
    return judge_unit(unit)


def raising(unit):
    if unit.place.account == ACCOUNTS[1]:
        raise ValueError("cannot")
    return judge_unit(unit)


@pytest.mark.parametrize(
    ("judge", "reason"), [(deadly, "its worker process was lost twice (by signal 9)"), (raising, "ValueError: cannot")]
)
def test_the_stacks_of_a_lost_unit_are_rows_and_all_others_are_judged(stub, undisturbed, monkeypatch, judge, reason):
    monkeypatch.setattr("cdkguard.audit.run.judge_unit", judge)
    found = audit(stub, processes=2)
    assert {(row.kind, row.account, row.reason) for row in found.unread} == {("unit", ACCOUNTS[1], reason)}
    assert len(found.unread) == 110
    assert found.findings == [row for row in undisturbed.findings if row.account != ACCOUNTS[1]]


def test_a_worker_with_other_rules_ends_the_audit(stub, monkeypatch):
    def other(unit):
        return judge_unit(unit._replace(terms=unit.terms._replace(fingerprint="0.0+other", key="other")))

    monkeypatch.setattr("cdkguard.audit.run.judge_unit", other)
    with pytest.raises(OtherRules, match="0.0\\+other"):
        audit(stub, engine="threads")


# -- Dask


@pytest.fixture(scope="module")
def local_cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=8, dashboard_address=None, silence_logs=50, host="127.0.0.1"
    ) as cluster:
        yield cluster


@pytest.fixture
def cluster(local_cluster):
    """The cluster with both workers, also after a test that has killed them."""
    import distributed

    with distributed.Client(local_cluster) as client:
        client.wait_for_workers(2, timeout=60)
    return local_cluster


dask = pytest.mark.filterwarnings("ignore")  # Of distributed's own: ports, unclosed sockets.


@dask
def test_dask_has_the_same_result(stub, undisturbed, cluster):
    found = audit(stub, engine="dask", scheduler=cluster.scheduler_address)
    assert found.parts == undisturbed.parts
    assert found.header.engine == "dask, 2 workers"


@dask
def test_a_dask_worker_that_is_killed_changes_nothing(stub, undisturbed, cluster):
    progress = KillsAfter(1, lambda: [next(iter(cluster.workers.values())).pid])
    found = audit(stub, engine="dask", scheduler=cluster.scheduler_address, progress=progress)
    assert progress.killed
    assert found.rows == undisturbed.rows and not found.unread


@dask
def test_a_unit_that_kills_every_dask_worker_is_rows(stub, undisturbed, cluster, monkeypatch, tmp_path):
    """One unit kills every worker that takes it: Dask starts others, and gives up, as KilledWorker, that unit and whichever ran
    beside it. Those have a verdict all the same."""
    monkeypatch.setattr("cdkguard.audit.run.judge_unit", deadly_in_part)
    audit(stub, open_store(str(tmp_path / "out")), engine="dask", scheduler=cluster.scheduler_address)
    result = open_result(str(tmp_path / "out"))
    assert status_of(result.run) == 3
    unread = list(result.rows("unread"))
    assert {(row.kind, row.account, row.reason) for row in unread} == {("unit", ACCOUNTS[1], "its worker processes were lost one after the other")}  # fmt: skip
    assert sorted(row.stack for row in unread) == [f"svc-{number:03d}" for number in range(50)]
    others = [row for row in undisturbed.findings if row.account != ACCOUNTS[1] or row.stack >= "svc-050"]
    judged = sorted((row._replace(first_seen="") for row in result.rows("findings")), key=repr)
    assert judged == sorted(others, key=repr) and len(judged) == 390


@dask
def test_dask_workers_with_other_rules_end_the_audit_before_it_begins(stub, cluster, monkeypatch):
    monkeypatch.setattr("cdkguard.audit.run.describe_judging", lambda judge: "0.0+other")
    store = MemoryStore()
    with pytest.raises(ConfigError, match=r"the Dask worker tcp://\S+ has 0\.\S+ on Python 3\.\d+; here is 0.0\+other"):
        audit(stub, store, engine="dask", scheduler=cluster.scheduler_address)
    assert store.begun is None and not store.parts


@dask
def test_a_scheduler_that_is_not_there_is_told(stub, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("cdkguard.audit.dask_cluster.CONNECTS_IN", 0.5)
    with pytest.raises(InputError, match="does not answer"):
        audit(stub, engine="dask", scheduler="tcp://127.0.0.1:9")


@dask
def test_own_credentials_are_not_sent_to_other_machines(stub, cluster):
    found = audit(stub, engine="dask", scheduler=cluster.scheduler_address, accounts=(ACCOUNT,), role=RoleSettings(""))
    assert not found.findings
    assert [(row.kind, row.stack) for row in found.unread] == [("stack", "own")]
    assert "not sent to other machines" in found.unread[0].reason
