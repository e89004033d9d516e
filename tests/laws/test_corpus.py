"""Over the evaluation corpus, where CDKGUARD_CORPUS names it: nothing crashes, hangs, or goes unjudged."""

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from cdkguard.check import run as check
from cdkguard.config.settings import Config
from cdkguard.errors import InputError
from cdkguard.inputs.assembly import read_assembly
from cdkguard.model import Outcome
from cdkguard.packs import load as packs

CORPUS = os.environ.get("CDKGUARD_CORPUS")
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not CORPUS, reason="CDKGUARD_CORPUS names no folder")]


def test_hand_written_and_hostile_templates():
    slow = []
    for path in sorted(Path(CORPUS, "handwritten").rglob("*")):
        if path.is_file():
            began = time.monotonic()
            settings = Config(paths=(str(path),), environment="prod", rules=("all",))
            try:
                report = check.check(settings, today="2026-01-01")
                assert report.errors or report.stacks
                assert not [p for p in report.errors if p.kind == "rule"], path
            except InputError:
                pass
            if time.monotonic() - began > 5:
                slow.append(str(path))
    assert not slow


def stopped(problems):
    """The problems that are ours: of assets, the corpus holds those with names of their own, and a product may deploy another."""
    return [problem for problem in problems if problem.fatal and "/asset." not in problem.message]


def test_every_assembly_of_the_cdk_itself_is_judged_whole(golden):
    """The golden table holds the findings of each rule: what becomes noisy or falls silent shows in the review."""
    resources = unknown = 0
    counts = Counter()
    for folder in sorted(Path(CORPUS, "assemblies/cdk-integ").iterdir()):
        found = read_assembly(str(folder))
        assert not stopped(found.problems), folder
        assert all(set(s.construct_paths) >= set(s.template["Resources"]) for s in found.stacks), folder
        report = check.check(Config(paths=(str(folder),), environment="prod"), today="2026-01-01")
        assert not stopped(report.errors), folder
        resources += sum(s.resources for s in report.stacks)
        unknown += sum(f.outcome is Outcome.UNKNOWN for f in report.findings)
        counts.update((f.rule_id, f.severity, f.outcome.value) for f in report.findings)
    assert resources > 12_000 and unknown < resources / 50
    golden("corpus-recommended.tsv", "".join("\t".join((*key, str(n))) + "\n" for key, n in sorted(counts.items())))


def test_every_topic_of_the_labelled_cases_has_a_rule():
    """By its id, by `covers`, or, where several rules tell apart what a topic holds, by the peer's own rule."""
    topics, peers = set(), set()
    for rule in packs.load_packs().rules:
        topics |= {rule.id, *rule.covers}
        peers |= {(peer, name) for peer, names in rule.equivalents.items() for name in names}
    without = set()
    for line in Path(CORPUS, "labelled/cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if not case["adjacent"] and case["slug"] not in topics and (case["peer"], case["peer_rule"]) not in peers:
            without.add(case["slug"])
    assert not without
