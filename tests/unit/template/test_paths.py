"""Paths: laws against jsonpath-ng, and intrinsics on the way."""

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from jsonpath_ng.ext import parse as jsonpath

from cdkguard.template.jsonpath import parse_path
from cdkguard.template.paths import bind_steps, render_path
from cdkguard.template.scope import Scope
from cdkguard.template.values import ABSENT, Deferred

NAMES = st.sampled_from(["A", "B", "C", "Key", "Value"])
SCALARS = st.one_of(st.integers(-3, 3), st.sampled_from(["x", "y", ""]), st.booleans())
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(NAMES, PLAIN, max_size=4)
PARTS = st.one_of(NAMES.map(lambda n: f".{n}"), st.sampled_from(["[0]", "[1]", ".*"]))
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "$" + "".join(parts))


def found(path, document):
    return [(render_path(p), v) for p, v in bind_steps(parse_path(path))(Scope({}), document) if v is not ABSENT]


def ordinary(path, document):
    """What jsonpath-ng finds where indexes meet lists only: it also indexes strings, which templates never want."""
    try:
        return [m.value for m in jsonpath(path).find(document)]
    except (
        KeyError,
        TypeError,
    ):  # before 1.7 it takes an index of a mapping for a key, and asks a number for its length
        reject()


@given(PATHS, DOCUMENTS)
def test_select_agrees_with_jsonpath_ng(path, document):
    if "[" in path and _indexes_a_non_list(path, document):
        return
    assert [v for _p, v in found(path, document)] == ordinary(path, document)


def _indexes_a_non_list(path, document):
    head, _, _ = path.rpartition("[") if path.count("[") else (path, "", "")
    while "[" in path:
        head, _, _rest = path.rpartition("[")
        if head != "$" and any(not isinstance(v, list) for v in ordinary(head, document)):
            return True
        if head == "$":
            return True
        path = head
    return False


@given(DOCUMENTS, NAMES)
def test_descendants_find_what_jsonpath_ng_finds(document, name):
    ours = sorted(repr(v) for _p, v in found(f"$..{name}", document))
    assert ours == sorted(repr(v) for v in ordinary(f"$..{name}", document))


@given(st.lists(st.fixed_dictionaries({"Key": SCALARS, "Value": SCALARS}), max_size=4))
def test_each_element_of_a_list(items):
    assert [v for _p, v in found("$.A[*].Key", {"A": items})] == ordinary("$.A[*].Key", {"A": items})


@given(st.lists(st.fixed_dictionaries({"Key": st.sampled_from(["x", "y"]), "Value": SCALARS}), max_size=4))
def test_filters(items):
    path = "$.A[?(@.Key=='x')].Value"
    assert [v for _p, v in found(path, {"A": items})] == ordinary(path, {"A": items})


def select(path, document, **scope):
    return [(render_path(p), v) for p, v in bind_steps(parse_path(path))(Scope(**{"template": {}, **scope}), document)]


def test_a_missing_end_is_absent_and_an_empty_list_is_nothing():
    assert select("$.A.B", {}) == [("A.B", ABSENT)]
    assert select("$.A[*].B", {"A": []}) == []
    assert select("$.A[*].B", {"A": [{}]}) == [("A[0].B", ABSENT)]
    assert select("$.A[?(@.Key=='x')].Value", {"A": [{"Key": "y"}]}) == [("A[*].Value", ABSENT)]


def test_intrinsics_on_the_way():
    no_value = {"Ref": "AWS::NoValue"}
    assert select("$.A.B", {"A": no_value}) == [("A.B", ABSENT)]
    assert select("$.A[*]", {"A": [no_value, 1]}) == [("A[1]", 1)]
    ((_, unknown),) = select("$.A.B", {"A": {"Fn::ImportValue": "x"}})
    assert isinstance(unknown, Deferred) and unknown.kind == "import"
    template = {"Parameters": {"P": {"Default": "v"}}}
    assert select("$.A.B", {"A": {"B": {"Ref": "P"}}}, template=template) == [("A.B", "v")]
    listed = {"Parameters": {"P": {"Type": "CommaDelimitedList", "Default": "a, b"}}}
    assert select("$.A[*]", {"A": {"Ref": "P"}}, template=listed) == [("A[0]", "a"), ("A[1]", "b")]


def test_what_a_macro_beside_it_makes_is_unknown():
    document = {"A": {"Fn::Transform": {"Name": "AWS::Include"}, "B": 1}}
    assert select("$.A.B", document) == [("A.B", 1)]
    for path in ("$.A.C", "$.A.C[*].D"):
        ((_, unknown),) = select(path, document)
        assert isinstance(unknown, Deferred)


def test_one_object_where_a_list_belongs_counts_as_a_list_of_one():
    assert select("$.A[*].B", {"A": {"B": 1}}) == [("A[0].B", 1)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.A[?(@.Key=='x')].Value", [1]),
        ("$.A[?(@.Key=='1')].Value", [2]),
        ("$.A[?(@.Key!='x')].Value", [2]),
        ("$.A[?(@.Value)].Key", ["x", 1]),
        ("$.A[?(@.Key=='z')].Value", []),
    ],
)
def test_elements_are_chosen_by_what_they_hold(path, expected):
    document = {"A": [{"Key": "x", "Value": 1}, {"Key": 1, "Value": 2}, {"Other": 3}]}
    assert [value for _path, value in found(path, document)] == expected
    assert [value for _path, value in found(path.replace("==", "="), document)] == expected


def test_an_element_whose_key_is_not_known_may_be_the_one():
    (one,) = [
        v
        for _p, v in bind_steps(parse_path("$.A[?(@.Key=='x')].Value"))(
            Scope({}), {"A": [{"Key": {"Ref": "P"}, "Value": 1}]}
        )
    ]
    assert isinstance(one, Deferred) and one.kind == "unknown"
    whole = bind_steps(parse_path("$.A[?(@.Key=='x')].Value"))(Scope({}), {"A": {"Ref": "P"}})
    assert [isinstance(v, Deferred) for _p, v in whole] == [True]
    assert list(found("$.A[?(@.Key=='x')].Value", {"A": "text"})) == []
