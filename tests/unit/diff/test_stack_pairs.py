"""Which stack is which, and what happened to the others."""

from __future__ import annotations

import pytest

from cdkguard.diff.stack_pairs import match_stacks
from cdkguard.model import Stack
from tests.support.changes import stack

EU, US = {"account": "1", "region": "eu-west-1"}, {"account": "1", "region": "us-east-1"}


def shop(name="Shop", path=None, **about):
    return stack({}, name, path=path, **about)


def match(before, after, exists=None):
    found = match_stacks(before, after, exists) if exists else match_stacks(before, after)
    return len(found.pairs), sorted(c.impact for c in found.changes), len(found.removed), len(found.added)


CASES = [
    ("same", [shop(**EU)], [shop(**EU)], (1, [], 0, 0)),
    ("place becomes known", [shop()], [shop(**EU)], (1, [], 0, 0)),
    ("region becomes known", [shop(account="1")], [shop(**EU)], (1, [], 0, 0)),
    ("place and path", [shop(path="Shop")], [shop(path="Prod/Shop", **EU)], (1, [], 0, 0)),
    ("same name in two regions", [shop(**EU), shop(**US)], [shop(**US), shop(**EU)], (2, [], 0, 0)),
    ("one of two regions goes", [shop(**EU), shop(**US)], [shop(**EU)], (1, ["STACK_REMOVED"], 1, 0)),
    ("another region", [shop(**EU)], [shop(**US)], (0, ["STACK_MOVED"], 1, 1)),
    ("another account", [shop(**EU)], [shop(account="2", region="eu-west-1")], (0, ["STACK_MOVED"], 1, 1)),
    ("another name", [shop("Old", "Shop", **EU)], [shop("New", "Shop", **EU)], (0, ["STACK_RENAMED"], 1, 1)),
    ("another name and path", [shop("Old", **EU)], [shop("New", **EU)], (0, ["STACK_ADDED", "STACK_REMOVED"], 1, 1)),
    ("same name in two stages", [shop(path="A/Shop"), shop(path="B/Shop")], [shop(path="B/Shop"), shop(path="A/Shop")], (2, [], 0, 0)),
    ("twins", [shop(path="A/Shop"), shop(path="B/Shop")], [shop(path="C/Shop")], (0, ["STACK_ADDED", "STACK_REMOVED", "STACK_REMOVED"], 2, 1)),
    ("nothing before", [], [shop()], (0, ["STACK_ADDED"], 0, 1)),
    ("nothing after", [shop()], [], (0, ["STACK_REMOVED"], 1, 0)),
    ("unprotected", [shop(termination_protection=True)], [shop(termination_protection=False)], (1, ["STACK_UNPROTECTED"], 0, 0)),
    ("protection no longer set", [shop(termination_protection=True)], [shop()], (1, ["STACK_UNPROTECTED"], 0, 0)),
    ("protected", [shop()], [shop(termination_protection=True)], (1, [], 0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_stacks_are_matched(before, after, expected):
    assert match(before, after) == expected


def test_two_files_are_one_stack_whatever_they_are_called():
    assert match([Stack("old", {"Resources": {}}, "old.json")], [Stack("new", {"Resources": {}}, "new.json")])[0] == 1


def family(*ids):
    root = stack({}, "Root")
    inner = [stack({}, f"Root/{i}", parent=root, at=i) for i in ids]
    return [root, *inner, *(stack({}, f"Root/{i}/Deep", parent=s, at="Deep") for i, s in zip(ids, inner, strict=True))]


def test_nested_stacks_go_and_come_with_those_inside_them():
    assert match(family("A", "B"), family("A", "C")) == (3, [], 2, 2)


def test_a_nested_stack_that_its_parent_no_longer_creates_is_gone():
    before, after = family("A"), family("A")
    assert match(before, after, lambda s: s is not after[1]) == (1, [], 2, 0)
    assert match(before, after, lambda s: s is not before[1]) == (1, [], 0, 2)
