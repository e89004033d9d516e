"""The app's PATH where uvx started cdkguard."""

import importlib.util
import os
import sys

import pytest

from cdkguard.inputs.own_environment import path_of_app

OURS = os.path.join(sys.prefix, "bin")
USERS = os.pathsep.join(["/home/u/app/.venv/bin", "/usr/bin"])


def path(*folders):
    return os.pathsep.join(folders)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"UV": "/usr/bin/uv", "PATH": path(OURS, USERS)}, USERS),
        ({"UV": "/usr/bin/uv", "PATH": path(OURS, USERS), "VIRTUAL_ENV": "/home/u/app/.venv"}, USERS),
        # an environment that the user activated, or that `uv run` made for the project
        ({"UV": "/usr/bin/uv", "PATH": path(OURS, USERS), "VIRTUAL_ENV": sys.prefix}, None),
        # not started by uv: a user who put this folder first meant it
        ({"PATH": path(OURS, USERS)}, None),
        ({"UV": "/usr/bin/uv", "PATH": USERS}, None),
        ({"UV": "/usr/bin/uv", "PATH": path(USERS, OURS)}, None),
        ({"UV": "/usr/bin/uv", "PATH": OURS}, None),
        ({"UV": "/usr/bin/uv"}, None),
    ],
)
def test_the_environment_of_uvx_is_not_the_apps(environment, expected, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert path_of_app(environment) == expected


def test_an_environment_with_the_cdk_is_the_apps(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert path_of_app({"UV": "/usr/bin/uv", "PATH": path(OURS, USERS)}) is None
