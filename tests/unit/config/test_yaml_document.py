"""YAML that is no configuration file: cycles, bombs, depth, bytes."""

from pathlib import Path

import pytest

from cdkguard.config.load import load_config
from cdkguard.errors import ConfigError
from tests.support.configuration import mistake


@pytest.mark.parametrize(
    "text",
    [
        "context: &a\n  b: *a\n",
        "context:\n  a: " + "[" * 60 + "]" * 60,
        "context:\n  a: " + "[" * 200_000,
        "context:\n  a: " + "{a: " * 200_000,
        "context:\n  l0: &l0 [x]\n"
        + "".join(f"  l{i + 1}: &l{i + 1} [{', '.join([f'*l{i}'] * 9)}]\n" for i in range(9)),
    ],
)
def test_cycles_alias_bombs_and_depth_are_errors(repo, text):
    assert mistake(text).startswith("cdkguard.yaml:")


def test_text_that_is_not_utf8_is_an_error(repo):
    Path("cdkguard.yaml").write_bytes(b"app: \xff\n")
    with pytest.raises(ConfigError, match=r"^cdkguard\.yaml: not UTF-8 text$"):
        load_config(".", None)
