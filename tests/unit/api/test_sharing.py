"""A judge is shared by threads, and touches nothing of the process or the machine once it is bound."""

import json
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from cdkguard.api import Judge, StackContext
from cdkguard.config.settings import Config
from tests.support.example_templates import example_templates

PROD = StackContext("Orders-prod", account="111122223333", region="eu-west-1")


@pytest.fixture
def switching():
    """Threads that switch after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_eight_threads_share_a_judge(switching):
    bodies = [json.dumps(body) for body in example_templates(30, every=19)]
    config = Config(rules=("all",))
    alone = [Judge(config).judge(body, PROD) for body in bodies[:3]]

    judge = Judge(config)  # Bound by whichever thread comes first.
    with ThreadPoolExecutor(8) as pool:
        twice = list(pool.map(lambda body: judge.judge(body, PROD), [*bodies, *reversed(bodies)]))

    assert sum(len(verdict.findings) for verdict in twice) > 100
    assert [verdict.findings for verdict in twice[:3]] == [verdict.findings for verdict in alone]
    assert [v.findings for v in twice[len(bodies) :]] == [v.findings for v in reversed(twice[: len(bodies)])]
    assert [v.problems for v in twice[len(bodies) :]] == [v.problems for v in reversed(twice[: len(bodies)])]


def test_eight_threads_compare_two_sides(switching):
    bodies = list(example_templates(25, every=23))
    pairs = list(zip(bodies, [*bodies[1:], bodies[0]], strict=True))
    judge = Judge(Config())

    def judge_pair(pair):
        verdict = judge.judge(pair[0], PROD, previous=pair[1])
        return verdict.findings, [change.token for change in verdict.changes]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(judge_pair, pairs))
    assert together == list(map(judge_pair, pairs))


PROGRAM = """
    import gc, json, os, signal, sys
    from cdkguard.api import Judge, StackContext
    from cdkguard.config.settings import Config

    bodies = json.load(open(sys.argv[1]))
    state = gc.isenabled(), [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    judge = Judge(Config(rules=("all",)))
    events, watched = [], ("open", "os.", "subprocess", "socket", "shutil", "urllib", "tempfile", "sqlite")
    sys.addaudithook(lambda name, what: name.startswith(watched) and events.append([name, str(what[0]) if what else ""]))

    def judge_all():
        for body, other in zip(bodies, bodies[1:]):
            judge.judge(body, StackContext("Orders-prod"), previous=other)
            judge.judge_deletion(body, StackContext("Orders-prod"))

    judge_all()
    first = list(events)
    events.clear()
    judge_all()
    assert state == (gc.isenabled(), [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)])
    print(json.dumps([first, events]))
"""


def test_after_binding_no_file_but_our_own_is_opened(tmp_path):
    (tmp_path / "bodies.json").write_text(json.dumps(list(example_templates(60, every=17))[:4]))
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path / "bodies.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = json.loads(done.stdout)

    assert second == [], "what was judged once opens nothing any more"
    assert {name for name, _what in first} <= {"open", "os.listdir", "os.scandir"}
    opened = [what for name, what in first if name == "open"]
    assert opened and all(what.endswith((".py", ".pyc", ".so", ".json")) for what in opened)
    own = [what for what in opened if what.endswith(".json")]
    assert all("/cdkguard/data/" in what for what in own)
