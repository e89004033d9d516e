"""Options and fixtures that all tests share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a machine may be busy; what is slow has tests of its own
settings.load_profile("unhurried")

# What a CI, a terminal or a CDK app sets around the suite, and what decides something in cdkguard or below it: every test
# starts without them, so that it says the same everywhere.
_AROUND = re.compile(
    r"CI|CHANGE_TARGET|BITBUCKET_.*|BUILD_.*|SYSTEM_.*|GITHUB_.*|GITLAB_.*|CI_.*|AWS_.*|CDK_.*|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)|CONTEXT_OVERFLOW_.*"
    r"|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|VIRTUAL_ENV|CDKGUARD_CACHE_DIR"
)
for _name in [name for name in os.environ if _AROUND.fullmatch(name)]:
    del os.environ[_name]

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/ anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares the text with tests/golden/<name>."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{path} is missing: run pytest --update-golden and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare
