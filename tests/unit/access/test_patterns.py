"""Values of the template as patterns."""

from cdkguard.access.patterns import UnknownPart, make_pattern, spell_plainly
from cdkguard.template.values import Deferred
from tests.support.access import PARAMETER, text


def test_only_the_partition_of_an_arn_is_left_out():
    assert make_pattern("arn:aws-cn:s3:::b") == make_pattern("arn:aws:s3:::b") == make_pattern("arn:*:s3:::b")
    assert make_pattern("arn:aw*s:s3:::b") != make_pattern("arn:aws:s3:::b")  # may be more than a partition
    assert make_pattern("arn:aws") == tuple("arn:aws")
    assert make_pattern("xrn:cn:s3") == tuple("xrn:cn:s3")


TABLE = Deferred("resource", {"Ref": "Table"}, "Table")


def test_unknown_parts_and_values_are_written_in_one_form():
    assert make_pattern(text("a", text("b", PARAMETER), "")) == ("a", "b", UnknownPart(PARAMETER, True))
    assert [hole.may_be_anything for hole in spell_plainly(PARAMETER) + spell_plainly(TABLE)] == [
        True,
        False,
    ]
    assert all(
        spell_plainly(Deferred(kind, {}))[0].may_be_anything
        for kind in ("dummy", "import", "dynamic", "unknown", "pseudo")
    )
    assert make_pattern("aB*", ignore_case=True, wildcards=False) == ("a", "b", "*")
    assert make_pattern({"x": 1}) == (UnknownPart('{"x": 1}', True),)
    assert make_pattern(True) == tuple("true")
