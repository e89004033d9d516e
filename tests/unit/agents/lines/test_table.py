"""Every line of the table is read as it says."""

from collections import Counter

import pytest

from cdkguard.agents.lines.read import parse_line
from cdkguard.agents.triggers import may_concern
from tests.support.agent_lines import Row, copy_repository, describe, read_rows

ROWS = read_rows()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp("lines"))


def differs(row: Row, repository: str) -> list[str]:
    """What of the row is not as it says."""
    parsed = parse_line(row.line, row.shell, repository, {"HOME": "/home/me"})
    wanted = [] if row.expected == "-" else row.expected.split(" ; ")
    shown = [describe(action, text) for action, text in zip(parsed.actions, wanted, strict=False)]
    missing = [text for text in wanted if not any(fits(text, action) for action in parsed.actions)]
    surplus = [
        f"{action.kind} {action.tool} {action.verb}"
        for action in parsed.actions
        if not any(fits(text, action) for text in wanted)
    ]
    return [
        *(f"missing: {text}; got {shown}" for text in missing),
        *(f"surplus: {text}" for text in surplus),
        *parsed.problems,
    ]


def fits(wanted: str, action) -> bool:
    """Whether the action is what the text says, in the fields that it names; a list may hold more."""
    found = describe(action, wanted)
    if found == wanted.rstrip() or found == wanted:
        return True
    parts = _parts(wanted), _parts(found)
    if parts[0][0] != parts[1][0]:
        return False
    return all(set(filter(None, value.split(","))) <= set(parts[1][1][name].split(",")) if name in ("flags", "via", "variables", "paths") else value == parts[1][1][name] for name, value in parts[0][1].items())  # fmt: skip


def _parts(text: str) -> tuple[str, dict[str, str]]:
    from cdkguard.agents.nouns import Action

    head, fields, name = [], {}, ""
    for word in text.split(" "):
        key, has_value, value = word.partition("=")
        if has_value and key in Action._fields:
            name = key
            fields[name] = value
        elif name:
            fields[name] += f" {word}"
        else:
            head.append(word)
    return " ".join(head).rstrip(), fields


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line[:60].replace("\n", "⏎"))
def test_a_line_is_read_as_the_table_says(row, repository):
    assert differs(row, repository) == []


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.expected != "-"], ids=lambda row: row.line[:60].replace("\n", "⏎")
)
def test_a_line_of_ours_passes_the_quick_gate(row):
    assert may_concern(row.line)


@pytest.mark.parametrize("line", ["ls -la", "git status", "cat README.md", "grep -rn foo src", "pytest -q", "git diff HEAD~1", "mkdir -p a/b", "ls -la | head", "rm -rf build", "cd src && ls"])  # fmt: skip
def test_an_ordinary_line_does_not(line):
    assert not may_concern(line)


def test_the_table_is_long_and_holds_every_kind():
    kinds = Counter(text.split()[0] for row in ROWS for text in row.expected.split(" ; "))
    assert len(ROWS) >= 200 and len({(row.line, row.shell) for row in ROWS}) == len(ROWS)
    assert set(kinds) == {
        "deploy",
        "destroy",
        "maintain",
        "data-delete",
        "data-write",
        "protection",
        "access",
        "guard",
        "pull-request",
        "hidden",
        "-",
    }
