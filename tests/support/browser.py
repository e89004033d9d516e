"""A headless Chromium for the tests of pages; without one they are skipped, but in CI they fail."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The program that `CDKGUARD_CHROMIUM` names, else the first that is on the PATH."""
    named = os.environ.get("CDKGUARD_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """The browser; skips the test where there is none, and fails it in CI."""
    program = find_chromium()
    has_playwright = find_spec("playwright") is not None
    if program is None or not has_playwright:
        reason = "no Chromium (apt-get install chromium)" if has_playwright else "playwright is not installed"
        if os.environ.get("CDKGUARD_IN_CI") and sys.platform == "linux":  # Elsewhere a Chromium is not on the PATH.
            pytest.fail(f"{reason}: in CI the page is tested")
        pytest.skip(reason)

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
