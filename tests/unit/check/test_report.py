"""The texts of a report as people read them."""

import pytest

from cdkguard.check.report import veil_credentials, write_unknown_parts
from cdkguard.model import Finding, Outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("everybody may now call § by its URL", "everybody may now call what only the deployment knows by its URL"),
        ("sg-1 may now reach §", "sg-1 may now reach what only the deployment knows"),
        ("arn:§:sns:eu-west-1:§:orders", "arn:...:sns:eu-west-1:...:orders"),
        ("names 'logs-§'", "names 'logs-...'"),
        ("after § 5 and §7 of the law", "after § 5 and §7 of the law"),
    ],
)
def test_no_mark_of_the_engine_reaches_people(text, expected):
    assert write_unknown_parts(text) == expected
    finding = Finding("r", Outcome.FAIL, "low", text, "S", "S", "t.json", None, found=text)
    assert veil_credentials(finding)[3] == expected and veil_credentials(finding).found == expected
