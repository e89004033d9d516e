"""What AWS starts for an agent and nobody reads: asked about where it is production or nobody can tell, else silent."""

import pytest

from cdkguard.agents.judge.direct import ANSWERS
from tests.support.agent_projects import action, ask, repository

FIELDS = {"resource_type": "AWS::Lambda::Function"}


@pytest.mark.parametrize(("name", "answer"), [("shop-prod", "ask"), ("shop", "ask"), ("shop-dev", "silent")])
def test_a_function_that_is_invoked(tmp_path, name, answer):
    folder = repository(tmp_path / "repo")
    done = action("hidden", "aws lambda invoke", folder, target=name, **FIELDS)
    found = ask(done)
    assert found.answer == answer, found.reason
    assert answer == "silent" or "starts what cannot be read from here" in found.reason


def test_it_is_never_refused_by_itself():
    assert "deny" not in ANSWERS["hidden"]
