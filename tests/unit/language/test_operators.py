"""What each operator says: a table of values, and of what is wanted."""

from __future__ import annotations

import pytest

from cdkguard.language.operators import OPERATORS, always, evaluate_operator
from cdkguard.language.subject import OperatorContext
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred

PORT = {"Fn::GetAtt": ["Database", "Endpoint.Port"]}
KNOWN = {"Ref": "P"}


def judged(name, value, wanted):
    scope = Scope(
        {"Parameters": {"P": {"Type": "String"}}, "Resources": {"Database": {"Type": "AWS::RDS::DBInstance"}}}
    )
    return evaluate_operator(name, scope.resolve(value), wanted, OperatorContext(scope, "", value, None))


@pytest.mark.parametrize(
    ("name", "value", "wanted", "answer"),
    [
        ("equals", "a", "a", True), ("equals", "a", "b", False), ("equals", "true", True, True), ("equals", True, "true", True),
        ("equals", "5", 5, True), ("equals", KNOWN, "a", None),
        ("not_equals", "a", "a", False), ("not_equals", "a", "b", True), ("not_equals", KNOWN, "a", None),
        ("in", "a", ["a", "b"], True), ("in", "c", ["a", "b"], False), ("in", 1, ["1"], True), ("in", "a", frozenset("ab"), True),
        ("not_in", "a", ["a"], False), ("not_in", "c", ["a"], True), ("in", KNOWN, ["a"], None),
        ("starts_with", "abc", "ab", True), ("starts_with", "abc", "bc", False),
        ("ends_with", "abc", "bc", True), ("ends_with", "abc", "ab", False),
        ("contains", "abc", "b", True), ("contains", "abc", "d", False), ("contains", ["a", "b"], "b", True),
        ("contains", ["a"], "b", False), ("contains", {"a": 1}, "a", True), ("contains", {"a": 1}, "b", False),
        ("contains", ["a", KNOWN], "b", None), ("contains", ["b", KNOWN], "b", True),
        ("matches", "abc", "^a.c$", True), ("matches", "abd", "^a.c$", False), ("matches", {"a": 1}, "a", False),
        ("greater_than", 2, 1, True), ("greater_than", 1, 1, False), ("at_least", 1, 1, True), ("at_least", 0, 1, False),
        ("less_than", 0, 1, True), ("less_than", 1, 1, False), ("at_most", 1, 1, True), ("at_most", 2, 1, False),
        ("at_least", "14", 14, True), ("at_least", "13", 14, False), ("at_least", KNOWN, 1, None), ("at_most", KNOWN, 1, None),
        ("empty", [], True, True), ("empty", [1], True, False), ("empty", {}, True, True), ("empty", "", True, True),
        ("empty", [1], False, True), ("empty", [{"Ref": "AWS::NoValue"}], True, True), ("empty", 0, True, False),
        ("length_at_least", [1, 2], 2, True), ("length_at_least", [1], 2, False), ("length_at_least", "ab", 2, True),
        ("length_at_least", 5, 1, False),
        ("literal", "a", True, True), ("literal", KNOWN, True, False), ("literal", "", True, False), ("literal", "a", False, False),
        ("deferred", KNOWN, True, True), ("deferred", "a", True, False), ("deferred", KNOWN, "parameter", True),
        ("deferred", KNOWN, ["resource"], False), ("deferred", "a", False, True),
        ("cidr_open", "0.0.0.0/0", True, True), ("cidr_open", "10.0.0.0/8", True, False), ("cidr_open", "::/0", True, True),
        ("cidr_open", "10.0.0.0/8", False, True), ("cidr_open", "nonsense", True, None), ("cidr_open", KNOWN, True, None),
        ("cidr_open", ["0.0.0.0/0"], True, False),
        ("cidr_public", "10.0.0.0/8", True, False), ("cidr_public", "8.8.8.8/32", True, True), ("cidr_public", "x", True, None),
        ("cidr_public", "10.0.0.0/8", False, True),
        ("cidr_prefix_below", "1.0.0.0/7", 8, True), ("cidr_prefix_below", "1.0.0.0/8", 8, False), ("cidr_prefix_below", "x", 8, None),
        ("ports_include", {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25}, [22], True), ("ports_include", {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25}, [26], False),
        ("ports_include", {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, [22], True), ("ports_include", {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}, [22], True),
        ("ports_include", {"IpProtocol": "tcp", "FromPort": KNOWN, "ToPort": KNOWN}, [22], None),
        ("ports_within", {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}, [80, 443], True), ("ports_within", {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81}, [80, 443], False),
        ("ports_within", {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}, [80], False), ("ports_within", {"IpProtocol": "tcp", "FromPort": KNOWN, "ToPort": KNOWN}, [80], None),
        ("ports_all", {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}, True, True), ("ports_all", {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535}, True, True),
        ("ports_all", {"IpProtocol": "tcp", "FromPort": 2, "ToPort": 65535}, True, False), ("ports_all", {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65534}, True, False),
        ("ports_all", {"IpProtocol": "tcp", "FromPort": 2, "ToPort": 3}, False, True), ("ports_all", {"IpProtocol": "tcp", "FromPort": KNOWN, "ToPort": KNOWN}, True, None),
        ("ports_range", {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}, True, True), ("ports_range", {"IpProtocol": "tcp", "FromPort": 2, "ToPort": 2}, True, False),
        ("protocol_all", {"IpProtocol": "-1"}, True, True), ("protocol_all", {"IpProtocol": -1}, True, True),
        ("protocol_all", {"IpProtocol": "ALL"}, True, True), ("protocol_all", {"IpProtocol": "tcp"}, True, False),
        ("protocol_all", {}, True, False), ("protocol_all", {"IpProtocol": "tcp"}, False, True),
        ("protocol_all", {"IpProtocol": KNOWN}, True, None), ("protocol_all", "x", True, False),
    ],
    ids=lambda value: str(sorted(value)) if isinstance(value, frozenset) else str(value),
)  # fmt: skip
def test_an_operator(name, value, wanted, answer):
    assert judged(name, value, wanted) is answer


@pytest.mark.parametrize(
    "name", ["equals", "in", "matches", "at_least", "cidr_open", "ports_all", "contains", "less_than"]
)
def test_what_is_not_there_is_not_so(name):
    wanted = (
        ["a"]
        if name == "in"
        else True
        if name in ("cidr_open", "ports_all")
        else 1
        if "least" in name or "than" in name
        else "a"
    )
    assert OPERATORS[name].absent(wanted) is (OPERATORS[name].absent is always) is False


@pytest.mark.parametrize("name, wanted", [("not_equals", "a"), ("not_in", ["a"])])
def test_what_is_not_there_is_nothing_else_either(name, wanted):
    assert OPERATORS[name].absent(wanted) is True


@pytest.mark.parametrize("name, answer", [("exists", False)])
def test_what_asks_for_absence_is_asked(name, answer):
    assert OPERATORS[name].absent is None
    assert (
        judged(name, {"Ref": "AWS::NoValue"}, True) is answer
        and judged(name, {"Ref": "AWS::NoValue"}, False) is not answer
    )
    assert evaluate_operator(name, ABSENT, True, OperatorContext(Scope({}), "", None, None)) is answer


HOLE = Deferred("parameter", {"Ref": "Ip"}, "Ip")


@pytest.mark.parametrize("parts, expected", [
    ((HOLE, "/0"), True), ((HOLE, "/32"), False), ((HOLE, "/128"), False), ((HOLE, ".0.0/16"), False),
    (("10.", HOLE, ".0.0/16"), False), (("10.0.0.0/", HOLE), None), ((HOLE, "/"), None), ((HOLE, "/33x"), None),
    (("2001:", HOLE, "::/3"), True), (("2001:", HOLE, "::/13"), False), ((HOLE, "/1"), True), ((HOLE, "/10"), None),
    ((HOLE, ".0.0.0/2"), True), ((HOLE, ".0.0.0/4"), None), ((HOLE, ".0.0.0/10"), False), ((HOLE, ":/80"), False), ((HOLE, "/999"), None), ((HOLE, ", 10.0.0.0"), None),
])  # fmt: skip
def test_the_length_of_a_range_decides_whether_it_is_open(parts, expected):
    value, context = Deferred("text", "…", parts=parts), OperatorContext(Scope({}), "", None, None)
    assert evaluate_operator("cidr_open", value, True, context) is expected
    assert evaluate_operator("cidr_open", value, False, context) is (None if expected is None else not expected)
