"""cdkguard's own commands: each one is known to the hook, and those that only read pass."""

import pytest

from cdkguard.agents.commands.call import Call
from cdkguard.agents.commands.own import read_cdkguard
from cdkguard.cli.commands import COMMANDS

WRITERS = {"accept", "approve", "snapshot", "init"}


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_is_known(name):
    found = list(read_cdkguard(Call(("cdkguard", name))))
    assert all(action.kind == "guard" for action in found) and bool(found) <= (name in WRITERS)


def test_an_unknown_command_is_asked_about():
    assert [action.kind for action in read_cdkguard(Call(("cdkguard", "unlock")))] == ["hidden"]
