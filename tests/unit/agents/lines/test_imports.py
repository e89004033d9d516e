"""Modules that a Python script imports: only what is called of them runs."""

import pytest

from cdkguard.agents.lines.read import parse_line

MODULE = """
import subprocess

def down():
    stop()

def stop():
    subprocess.run(["cdk", "destroy", "--all"])

def names():
    return ["a"]

if __name__ == "__main__":
    down()
"""


@pytest.mark.parametrize(
    ("script", "is_seen"),
    [
        ("import tools\ntools.down()\n", True),
        ("from tools import down as away\naway()\n", True),
        ("from tools import (\n    down,\n    names,\n)\ndown()\n", True),
        ("import os, tools as t\nt.down()\n", True),
        ("import tools as t\nprint(t.names())\n", False),
        ("from tools import names\nprint(names())\n", False),
        ("from tools import down\nprint(down.__doc__)\n", False),
        ("import tools\n", False),
    ],
)
def test_what_an_import_leads_to(tmp_path, script, is_seen):
    (tmp_path / "tools.py").write_text(MODULE)
    (tmp_path / "run.py").write_text(script)
    kinds = [action.kind for action in parse_line("python run.py", "posix", str(tmp_path), {}).actions]
    assert kinds == (["destroy"] if is_seen else [])
