"""Loops are written out as CloudFormation does it, or it is said that they cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.model import Stack
from cdkguard.template import loops
from cdkguard.template.loops import LOOPS, TooManyValues, find_transforms, uses_loops
from cdkguard.template.stack_scopes import StackScopes


def scope(**template):
    return StackScopes({}).of(Stack("S", {"Resources": {}, **template}, "s.json"))


def expand(value, here):
    done, problems = loops.expand(value, here)
    assert not problems
    return done


def loop(collection, body, name="X", key="L"):
    return {f"Fn::ForEach::{key}": [name, collection, body]}


@pytest.mark.parametrize(
    "collection, body, found",
    [
        (["a", "b"], {"Q${X}": {"N": {"Ref": "X"}}}, {"Qa": {"N": "a"}, "Qb": {"N": "b"}}),
        (["a.b", "c"], {"Q&{X}": {"N": "${X}-${Y}"}}, {"Qab": {"N": "a.b-${Y}"}, "Qc": {"N": "c-${Y}"}}),
        ([], {"Q${X}": 1}, {}),
        ([1, True], {"Q${X}": [{"Ref": "X"}, {"Ref": "Y"}]}, {"Q1": ["1", {"Ref": "Y"}], "Qtrue": ["true", {"Ref": "Y"}]}),
        ({"Ref": "P"}, {"Q${X}": 0}, {"Qx": 0, "Qy": 0}),
        ({"Fn::FindInMap": ["M", "k", "v"]}, {"Q${X}": 0}, {"Qm": 0, "Qn": 0}),
        (["a"], {"Q${X}": {"Ref": "X", "Other": 1}}, {"Qa": {"Ref": "X", "Other": 1}}),
    ],
)  # fmt: skip
def test_what_a_loop_stands_for(collection, body, found):
    here = scope(
        Parameters={"P": {"Type": "CommaDelimitedList", "Default": "x,y"}}, Mappings={"M": {"k": {"v": ["m", "n"]}}}
    )
    assert expand({**loop(collection, body), "Plain": {"Ref": "X"}}, here) == {**found, "Plain": {"Ref": "X"}}


def test_a_loop_in_a_loop_knows_both_names():
    inner = loop(["1", "2"], {"Q${X}${Y}": {"Ref": "X"}}, "Y", "M")
    assert expand(loop(["a", "b"], inner), scope()) == {"Qa1": "a", "Qa2": "a", "Qb1": "b", "Qb2": "b"}


@pytest.mark.parametrize(
    "written",
    [
        ["X", ["a"]], ["X", ["a"], {}, {}], [1, ["a"], {}], ["X", ["a"], []], "X", {"X": 1}, None,
        ["X", {"Ref": "Unknown"}, {}], ["X", "a", {}], ["X", [{"Ref": "Unknown"}], {}], ["X", [["a"]], {}],
        ["X", {"Fn::If": ["C", ["a"], ["b"]]}, {}],
    ],
)  # fmt: skip
def test_what_cannot_be_written_out_is_said(written):
    here = scope(
        Parameters={"Unknown": {"Type": "CommaDelimitedList"}},
        Conditions={"C": {"Fn::Equals": [{"Ref": "Unknown"}, "x"]}},
    )
    known = loop(["a"], {"Q${X}": 1}, key="Known")
    done, (problem,) = loops.expand({"Fn::ForEach::L": written, **known}, here)
    assert "'Fn::ForEach::L'" in problem and done == {"Qa": 1}


def test_loops_do_not_make_more_than_can_be_held():
    most = 199_999 // 2  # each turn is a mapping and a value; one mapping more stands around them
    assert len(expand(loop([str(n) for n in range(1000)], {"Q${X}": 1}), scope())) == 1000
    body = {f"Q${{X}}x{n}": 1 for n in range(most // 1000 * 2)}
    with pytest.raises(TooManyValues, match="more than 200000 values"):
        expand(loop([str(n) for n in range(1001)], {**body, **{f"R${{X}}{n}": 1 for n in range(10)}}), scope())
    with pytest.raises(TooManyValues, match="more than 200000 values"):
        expand(loop(["x" * 64 * 1000], {"Q": ["${X}&{X}"] * 101}), scope())
    assert expand(loop(["x" * 64 * 1000], {"Q": ["${X}"] * 10}), scope())["Q"][9] == "x" * 64 * 1000


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8))  # fmt: skip
def test_what_holds_no_loop_stays_as_it_is(value):
    assert expand(value, scope()) == value


@pytest.mark.parametrize(
    "declared, found",
    [
        (LOOPS, [LOOPS]),
        ([LOOPS, "AWS::Serverless-2016-10-31"], [LOOPS, "AWS::Serverless-2016-10-31"]),
        ({"Name": "AWS::Include", "Parameters": {}}, ["AWS::Include"]),
        (["", None], []),
        ([{"No": "name"}], ["{'No': 'name'}"]),
    ],
)
def test_the_macros_of_a_template(declared, found):
    for section in ("Transform", "Fn::Transform"):
        assert find_transforms({section: declared}) == found
        assert uses_loops({section: declared}) is (LOOPS in found)
    assert find_transforms({}) == [] and not uses_loops({})


CHOOSING = {
    "Parameters": {"Stage": {"Type": "String", "AllowedValues": ["dev", "prod"]},
                   "Names": {"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}},
    "Mappings": {"Sets": {"dev": {"names": ["a"], "one": "a"}, "prod": {"names": ["a", "b"], "one": "b"}}},
}  # fmt: skip


@pytest.mark.parametrize("collection", [
    {"Ref": "Names"}, {"Fn::FindInMap": ["Sets", {"Ref": "Stage"}, "names"]},
    {"Fn::FindInMap": ["Sets", {"Ref": "AWS::Region"}, "names"]},
])  # fmt: skip
def test_what_each_possible_collection_makes_is_there(collection):
    assert expand(loop(collection, {"Q${X}": 1}), scope(**CHOOSING)) == {"Qa": 1, "Qb": 1}


def test_what_is_known_of_a_collection_is_written_out():
    done, (problem,) = loops.expand(loop(["a", {"Ref": "Nobody"}], {"Q${X}": 1}), scope())
    assert done == {"Qa": 1} and "Fn::ForEach::L" in problem


def test_a_loop_that_is_not_known_inside_a_resource_leaves_its_members_open():
    inner = loop({"Ref": "Nobody"}, {"P${X}": 1}, key="In")
    done, problems = loops.expand({"R": {"Properties": {"Known": 1, **inner}}}, scope())
    assert done["R"]["Properties"] == {"Known": 1, "Fn::Transform": {"Name": "Fn::ForEach::In"}} and problems


def test_the_collection_of_an_inner_loop_may_be_named_by_the_outer():
    mapped = {"Fn::FindInMap": ["Sets", "${S}", "names"]}
    both = loop(["dev", "prod"], loop(mapped, {"Q${S}${X}": 1}, key="In"), name="S")
    assert expand(both, scope(**CHOOSING)) == {"Qdeva": 1, "Qproda": 1, "Qprodb": 1}
