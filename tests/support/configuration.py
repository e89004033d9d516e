"""Configuration files of the current folder, written and loaded."""

from pathlib import Path

import pytest

from cdkguard.config.load import load_config
from cdkguard.config.settings import Config
from cdkguard.errors import ConfigError


def read(text: str, name: str = "cdkguard.yaml") -> Config:
    Path(name).write_text(text, encoding="utf-8")
    return load_config(".", None)


def mistake(text: str, name: str = "cdkguard.yaml") -> str:
    with pytest.raises(ConfigError) as stop:
        read(text, name)
    assert "\n" not in str(stop.value)
    return str(stop.value)
