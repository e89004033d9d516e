"""A pattern of a rule is refused where it could take for ever, and only there."""

from __future__ import annotations

import re
import time

import pytest

from cdkguard.text.regexes import PatternError, check_pattern, compile_pattern, lazy_pattern

FINE = [
    "^arn:", "a*b*", "(a+)b", "(a|b)", "(a|b){1,64}", "(a{1,64})*", "(?i)[a-z]+", "(?:x*y){2,64}", ".*a.*", "(.*)(.*)", "(?:.*|.*|.*)",
    "[^/]*/[^/]*/", "(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])x", "a?b?c?", "(?:.{0,64}){3}", "(?>a*)*", r"\d+(?!\d)", "x(?<=x)", ".*?a.*?",
]  # fmt: skip
REFUSED = [
    ("(a*)*", "without nesting"), ("(a+)+$", "without nesting"), ("((a{1,65}))*", "without nesting"), ("(x(a*)y)*", "without nesting"),
    ("(?:a|b(c*))+", "alternatives"), ("(a|aa)*", "alternatives"), ("(?:(?:a|a))*", "alternatives"), ("(?=(a*)*b)", "without nesting"),
    ("(?!(a*)*b)", "without nesting"), ("(?>(a*)*b)", "without nesting"), ("(?:(a*)*b)++", "without nesting"),
    ("(?:(a|aa)*b)?+", "alternatives"), ("(x|(a*)*)", "without nesting"),
    (".*a.*b.*", "more than two"), ("(.*)(.*)(.*)", "more than two"), ("(?:.*a|.*b.*c.*)", "more than two"), (".*.*.{65,}", "more than two"),
    ("(?=.*a.*b.*c)", "more than two"), ("(?>.*a.*b.*c)", "more than two"), ("(?:.*a.*b.*c)?+", "more than two"), ("[^a]*[^b]*[^c]*.*.*x.*", "more than two"),
    (r"(a)\1", "back reference"), (r"(a)?(?(1)b|c)", "condition"),
    ("(", "not a regular expression"), ("a{99999999999999999999}", "not a regular expression"),
]  # fmt: skip


@pytest.mark.parametrize("text", FINE)
def test_what_is_quick_is_taken(text):
    check_pattern(text)


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_may_take_for_ever_is_refused(text, said):
    with pytest.raises(PatternError, match=said):
        check_pattern(text)


@pytest.mark.parametrize("text", FINE)
def test_what_is_taken_is_quick(text):
    began = time.process_time()
    for hostile in ("a" * 4000, "ab" * 2000, "x" * 4000, "a" * 3999 + "!", "/" * 4000):
        compile_pattern(text).search(hostile)
    assert time.process_time() - began < 5


def test_a_late_pattern_is_as_the_pattern_itself():
    ours, plain = lazy_pattern("(a)(b)?", re.I), re.compile("(a)(b)?", re.I)
    assert ours.sub("x", "Ab") == plain.sub("x", "Ab") and ours.findall("aB") == plain.findall("aB")
