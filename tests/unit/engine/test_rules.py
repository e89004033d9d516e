"""Which rules are about a type of resource."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.engine.rules import BoundRules, EngineSettings
from cdkguard.model import Rule

NAMES = st.text("AB:*", max_size=8)


@given(NAMES, st.text("AB:*?[]", max_size=6))
def test_a_glob_names_the_types_that_fnmatch_says(resource_type, glob):
    rule = Rule("r", "t", "high", "p", types=(glob,), require={"all": []})
    bound = BoundRules([rule], EngineSettings())
    assert bound.is_about(rule, resource_type) is (fnmatchcase(resource_type, glob) or resource_type == glob)


@pytest.mark.parametrize(
    "glob, resource_type, is_about",
    [
        ("*::MODULE", "Acme::Net::Vpc::MODULE", True),
        ("*::MODULE", "Acme::MODULE::Vpc", False),
        ("AWS::S3::*", "AWS::S3::Bucket", True),
        ("AWS::S3*::S3", "AWS::S3", False),  # the start and the end may not overlap
    ],
)
def test_globs_of_types(glob, resource_type, is_about):
    rule = Rule("r", "t", "high", "p", types=(glob,))
    assert BoundRules([rule], EngineSettings()).is_about(rule, resource_type) is is_about
