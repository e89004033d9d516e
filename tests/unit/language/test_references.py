"""What refers to a resource is found by an index; it finds what looking at every other resource finds."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cdkguard.engine.rules import EngineSettings
from cdkguard.engine.run import evaluate_resources
from cdkguard.language import requirements
from cdkguard.language.checking import prepare_requirement
from cdkguard.language.references import depends_on_unknown, find_links, find_named_ids, spells, text_of
from cdkguard.language.requirements import bind_requirement, expand_types
from cdkguard.language.subject import Subject
from cdkguard.logic import all_of, any_of
from cdkguard.model import Outcome, Rule, Stack
from cdkguard.template import paths

IDS = ("A", "B", "C-1", "Ä")
PARAMETERS = {"P": {"Type": "String", "AllowedValues": ["0", "1"]}, "Q": {"Type": "String"}}
CONDITIONS = {
    "First": {"Fn::Equals": [{"Ref": "P"}, "0"]},
    "Other": {"Fn::Equals": [{"Ref": "Q"}, "x"]},
    "Both": {"Fn::And": [{"Condition": "First"}, {"Condition": "Other"}]},
}
MAPPINGS = {"M": {"0": {"name": "name-A"}, "1": {"name": "name-B"}}}

ids = st.sampled_from(IDS)
links = (
    st.builds(lambda i: {"Ref": i}, ids)
    | st.builds(lambda i: {"Fn::GetAtt": [i, "Arn"]}, ids)
    | st.builds(lambda i: {"Fn::GetAtt": f"{i}.Arn.Of"}, ids)
    | st.builds(lambda i, t: {"Fn::Sub": t % i}, ids, st.sampled_from(["${%s}", "${ %s }", "x/${%s.Arn}/*", "${!%s}"]))
)
texts = st.builds(lambda i, t: t % i, ids, st.sampled_from(["name-%s", "arn:aws:s3:::name-%s", "%s"]))
plain = links | texts | st.sampled_from([{"Ref": "P"}, {"Ref": "AWS::NoValue"}, {"Ref": "Q"}, {"Fn::Transform": {}}, 1])


def calls(inner):
    return (
        st.builds(lambda c, x, y: {"Fn::If": [c, x, y]}, st.sampled_from([*CONDITIONS, "Nowhere"]), inner, inner)
        | st.builds(
            lambda n, x, y: {"Fn::Select": [n, [x, y]]},
            st.sampled_from([{"Ref": "P"}, {"Ref": "Q"}, 0, 1]),
            inner,
            inner,
        )
        | st.builds(lambda x, y: {"Fn::Join": ["", [x, y]]}, inner, inner)
        | st.builds(lambda i, x: {"Fn::Sub": ["${V}${" + i + "}", {"V": x}]}, ids, inner)
        | st.builds(
            lambda k, x: {"Fn::FindInMap": ["M", k, "name", {"DefaultValue": x}]},
            st.sampled_from([{"Ref": "P"}, {"Ref": "Q"}, "1", "none"]),
            inner,
        )
        | st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2)
    )


values = st.recursive(plain, calls, max_leaves=6)
others = st.builds(
    lambda value, on, condition: {
        "Type": "O::O",
        "Properties": {"To": value, "On": on},
        **({"Condition": condition} if condition else {}),
    },
    values, st.booleans(), st.sampled_from([None, None, "First"]),
)  # fmt: skip


def looking_at_each(node, binding, universal):
    """The same requirement without an index."""
    walk, types = paths.bind_steps(node["steps"]), expand_types(node["types"], binding.sets)
    name_at = paths.bind_steps(node["named"]) if "named" in node else None
    inner = bind_requirement(node["satisfies"], binding, universal) if "satisfies" in node else None

    def refers(body, scope, logical_id, names):
        is_open = False
        for _path, value in walk(scope, body):
            found = scope.resolve_deep(value)
            is_open = is_open or depends_on_unknown(found)
            if any(link.target == logical_id for link in find_links(found)):
                return True
            text = text_of(found)
            if text is not None and any(spells(text, name) for name in names):
                return True
        return None if is_open and logical_id in find_named_ids(body) else False

    def decide(subject):
        scope, world = subject.scope, subject.world
        names = [name for _path, name in name_at(scope, subject.root)] if name_at is not None else []

        def judged(other, body):
            it_does = refers(body, scope, subject.logical_id, names)
            return all_of(
                [it_does, inner(Subject(body, scope, other, world)) if inner and it_does is not False else True]
            )

        return any_of(judged(other, body) for other, body, _scope in world.others(scope, types))

    return decide


def outcomes(resources, require):
    rule = Rule("r", "t", "high", "p", types=("A::B::C",), require=prepare_requirement(require, (), {}, {}))
    template = {"Parameters": PARAMETERS, "Conditions": CONDITIONS, "Mappings": MAPPINGS, "Resources": resources}
    template["Transform"] = "AWS::LanguageExtensions"
    judged = evaluate_resources([Stack("S", template, "s.json", environment="prod")], [rule], EngineSettings())
    assert not judged.problems
    return {**dict.fromkeys(IDS, Outcome.PASS), **{f.logical_id: f.outcome for f in judged.findings}}


@pytest.mark.parametrize("named", [{}, {"named": "$.Properties.Name"}], ids=["by link", "by name, too"])
@pytest.mark.parametrize("satisfies", [{}, {"satisfies": {"path": "$.Properties.On", "equals": True}}], ids=["", "on"])
@pytest.mark.parametrize("path", ["$.Properties.To", "$.Properties.To[*]", "$..To"])
@pytest.mark.parametrize("is_not", [False, True])
@settings(max_examples=60, deadline=None)
@given(st.lists(others, max_size=4))
@example([{"Type": "O::O", "Properties": {"To": {"Fn::Select": [{"Ref": "P"}, [{"Ref": "A"}, {"Ref": "B"}]]}}},
          {"Type": "O::O", "Properties": {"To": {"Fn::If": ["First", {"Ref": "C-1"}, "x"]}}}])  # fmt: skip
@example([{"Type": "O::O", "Properties": {"To": {"Fn::If": ["First", {"Fn::Sub": "${C-1}"}, {"Fn::Sub": "${ Ä }"}]}}}])
def test_the_index_finds_what_looking_at_each_finds(named, satisfies, path, is_not, bodies):
    require = {"referrer": {"types": ["O::O"], "path": path, **named, **satisfies}}
    require = {"not": require} if is_not else require
    # the second condition is met by the subject itself, so that forks in which P has a value are asked, too
    resources = {
        i: {"Type": "A::B::C", "Condition": "First" if i == "A" else "Both", "Properties": {"Name": f"name-{i}"}}
        for i in IDS
    } | {f"O{n}": body for n, body in enumerate(bodies)}
    found = outcomes(resources, require)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requirements, "_bind_referrer", looking_at_each)
        for logical_id, outcome in outcomes(resources, require).items():
            # Looking at each meets conditions of others, too, under which it knows what a parameter selects.
            assert found[logical_id] in (outcome, Outcome.UNKNOWN)
            assert outcome is not Outcome.PASS or found[logical_id] is Outcome.PASS


def test_what_a_parameter_may_select_is_no_pass_where_nothing_may_refer():
    chosen = {"Fn::FindInMap": ["M", {"Ref": "Q"}, "name", {"DefaultValue": {"Ref": "A"}}]}
    resources = {
        "A": {"Type": "A::B::C"},
        "B": {"Type": "A::B::C"},
        "O": {"Type": "O::O", "Properties": {"To": chosen}},
    }
    require = {"referrer": {"types": ["O::O"], "path": "$.Properties.To"}}
    assert outcomes(resources, {"not": require})["A"] is Outcome.UNKNOWN
    assert outcomes(resources, require) | {"C-1": 0, "Ä": 0} == {
        "A": Outcome.UNKNOWN,
        "B": Outcome.FAIL,
        "C-1": 0,
        "Ä": 0,
    }
