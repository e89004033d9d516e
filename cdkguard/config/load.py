"""Loads a folder's configuration: finds the file, and reads it in its notation."""

from __future__ import annotations

from cdkguard._typing import Json
from cdkguard.config.find import find_config_file
from cdkguard.config.settings import Config


def load_config(directory: str, file: str | None) -> Config:
    """The configuration of a folder: the nearest file in it or in the folders up to its repository's root.

    `file` names the file instead. Without any file every setting has its default. Raises ConfigError.
    """
    path = file if file is not None else find_config_file(directory)
    if path is None:
        return Config(directory=directory)

    from cdkguard.config.settings_file import config_of

    if path.endswith(".toml"):
        from cdkguard.config.toml_document import read_toml

        return config_of(read_toml(path), directory)
    from cdkguard.config.yaml_document import read_yaml

    return config_of(read_yaml(path), directory)


def config_of_data(data: Json) -> Config:
    """The configuration that a file with these plain values would give; raises ConfigError."""
    from cdkguard.config.document import Document
    from cdkguard.config.settings_file import config_of

    return config_of(Document("cdkguard.yaml", data, {}, {}), ".")
