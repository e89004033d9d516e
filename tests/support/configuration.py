"""Configuration files of the current folder, written and loaded."""

from pathlib import Path

import pytest

from cdkguard.config.settings import load_config
from cdkguard.errors import ConfigError


def read(text, name="cdkguard.yaml"):
    Path(name).write_text(text, encoding="utf-8")
    return load_config(".", None)


def mistake(text, name="cdkguard.yaml"):
    with pytest.raises(ConfigError) as stop:
        read(text, name)
    assert "\n" not in str(stop.value)
    return str(stop.value)
