"""The addresses of pages and schemas."""

from __future__ import annotations

import pytest

from cdkguard.text.addresses import SITE, editor_line, page_address, rule_address, schema_address


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("docs/README.md", ""),
        ("docs/ci.md", "ci/"),
        ("docs/rules/README.md", "rules/"),
        ("docs/development/README.md", "development/"),
        ("docs/rules/data-retention.md", "rules/data-retention/"),
    ],
)
def test_a_page_is_a_folder_of_the_site(page: str, path: str) -> None:
    assert page_address(page) == SITE + path


def test_addresses_that_others_keep_stay() -> None:
    assert rule_address("data-retention") == "https://cdkguard.github.io/cdkguard/rules/data-retention/"
    assert schema_address("report-1") == "https://cdkguard.github.io/cdkguard/schemas/report-1.schema.json"
    assert editor_line("config").startswith("# yaml-language-server: $schema=https://cdkguard.github.io/")
