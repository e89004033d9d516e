"""What `.env.example` names, and which of its values look like secrets."""

import pytest

from cdkguard.preflight.env.dotenv_file import describe_secret, read_dotenv
from cdkguard.preflight.env.known_names import is_known


def test_entries():
    text = "A=1\nexport B=\"two # words\" # why\n# C=\n# a comment, no entry\nD='x\ny'\nE\n  F = 3 # three\n\n# Some = text here\n"
    found = [(entry.name, entry.value, entry.line, entry.is_commented) for entry in read_dotenv(text)]
    assert found == [
        ("A", "1", 1, False), ("B", "two # words", 2, False), ("C", "", 3, True), ("D", "x", 5, False), ("E", "", 7, False),
        ("F", "3", 8, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "is_secret"),
    [
        ("DB_PASSWORD=", False),
        ("DB_PASSWORD=changeme", False),
        ("DB_PASSWORD=postgres", False),
        ("DB_PASSWORD=your-password-123", False),
        ("API_KEY=xxxxxxxxxxxx", False),
        ("API_KEY=<your key>", False),
        ("DATABASE_URL=postgres://user:password@localhost:5432/app", False),
        ("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", False),
        ("PORT=3000", False),
        ("DB_PASSWORD=q7Rz4kPm2w", True),
        ("STRIPE_KEY=" + "sk_" + "live_51H8xKqLmNoPqRsTu", True),
        ("DATABASE_URL=postgres://app:q7Rz4kPm2w@prod.cluster.internal/app", True),
    ],
)  # fmt: skip
def test_secrets(line, is_secret):
    (entry,) = read_dotenv(line)
    words = describe_secret(entry)
    assert bool(words) is is_secret
    assert not words or entry.value not in words


def test_known_names():
    assert all(map(is_known, ("NODE_ENV", "AWS_REGION", "CDK_DEFAULT_ACCOUNT", "CI", "HOME", "npm_package_name")))
    assert not any(map(is_known, ("DATABASE_URL", "PORT", "TABLE_NAME", "HOMEPAGE_URL")))
