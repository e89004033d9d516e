"""References inside template values."""

from __future__ import annotations

import json

import pytest

from cdkguard.diff.comparable import make_comparable
from cdkguard.diff.compared_scope import ComparedScope
from cdkguard.diff.references import find_references
from cdkguard.template.scope import Scope


def scope():
    return ComparedScope(Scope({}))


@pytest.mark.parametrize(
    "value",
    [{"Ref": "X"}, {"Fn::GetAtt": ["X", "Arn"]}, {"Fn::GetAtt": "X.Arn"}, {"Fn::Sub": "a-${X.Arn}"},
     {"Fn::Join": ["", ["a", {"Fn::If": ["C", {"Ref": "X"}, "b"]}]]}, {"Fn::Sub": ["${V}", {"V": {"Ref": "X"}}]}],
    ids=json.dumps,
)  # fmt: skip
def test_references_are_found(value):
    assert "X" in {name for name, _attribute in find_references(value)}
    assert "X" in {name for name, _attribute in find_references(make_comparable(scope(), value))}
