"""The accounts of an organisation: all of them, or an error that says what to do."""

from types import SimpleNamespace

import pytest

pytest.importorskip("botocore")
from botocore.exceptions import ClientError  # noqa: E402

from cdkguard.audit.accounts import list_accounts  # noqa: E402
from cdkguard.baselines.aws_calls import AwsError  # noqa: E402

A, B = "111122223333", "444455556666"


class Organizations:
    meta = SimpleNamespace(service_model=SimpleNamespace(service_name="organizations"))

    def __init__(self, *pages):
        self.pages = pages

    def list_accounts(self, NextToken="0"):
        page = self.pages[int(NextToken)]
        if isinstance(page, str):
            raise ClientError({"Error": {"Code": page, "Message": "no"}}, "ListAccounts")
        following = int(NextToken) + 1
        return {"Accounts": page, **({"NextToken": str(following)} if following < len(self.pages) else {})}


def test_all_pages_are_read_and_closed_accounts_are_known():
    found = list_accounts(
        Organizations([{"Id": B, "Name": "b", "Status": "SUSPENDED"}], [{"Id": A, "State": "ACTIVE", "Paths": ["o-1/r-1/ou-1/ou-2/"]}])
    )  # fmt: skip
    assert [(account.id, account.is_closed, account.ou) for account in found] == [
        (A, False, "ou-1/ou-2"),
        (B, True, ""),
    ]


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (["AccessDeniedException"], "no permission for organizations:ListAccounts .*audit.md.*delegated administrator.*--accounts"),
        (["AWSOrganizationsNotInUseException"], "NotInUse.*--accounts"),
        ([[{"Id": A}], "AccessDeniedException"], "no permission"),
        ([[{"Id": A}, {"Name": "half"}]], "half an answer"),
        ([[]], "without accounts"),
    ],
)  # fmt: skip
def test_accounts_that_were_not_all_listed_are_an_error(pages, message):
    with pytest.raises(AwsError, match=message):
        list_accounts(Organizations(*pages))
