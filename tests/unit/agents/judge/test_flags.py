"""What is said of the options of a deployment."""

import pytest

from cdkguard.agents.commands.cdk import _SWITCHES
from cdkguard.agents.commands.frameworks import FRAMEWORKS
from cdkguard.agents.judge.flags import describe_flags, need_a_person
from cdkguard.agents.nouns import Action

TOLD = [f"--{name}" for name in _SWITCHES] + [
    flag for framework in FRAMEWORKS.values() for flag in framework.flags.split()
]


def say(*flags):
    return " ".join(describe_flags(Action("deploy", "cdk", "deploy", flags=flags)))


@pytest.mark.parametrize("flag", dict.fromkeys(TOLD))
def test_each_option_that_is_told_is_told_by_what_it_does(flag):
    assert "may go past" not in say(flag)


def test_an_option_that_only_says_which_stacks_is_no_danger():
    assert say("--all") == '"--all" reaches every stack of the app.'
    assert "leaves out the stacks" in say("--exclusively")
    assert say("--no-execute", "--method prepare-change-set", "--ignore-no-stacks", "--retain-resources A B") == ""


def test_a_change_set_needs_no_person_and_its_absence_does():
    assert not need_a_person(["--method change-set", "--method prepare-change-set", "--all", "--exclusively"])
    assert need_a_person(["--method direct"]) and need_a_person(["--hotswap"])


def test_what_nobody_knows_may_be_anything():
    assert say("--odd") == '"--odd" may go past a safety net.'
