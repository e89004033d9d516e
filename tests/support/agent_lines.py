"""The table of command lines, tests/fixtures/agents/lines.tsv, and the repository in which they run."""

from __future__ import annotations

import shutil
from pathlib import Path

from cdkguard._typing import TYPE_CHECKING, NamedTuple
from cdkguard.agents.nouns import Action
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from cdkguard.agents.nouns import Shell

FIXTURES = ROOT / "tests/fixtures/agents"


class Row(NamedTuple):
    """One line, and what it would do: `kind tool verb field=value,..`, several with ` ; `, `-` for nothing."""

    line: str
    shell: Shell
    expected: str
    why: str


def read_rows() -> list[Row]:
    """The rows of the table; `⏎` stands for the end of a line, `⇥` for a tab."""
    found = []
    for text in (FIXTURES / "lines.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        if text.startswith("# ") and "\t" not in text:
            continue
        line, shell, expected, why = text.split("\t")
        found.append(Row(line.replace("⏎", "\n").replace("⇥", "\t"), shell, expected, why))  # type: ignore[arg-type]
    return found


def copy_repository(folder: Path) -> str:
    """A copy of the repository of the table, which git would take for one."""
    target = folder / "repository"
    shutil.copytree(FIXTURES / "repository", target)
    (target / ".git").mkdir()
    (target / ".git/HEAD").write_text("ref: refs/heads/topic\n")
    return str(target)


def describe(action: Action, wanted: str) -> str:
    """The action in the words of the table, with the fields that the wanted text names."""
    head = f"{action.kind} {action.tool} {action.verb}"
    fields = [f"{name}={_show(getattr(action, name))}" for name in _fields_of(wanted)]
    return " ".join([head, *fields]).rstrip() if fields else head.rstrip()


def _fields_of(wanted: str) -> list[str]:
    return [
        word.partition("=")[0] for word in wanted.split(" ") if word.partition("=")[0] in Action._fields and "=" in word
    ]


def _show(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}:{each}" for key, each in value.items())
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)
