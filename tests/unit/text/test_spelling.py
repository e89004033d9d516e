"""Suggestions for words that are mistyped."""

from cdkguard.text.spelling import did_you_mean


def test_the_most_alike_choice_is_suggested():
    assert did_you_mean("equal", ["exists", "equals"]) == " (did you mean 'equals'?)"
    assert did_you_mean("zzz", ["exists", "equals"]) == "" == did_you_mean("x", ())
