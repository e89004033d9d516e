"""Exports that go or change while another stack imports them."""

import pytest

from cdkguard.diff.refusals import find_refusals
from tests.support.changes import compare, stack

TOPIC = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": True}}}
OTHER_TOPIC = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": False}}}
TAGGED = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": True, "Tags": [{"Key": "a", "Value": "b"}]}}}
WORDS = {
    True: "delete its export store-topic, which Web imports",
    False: "change the value of its export store-topic, which Web imports",
}


def store(resources=TOPIC, name="store-topic", value=None, **sections):
    outputs = {"Out": {"Value": value or {"Ref": "T"}, "Export": {"Name": name}, **sections}} if name else {}
    return stack(resources, "Store", Outputs=outputs)


def web(imported: object = "store-topic", name="Web", **about):
    read = {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": imported}}}}
    return stack(read if imported else {}, name, **about)


def after(one, *others):
    """The stacks of an app of which each depends on the one before."""
    found = [one._replace(artifact=one.name)]
    for other in others:
        found.append(other._replace(artifact=other.name, depends_on=(found[-1].name, "assets")))
    return found


def refuse(before, new):
    (change,) = [c for c in compare(before, new) if c.impact == "STACK_REFUSED"] or [None]
    return [] if change is None else [tuple(refusal) for refusal in find_refusals(change)]


def test_an_export_that_is_deployed_before_its_consumer_lets_go_is_refused():
    assert refuse([store(), web()], after(store(name=None), web(None))) == [(WORDS[True], True)]
    through = after(store(name=None), stack({}, "Between"), web(None))
    assert refuse([store(), stack({}, "Between"), web()], through) == [(WORDS[True], True)]


def test_a_consumer_that_is_deployed_first_lets_go_in_time():
    assert refuse([store(), web()], after(web(None), store(name=None))) == []


def test_without_an_order_it_is_not_known():
    assert refuse([store(), web()], [store(name=None), web(None)]) == [(WORDS[True], False)]
    assert refuse([store(), web()], [store(name=None)]) == [(WORDS[True], False)]  # It may be deleted by hand.


def test_an_export_that_nobody_imports_goes():
    assert refuse([store()], [store(name=None)]) == []
    assert refuse([store(), web("another")], after(store(name=None), web("another"))) == []
    assert refuse([store(), web()], after(store(), web(None))) == []
    assert refuse([store()], after(store(name=None), web())) == []
    elsewhere = {"account": "1", "region": "eu-west-1"}
    there = {"account": "1", "region": "us-east-1"}
    stores = [one._replace(**elsewhere) for one in (store(), store(name=None))]
    assert refuse([stores[0], web(**there)], after(stores[1], web(None, **there))) == []


@pytest.mark.parametrize(
    ("new", "certain"),
    [
        (store(OTHER_TOPIC), True),
        (store(value="other"), False),
        (store(TAGGED), None),
        (store(), None),
    ],
)
def test_the_value_of_an_export_changes_with_the_resource(new, certain):
    assert refuse([store(), web()], after(new, web())) == [(WORDS[False], certain)] * (certain is not None)


def test_a_literal_that_changes_is_refused_while_it_is_imported():
    before, new = store(value="1"), store(value="2")
    assert refuse([before, web()], after(new, web())) == [(WORDS[False], True)]


def test_names_are_compared_as_they_resolve():
    named = {"Fn::Sub": "${AWS::StackName}-topic"}
    before = [stack(TOPIC, "store", Outputs={"O": {"Value": "1", "Export": {"Name": named}}}), web()]
    gone = stack(TOPIC, "store", Outputs={})
    assert len(refuse(before, after(gone, web(None)))) == 1
    sub = {"Fn::Sub": "store-topic"}
    assert refuse([store(), web(sub)], after(store(name=None), web(None))) == [(WORDS[True], True)]
    unknown = store(name={"Ref": "P"})
    assert refuse([store(), web()], after(unknown, web(None))) == [(WORDS[True], False)]


def test_what_a_false_condition_leaves_out_counts_on_neither_side():
    never = {"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}}
    off = store()._replace(template={**store(Condition="No").template, **never})
    assert refuse([store(), web()], after(off, web(None))) == [(WORDS[True], True)]
    assert refuse([off, web()], after(store(name=None), web(None))) == []


def test_of_many_exports_three_are_told():
    outputs = {f"O{n}": {"Value": "1", "Export": {"Name": f"e{n}"}} for n in range(9)}
    reads = {f"P{n}": {"Type": "X", "Properties": {"Value": {"Fn::ImportValue": f"e{n}"}}} for n in range(9)}
    found = refuse([stack({}, "Store", Outputs=outputs), stack(reads, "Web")], after(stack({}, "Store"), web(None)))
    assert [len(found), found[-1]] == [4, ("do so with 6 more", True)]
