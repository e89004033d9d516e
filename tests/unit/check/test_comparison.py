"""What is said beside the changes of a comparison."""

import pytest

from cdkguard.baselines.open import Baseline
from cdkguard.check.comparison import compare_with_baseline
from cdkguard.model import Assembly
from tests.support.changes import SETS, stack


def _database(source, count=1):
    body = {"Type": "AWS::RDS::DBCluster", "Properties": {"SnapshotIdentifier": {"Ref": "Snap"}}}
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": source}
    return stack({f"Db{number}": body for number in range(count)}, Parameters={"Snap": parameter})


def _notes(before, after):
    compared = compare_with_baseline(Baseline(Assembly((before,)), "before"), [before], [after], SETS, {})
    return [note.message for note in compared.notes]


def test_a_value_of_the_teams_own_that_may_replace_a_database_is_noted():
    (note,) = _notes(_database("/shop/from"), _database("/shop/from"))
    assert note.endswith("SnapshotIdentifier of Db0 from /shop/from")
    (note,) = _notes(_database("/shop/from", 5), _database("/shop/from", 5))
    assert note.endswith("and 2 more")


def test_one_version_is_not_noted():
    assert _notes(_database("/shop/from:3"), _database("/shop/from:3")) == []


@pytest.mark.parametrize(("monitored", "notes"), [(None, 0), (True, 1)])
def test_a_dynamic_reference_is_noted_where_its_resource_is_updated(monitored, notes):
    image = {"ImageId": "{{resolve:ssm:/aws/service/latest}}"}
    before = stack({"Server": {"Type": "AWS::EC2::Instance", "Properties": image}})
    more = {} if monitored is None else {"Monitoring": monitored}
    after = stack({"Server": {"Type": "AWS::EC2::Instance", "Properties": {**image, **more}}})
    assert len(_notes(before, after)) == notes


def test_a_new_stack_reads_nothing_anew():
    assert _notes(stack({}, "Other"), _database("/shop/from")._replace(name="Shop")) == []
