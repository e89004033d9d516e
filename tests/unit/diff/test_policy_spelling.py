"""A policy that is written otherwise and says the same is no change worth a word."""

import pytest

from tests.support.changes import compare

TOPIC = {"Fn::GetAtt": ["Topic", "Arn"]}
QUEUE = {"Fn::GetAtt": ["Queue", "Arn"]}


def statement(**other):
    return {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": [TOPIC], **other}


def change(before, after, **properties):
    def side(statements):
        policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
        return {"It": {"Type": "AWS::IAM::Policy", "Properties": {**policy}}}

    old, new = side(before), side(after)
    new["It"]["Properties"].update(properties)
    (found,) = compare(old, new)
    return found


SAME = [
    ([statement()], [statement(Resource=TOPIC)]),
    ([statement()], statement(Action="sns:Publish")),
    ([statement(Resource=[TOPIC, QUEUE])], [statement(Resource=[QUEUE, TOPIC])]),
    ([statement(), statement(Action="sns:Get*")], [statement(Action=["sns:Get*"]), statement()]),
    ([statement(Principal={"AWS": ["a"]})], [statement(Principal={"AWS": "a"})]),
    (
        [statement(Condition={"Bool": {"aws:SecureTransport": "true"}})],
        [statement(Condition={"Bool": {"aws:SecureTransport": [True]}})],
    ),
]
OTHER = [
    ([statement()], [statement(Resource=[TOPIC, QUEUE])]),
    ([statement()], [statement(Effect="Deny")]),
    ([statement()], [statement(Action="sns:*")]),
    ([statement(Principal={"AWS": "a"})], [statement(Principal={"Service": "a"})]),
    ([statement(Resource=TOPIC)], [statement(NotResource=TOPIC)]),
    ([statement(Condition={"Bool": {"a": "true"}})], [statement(Condition={"Bool": {"a": "false"}})]),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_other_words_are_noise(before, after):
    found = change(before, after)
    assert (found.impact, found.detail, found.noise) == ("WILL_UPDATE", ("respelled",), True)


@pytest.mark.parametrize(("before", "after"), OTHER)
def test_another_meaning_is_not(before, after):
    found = change(before, after)
    assert (found.impact, found.detail, found.noise) == ("WILL_UPDATE", (), False)


def test_another_property_beside_it_is_said():
    assert not change([statement()], [statement(Resource=TOPIC)], PolicyName="q").noise
