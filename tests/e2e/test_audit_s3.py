"""Results in a bucket are those of a folder, and a bucket that does not let us says so."""

import pytest

from cdkguard.audit.results.result import open_result
from cdkguard.audit.results.store import open_store
from cdkguard.errors import ConfigError, InputError
from tests.support.audit_results import header_of, many_units, write_audit
from tests.support.moto_stacks import VARIABLES, open_moto

pytest.importorskip("moto")
UNITS = list(many_units(1, ("eu-west-1", "us-east-1"), 20, per_unit=10))


@pytest.fixture(scope="module")
def address():
    with open_moto() as address:
        yield address


@pytest.fixture
def bucket(address, monkeypatch):
    import boto3

    for name, value in (VARIABLES | {"AWS_ENDPOINT_URL": address}).items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="audits", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield boto3.resource("s3").Bucket("audits")
    boto3.resource("s3").Bucket("audits").objects.delete()
    boto3.client("s3").delete_bucket(Bucket="audits")


def test_a_bucket_holds_what_a_folder_holds(bucket, tmp_path):
    write_audit(str(tmp_path), UNITS, header_of(1))
    made = write_audit("s3://audits/2030/01-31", UNITS, header_of(1))
    local = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    there = {entry.key.removeprefix("2030/01-31/"): entry.get()["Body"].read() for entry in bucket.objects.all()}
    assert there == local
    assert open_result("s3://audits/2030/01-31/").summarize() == made.summary


def test_an_audit_in_a_bucket_goes_on_and_is_compared(bucket):
    write_audit("s3://audits/old", UNITS, header_of(1))
    store = open_store("s3://audits/new")
    store.begin(header_of(1, started="2030-02-07T00:00:00Z"))
    store.write_part(*UNITS[0])
    again = open_store("s3://audits/new")
    kept = again.begin(header_of(1), resume=True)
    assert again.parts_present() == {UNITS[0][0]}
    for unit in UNITS[1:]:
        again.write_part(*unit)
    made = again.finish(kept, since="s3://audits/old")
    assert made.summary.is_compared and made.summary.run.counts.new == 0
    assert all(row.first_seen == header_of().started for row in made.findings())
    assert not [entry.key for entry in bucket.objects.all() if "parts/" in entry.key or "begun" in entry.key]


def test_many_parts_are_listed_and_removed(bucket):
    store = open_store("s3://audits/many")
    units = [(f"111100000000/eu-west-1/{number}", []) for number in range(1005)]
    for unit in units:
        store.write_part(*unit)
    assert len(store.parts_present()) == 1005
    store.finish(header_of(1))
    assert [entry.key for entry in bucket.objects.all()] == ["many/run.json"]


def test_a_bucket_that_is_not_there_is_said_and_is_no_empty_result(bucket):
    with pytest.raises(InputError, match=r"s3://nowhere/x/run.json: cannot be read: NoSuchBucket"):
        open_result("s3://nowhere/x")
    with pytest.raises(InputError, match=r"s3://nowhere/x/parts/.*: cannot be written: NoSuchBucket"):
        open_store("s3://nowhere/x").write_part(*UNITS[0])
    with pytest.raises(InputError, match=r"holds no audit"):
        open_result("s3://audits/x")


def test_an_address_without_a_bucket_is_refused():
    with pytest.raises(ConfigError, match="names no bucket"):
        open_store("s3://")
