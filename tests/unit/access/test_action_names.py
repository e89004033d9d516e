"""The actions that a wildcard stands for."""

import pytest

from cdkguard.access.action_names import expand_wildcard


@pytest.mark.parametrize(
    ("wildcard", "some"),
    [("ecr:batch*", "ecr:batchgetimage"), ("sso-directory:describeu*", "sso-directory:describeuser"),
     ("ecr:*", None), ("ecr:?*", None), ("ecr:batchgetimage", None), ("nobody:get*", None), ("s*:get*", None),
     ("é:get*", None), ("", None)],
)  # fmt: skip
def test_what_a_wildcard_stands_for(wildcard, some):
    found = expand_wildcard(wildcard)
    assert some in found if some else found == ()
