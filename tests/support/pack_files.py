"""Rule files of a team, for the tests of packs."""

from pathlib import Path

RULE = """\
id: {id}
title: A title
severity: high
types: [AWS::S3::Bucket]
require: {{path: $.Properties.X, equals: 1}}
why: Because.
remedy: Write X.
examples:
  pass: [{{X: 1}}]
  fail: [{{}}]
"""

CHANGE_RULE = """\
id: my-rule
title: A title
severity: high
on_change: [WILL_UPDATE]
{key}
why: Because.
remedy: Write X.
examples: {{pass: [], fail: []}}
"""


def write_pack(tmp_path: Path, text: str, name: str = "my-rule") -> str:
    """A pack `guardrails` with one rule; its folder."""
    folder = tmp_path / "guardrails"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text)
    return str(folder)
