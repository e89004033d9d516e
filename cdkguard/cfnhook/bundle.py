"""The configuration that lies beside the package in the function's folder, as plain values: no YAML is parsed at a start."""

from __future__ import annotations

import json
import os

from cdkguard._typing import Json
from cdkguard.config.document import Document
from cdkguard.config.settings import Config
from cdkguard.config.settings_file import config_of
from cdkguard.errors import ConfigError
from cdkguard.system import files

FILE = "cdkguard-hook.json"
ACCEPTED, APPROVALS = "cdkguard-accepted.json", "cdkguard-approvals.yaml"


def bundle_folder() -> str:
    """The folder that holds the package: that of the function."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_bundled_config(folder: str | None = None) -> Config:
    """The configuration of the function; raises ConfigError where there is none, since nothing would be judged by it."""
    folder = folder or bundle_folder()
    path = os.path.join(folder, FILE)
    try:
        data = json.loads(files.read_text(path))
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: cannot be read: package the hook with `cdkguard cfn-hook package`") from problem
    return config_of_bundle(data, folder)


def config_of_bundle(data: Json, folder: str) -> Config:
    """The configuration of the bundled values; the files of accepted findings and approvals lie beside them."""
    if not isinstance(data, dict) or not isinstance(data.get("config"), dict):
        raise ConfigError(f"{FILE}: holds no configuration: package the hook with `cdkguard cfn-hook package`")
    written = {tuple(path): text for path, text in data.get("written") or ()}
    config = config_of(Document(FILE, data["config"], {}, written), folder)
    accepted = os.path.join(folder, ACCEPTED)
    return config._replace(
        accepted=accepted if files.exists(accepted) else None,
        approvals=os.path.join(folder, APPROVALS),
    )
