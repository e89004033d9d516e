"""A folder with two templates, for the tests of the commands about changes."""

import pytest

from tests.support.two_templates import write_two_templates


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with old.json and new.json."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDK_OUTDIR", raising=False)
    write_two_templates(tmp_path)
    return tmp_path
