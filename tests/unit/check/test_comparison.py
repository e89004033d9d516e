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


@pytest.mark.parametrize("source", ["/shop/from:3", "/aws/service/snapshots/latest"])
def test_one_version_and_what_is_a_change_already_are_not_noted(source):
    assert _notes(_database(source), _database(source)) == []


def test_a_new_stack_reads_nothing_anew():
    assert _notes(stack({}, "Other"), _database("/shop/from")._replace(name="Shop")) == []
