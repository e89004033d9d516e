"""The examples of docs/api.md run as they stand there, one after the other."""

import re

from tests.support.paths import ROOT

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def test_the_examples_run(capsys):
    world = {}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    for block in blocks:
        exec(compile(block, "docs/api.md", "exec"), world)
    assert "dynamodb-pitr Orders" in capsys.readouterr().out
