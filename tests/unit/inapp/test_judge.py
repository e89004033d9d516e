"""What an app's own run says on standard error."""

from cdkguard.inapp.judge import Judge, check_settings
from cdkguard.model import Finding, Outcome, Report, Stack, Suppression
from cdkguard.suppressions.apply import Terms, apply_suppressions

FOUND = Finding("s3-versioning", Outcome.FAIL, "high", "m", "Data", "Data", "data.json", "prod", logical_id="Bucket")


def told(capsys, partly, **suppression):
    entry = Suppression("s3-versioning", "known", "cdkguard.yaml:3", "configuration", **suppression)
    stack = Stack("Data", {"Resources": {}}, "data.json", construct_path="Data")
    problems = apply_suppressions([FOUND], [stack], [entry], None, Terms({"s3-versioning"}, "2026-06-15"))[1]
    judge = Judge(check_settings(None, None, None, None, "error"))
    judge.partly = partly
    judge.tell(Report((), (), (), tuple(problems)))
    return capsys.readouterr().err


def test_what_is_unused_here_may_be_used_by_the_stacks_that_were_left_out(capsys):
    assert "covers no finding" in told(capsys, False, construct_path="Other")
    assert told(capsys, True, construct_path="Other") == ""


def test_what_has_expired_is_told_whatever_its_words_are(capsys):
    """A construct may be called anything."""
    odd = "Data that covers no finding/Bucket"
    assert "expires is a date" in told(capsys, True, construct_path=odd, expires="covers no finding")
