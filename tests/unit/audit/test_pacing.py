"""The pace of the calls to one place, and what is counted of them."""

from collections import Counter
from types import SimpleNamespace

import pytest

from cdkguard.audit.pacing import Pace, PacedClient


class Time:
    def __init__(self):
        self.now = 100.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def test_calls_are_a_fifth_of_a_second_apart():
    time = Time()
    pace = Pace(5, lambda: time.now, time.sleep)
    called = []
    for _ in range(4):
        pace.wait()
        called.append(round(time.now, 3))
    assert called == [100.0, 100.2, 100.4, 100.6]


def test_a_pause_is_not_made_up_for():
    time = Time()
    pace = Pace(5, lambda: time.now, time.sleep)
    pace.wait()
    time.now += 60
    for _ in range(2):
        pace.wait()
    assert [round(seconds, 3) for seconds in time.slept] == [0.2]


class Client:
    meta = SimpleNamespace(service_model="cloudformation")

    def get_template(self, StackName):
        if StackName == "gone":
            problem = ValueError("gone")
            problem.response = {"ResponseMetadata": {"RetryAttempts": 7}}
            raise problem
        return {"TemplateBody": StackName, "ResponseMetadata": {"RetryAttempts": 2}}


def test_calls_and_refusals_are_counted():
    time, counts = Time(), Counter()
    client = PacedClient(Client(), Pace(5, lambda: time.now, time.sleep), counts)
    assert client.get_template(StackName="a")["TemplateBody"] == "a"
    with pytest.raises(ValueError, match="gone"):
        client.get_template(StackName="gone")
    assert counts == {"get_template": 2, "refused": 9}
    assert client.meta.service_model == "cloudformation"
    assert len(time.slept) == 1
